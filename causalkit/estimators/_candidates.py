"""Candidates of the final stage beside the joint fits: the engine on a target, a forest, any regressor.

All of them minimise mean((target - treatment * tau)^2), with residuals of outcome and treatment, or with a
pseudo-outcome as the target and no treatment.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn import config_context
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from causalkit.estimators._effect_models import (
    Candidate,
    ForestEffect,
    LinearEffect,
    RegressorEffect,
    compact_root,
)
from causalkit.estimators._engine import EFFECT, Engine
from causalkit.estimators._nodes import View, reader_of
from causalkit.estimators._nodes import held_out as held_out_of
from causalkit.nuisance._cross_fitting import at_most
from causalkit.nuisance._evidence import folded_fit
from causalkit.nuisance._fold_models import complete_cases
from causalkit.nuisance._gram import Sums, stratified_sums
from causalkit.nuisance._graph_models import GraphRegressor
from causalkit.nuisance._priors import block_prior

Array = NDArray[np.float64]
Float32 = NDArray[np.float32]
Index = NDArray[np.intp]

_ROWS_PER_TREE = 5_000
_TRIAL_TREES, _TRIAL_ROWS = 24, 10_000


def residual_candidate(engine: Engine, outcome_residual: Array, treatment_residual: Array) -> Candidate:
    """The engine on residuals: outcome residual = treatment residual * tau(z) + noise."""
    return engine_candidate(engine, "residual", outcome_residual, treatment_residual)


def engine_candidate(
    engine: Engine,
    name: str,
    target: Array,
    treatment: Array | None = None,
    *,
    with_pairs: bool = True,
    noise: float = 0.3,
) -> Candidate:
    """The engine's blocks for the effect, with the pairs that each fold chose for it or without pairs."""
    blocks, allowed = engine.blocks_of(EFFECT) if with_pairs else engine.main_blocks()
    columns = engine.design.columns_of(blocks)
    prior = block_prior([engine.design.blocks[i] for i in blocks])
    sums = target_sums(engine, target, treatment)
    fit = folded_fit(sums.folds(columns), columns, prior, allowed=allowed, noise=noise)
    n = engine.design.n_columns
    linear = LinearEffect(
        fit.full_weights(n), fit.fold_weights(n), compact_root(fit.everything.root_on(columns, n))
    )
    return Candidate(name, linear, linear.held_out(engine.design, engine.data.fold))


def target_sums(engine: Engine, target: Array, treatment: Array | None) -> Sums:
    """Sums by fold of the problem target = (treatment * design) w."""
    return stratified_sums(
        engine.design,
        target[:, None].astype(np.float32),
        engine.data.fold,
        engine.data.n_folds,
        row_scale=None if treatment is None else treatment.astype(np.float32),
    )


def forest_candidate(
    groups: list[Float32],
    target: Array,
    treatment: Array | None,
    *,
    n_trees: int = 100,
    n_rows: int = 50_000,
    n_jobs: int | None,
    seed: int,
) -> Candidate:
    """EconML's causal forest on hop columns and residuals, or its regression forest on a pseudo-outcome.

    Held out by trees that did not see a row.
    """
    from sklearn.impute import SimpleImputer

    columns = np.hstack(groups)
    rows = _spread_rows(len(columns), n_rows)
    # Where nothing is missing now, later data may have holes.
    seen = columns if np.isnan(columns).any() else columns[rows]
    imputer = SimpleImputer(keep_empty_features=True).fit(seen)
    forest = _forest(
        causal=treatment is not None,
        n_estimators=n_trees,
        min_samples_leaf=5,
        max_samples=min(0.45, _ROWS_PER_TREE / len(rows)),
        inference=False,
        n_jobs=1 if n_jobs is None else n_jobs,
        random_state=seed,
    )
    effect = ForestEffect(forest, imputer)
    seen = effect.complete(columns[rows])
    forest.fit(seen, *([] if treatment is None else [treatment[rows]]), target[rows])
    held_out = np.empty(len(columns))
    held_out[rows] = forest.oob_predict(seen).ravel()
    others = np.setdiff1d(np.arange(len(columns)), rows)
    if others.size:
        held_out[others] = np.asarray(forest.predict(effect.complete(columns[others]))).ravel()
    return Candidate("forest", effect, held_out)


def _forest(*, causal: bool, **settings: Any) -> Any:
    from econml.grf import CausalForest, RegressionForest

    return CausalForest(**settings) if causal else RegressionForest(**settings)


def forest_trial(
    groups: list[Float32], target: Array, treatment: Array | None, *, n_jobs: int | None, seed: int
) -> tuple[Index, Array]:
    """Held-out effect of a forest of few trees on at most 10,000 rows, and which: is it worth growing?"""
    rows = _spread_rows(len(target), _TRIAL_ROWS)
    grown = forest_candidate(
        [g[rows] for g in groups],
        target[rows],
        None if treatment is None else treatment[rows],
        n_trees=_TRIAL_TREES,
        n_jobs=n_jobs,
        seed=seed,
    )
    return rows, grown.held_out


def regressor_candidate(
    engine: Engine,
    name: str,
    model: Any,
    target: Array,
    treatment: Array | None,
    *,
    n_jobs: int | None = None,
    max_rows: int | None = None,
) -> Candidate:
    """Any regressor of the target / treatment with weights treatment squared (Nie & Wager 2021).

    Without a treatment it is a regressor of the target, and needs to take no weights. It is fitted to at most
    `max_rows` units at a time.
    """
    model, reader = reader_of(model, engine.data.units)
    view, fold = reader.view(engine.data.groups, engine.data.units), engine.data.fold
    ratio = target if treatment is None else target / treatment
    weight = None if treatment is None else treatment**2
    n_folds = engine.data.n_folds
    seeds = np.random.SeedSequence(0).spawn(n_folds + 1)

    def without(k: int) -> Any:
        train = at_most(np.flatnonzero(fold != k), max_rows or len(fold), seeds[k])
        return _fit_weighted(view, model, ratio, train, weight)

    # No unit is in fold n_folds: the last model is fitted to all.
    models = Parallel(n_jobs=n_jobs, prefer="threads")(delayed(without)(k) for k in range(n_folds + 1))
    held_out = held_out_of(view, models, fold)
    kept = tuple(models[:-1]) if isinstance(model, GraphRegressor) else ()
    return Candidate(name, RegressorEffect(models[-1], reader, kept), held_out)


def network_trial(engine: Engine, model: Any, target: Array, treatment: Array | None) -> tuple[Index, Array]:
    """Held-out effect at the units of one fold, by a network fitted to at most 10,000 others, and which."""
    model, reader = reader_of(model, engine.data.units)
    view, fold = reader.view(engine.data.groups, engine.data.units), engine.data.fold
    rows, others = np.flatnonzero(fold == 0), np.flatnonzero(fold != 0)
    train = others[_spread_rows(len(others), _TRIAL_ROWS)]
    ratio = target if treatment is None else target / treatment
    part = _fit_weighted(view, model, ratio, train, None if treatment is None else treatment**2)
    return rows, view.predict(part, at=rows)


def _fit_weighted(view: View, model: Any, ratio: Array, train: Index, weight: Array | None) -> Any:
    if weight is None or view.network is not None:
        return view.fit(model, ratio, train, weight)
    columns = view.table[train]
    fitted = complete_cases(clone(model), columns)
    # With routing switched on a pipeline would take no argument that is addressed to one of its steps.
    with config_context(enable_metadata_routing=False):
        return fitted.fit(columns, ratio[train], **{_weight_argument(fitted): weight[train]})


def _weight_argument(model: Any) -> str:
    """Weights are those of the regression: steps before it, such as a scaler, see the rows as they are."""
    name = ""
    while isinstance(model, Pipeline):
        step, model = model.steps[-1]
        name += f"{step}__"
    return f"{name}sample_weight"


def _spread_rows(n_rows: int, most: int) -> Index:
    return np.arange(n_rows) if n_rows <= most else np.linspace(0, n_rows - 1, most).astype(np.intp)
