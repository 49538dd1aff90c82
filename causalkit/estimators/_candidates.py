"""Candidates of the final stage: the joint engine, the engine on residuals, a forest, any regressor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from causalkit.estimators._engine import EFFECT, OUTCOME, Engine, joint_moments
from causalkit.nuisance._blocks import fill_sines
from causalkit.nuisance._evidence import FoldedFit, Posterior, folded_fit
from causalkit.nuisance._fold_models import complete_cases
from causalkit.nuisance._gram import Design, Sums, predict, predict_by_stratum, stratified_sums
from causalkit.nuisance._priors import block_prior
from causalkit.nuisance._stacking import log_odds

Array = NDArray[np.float64]
Float32 = NDArray[np.float32]
Index = NDArray[np.intp]

_ROWS_PER_TREE = 5_000
_TRIAL_TREES, _TRIAL_ROWS = 24, 10_000


@dataclass(frozen=True)
class LinearEffect:
    """An effect linear in a design: weights of the whole fit, of the fits without a fold, and a posterior.

    Columns are those of [1 | blocks | pairs]; all in units of the standardised outcome.
    """

    weights: Array  # (n_columns, 1)
    fold_weights: Array  # (n_folds, n_columns, 1)
    root: Array  # (n_columns, k): root @ root.T is the posterior covariance of the weights

    def predict(self, design: Design) -> Array:
        return predict(design, self.weights)[:, 0]

    def held_out(self, design: Design, fold: Index) -> Array:
        return predict_by_stratum(design, self.fold_weights, fold)[:, 0]

    def variance(self, rows: Float32) -> Array:
        """Posterior variance plus delete-one-fold jackknife variance of the effect at rows of a design."""
        live = np.flatnonzero(self.root.any(axis=1))
        posterior = ((rows[:, live] @ self.root[live].astype(np.float32)) ** 2).sum(axis=1)
        by_fold = rows @ self.fold_weights[:, :, 0].T.astype(np.float32)
        return np.asarray(posterior + (len(self.fold_weights) - 1) * by_fold.var(axis=1), dtype=np.float64)


@dataclass(frozen=True)
class ForestEffect:
    """A causal forest on the hop columns, behind an imputer where those have missing values."""

    forest: Any
    imputer: Any

    def predict(self, design: Design) -> Array:
        return np.asarray(self.forest.predict(self.complete(np.hstack(design.groups)))).ravel()

    def complete(self, columns: Float32) -> Float32:
        return columns if self.imputer is None else np.asarray(self.imputer.transform(columns))


@dataclass(frozen=True)
class RegressorEffect:
    """A regression of outcome residual / treatment residual with weights treatment residual squared."""

    model: Any

    def predict(self, design: Design) -> Array:
        return np.asarray(self.model.predict(np.hstack(design.groups)), dtype=np.float64).ravel()


EffectModel = LinearEffect | ForestEffect | RegressorEffect


@dataclass(frozen=True)
class Candidate:
    """One final-stage model, fitted on all rows, and its effect at the training rows when held out."""

    name: str
    model: EffectModel
    held_out: Array
    outcome_held_out: tuple[Array, Array] | None = (
        None  # (mu, tau) of joint fits: a candidate for the outcome, too
    )


def joint_columns(propensity: Array, outcome_model: Array) -> dict[str, Float32]:
    """Functions of propensity and outcome nuisance for the outcome part (Hahn, Murray & Carvalho 2020)."""
    index = log_odds(propensity)
    index = ((index - index.mean()) / (index.std() + 1e-12)).astype(np.float32)
    smooth = np.empty((len(index), 5), np.float32)
    fill_sines(smooth, index)
    smooth -= smooth.mean(axis=0)
    level = outcome_model - outcome_model.mean()
    return {
        "propensity": smooth,
        "log-odds of the propensity": index[:, None],
        "outcome model": (level / (level.std() + 1e-12)).astype(np.float32)[:, None],
    }


class JointFits:
    """y = mu(z, propensity, outcome model) + (T - mean T) tau(z) + noise: additive, then with pairs."""

    def __init__(self, engine: Engine, given: dict[str, Float32]) -> None:
        self.engine = engine
        self.design = Design(engine.data.groups, engine.basis, engine.pairs, given, engine.n_jobs)
        self.sums: Sums = engine.arm_sums(self.design)
        share = engine.data.treated_share
        self.contrast = (-share, 1 - share)
        n_given = len(given)
        self._given = np.arange(len(self.design.blocks) - n_given, len(self.design.blocks))
        self._main = np.arange(engine.n_main)

    def additive(self) -> Candidate:
        mu_blocks = np.r_[self._main, self._given]
        prior = self._prior(mu_blocks, self._main)
        allowed = np.hstack([self._mu_allowed(), self.engine.main_allowed])
        self._additive = self._fit(mu_blocks, self._main, prior, allowed, noise=0.3, n_rounds=22)
        return self._candidate("additive", *self._additive)

    def pairs(self) -> Candidate:
        """Starts where the additive fit ended; each fold's rows chose their own pairs."""
        mu_pairs, mu_allowed = self._pairs_of(OUTCOME)
        tau_pairs, tau_allowed = self._pairs_of(EFFECT)
        mu_blocks = np.r_[self._main, self._given, mu_pairs]
        tau_blocks = np.r_[self._main, tau_pairs]
        allowed = np.hstack([self._mu_allowed(), mu_allowed, self.engine.main_allowed, tau_allowed])
        start = self._additive[0].everything
        n_mu = len(self._main) + len(self._given)
        mu_prior = block_prior([self.design.blocks[i] for i in mu_blocks]).starting_at(start.variance[:n_mu])
        tau_prior = block_prior([self.design.blocks[i] for i in tau_blocks]).starting_at(
            start.variance[n_mu:]
        )
        prior = mu_prior.and_then(tau_prior)
        fit = self._fit(mu_blocks, tau_blocks, prior, allowed, noise=start.noise, n_rounds=18)
        return self._candidate("pairs", *fit)

    def _mu_allowed(self) -> NDArray[np.bool_]:
        main = self.engine.main_allowed
        return np.hstack([main, np.ones((len(main), len(self._given)), bool)])

    def _pairs_of(self, which: int) -> tuple[Index, NDArray[np.bool_]]:
        blocks, allowed = self.engine.blocks_of(which)
        n = self.engine.n_main
        return blocks[n:], allowed[:, n:]

    def _prior(self, mu_blocks: Index, tau_blocks: Index) -> Any:
        return block_prior([self.design.blocks[i] for i in mu_blocks]).and_then(
            block_prior([self.design.blocks[i] for i in tau_blocks])
        )

    def _fit(
        self, mu_blocks: Index, tau_blocks: Index, prior: Any, allowed: Any, *, noise: float, n_rounds: int
    ) -> tuple[FoldedFit, Index, Index]:
        mu, tau = self.design.columns_of(mu_blocks), self.design.columns_of(tau_blocks)
        moments = joint_moments(self.sums, mu, tau, self.contrast)
        columns = np.arange(len(mu) + len(tau))
        fit = folded_fit(moments, columns, prior, allowed=allowed, noise=noise, n_rounds=n_rounds)
        return fit, mu, tau

    def _candidate(self, name: str, fit: FoldedFit, mu: Index, tau: Index) -> Candidate:
        fold = self.engine.data.fold
        p = self.design.n_columns
        by_fold = np.zeros((len(fit.by_fold), p, 2))
        for k, posterior in enumerate(fit.by_fold):
            by_fold[k, mu, 0] = posterior.weights[: len(mu)]
            by_fold[k, tau, 1] = posterior.weights[len(mu) :]
        by_fold[:, 0, 1] += self.engine.data.rough_effect  # the target was the outcome less this effect
        held_out = predict_by_stratum(self.design, by_fold, fold)
        n = self.engine.design.n_columns  # the effect has no given columns, which come last
        weights = np.zeros((n, 1))
        weights[tau, 0] = fit.everything.weights[len(mu) :]
        weights[0] += self.engine.data.rough_effect
        linear = LinearEffect(weights, by_fold[:, :n, 1:], _effect_root(fit.everything, len(mu), tau, n))
        return Candidate(name, linear, held_out[:, 1], (held_out[:, 0], held_out[:, 1]))


def _effect_root(posterior: Posterior, n_mu: int, tau: Index, n_columns: int) -> Array:
    """Square root of the posterior covariance of the effect's weights, on the columns of a design."""
    of_effect = posterior.active >= n_mu
    out = np.zeros((n_columns, posterior.root.shape[1]))
    out[tau[posterior.active[of_effect] - n_mu]] = posterior.root[of_effect]
    return compact_root(out)


def compact_root(root: Array) -> Array:
    """Another square root of root @ root.T, with no more columns than there are rows that are not zero."""
    live = np.flatnonzero(root.any(axis=1))
    small = np.asarray(np.linalg.qr(root[live].T, mode="r")).T
    out = np.zeros((len(root), small.shape[1]))
    out[live] = small
    return out


def residual_candidate(engine: Engine, outcome_residual: Array, treatment_residual: Array) -> Candidate:
    """The engine on residuals: outcome residual = treatment residual * tau(z) + noise."""
    blocks, allowed = engine.blocks_of(EFFECT)
    columns = engine.design.columns_of(blocks)
    prior = block_prior([engine.design.blocks[i] for i in blocks])
    sums = residual_sums(engine, outcome_residual, treatment_residual)
    fit = folded_fit(sums.folds(columns), columns, prior, allowed=allowed)
    n = engine.design.n_columns
    linear = LinearEffect(
        fit.full_weights(n), fit.fold_weights(n), compact_root(fit.everything.root_on(columns, n))
    )
    held_out = linear.held_out(engine.design, engine.data.fold)
    return Candidate("residual", linear, held_out)


def residual_sums(engine: Engine, outcome_residual: Array, treatment_residual: Array) -> Sums:
    """Sums by fold of the problem outcome residual = (treatment residual * design) w."""
    return stratified_sums(
        engine.design,
        outcome_residual[:, None].astype(np.float32),
        engine.data.fold,
        engine.data.n_folds,
        row_scale=treatment_residual.astype(np.float32),
    )


def forest_candidate(
    groups: list[Float32],
    outcome_residual: Array,
    treatment_residual: Array,
    *,
    n_trees: int = 100,
    n_rows: int = 50_000,
    n_jobs: int | None,
    seed: int,
) -> Candidate:
    """EconML's causal forest on the hop columns and residuals, held out by trees that did not see a row."""
    from econml.grf import CausalForest
    from sklearn.impute import SimpleImputer

    columns = np.hstack(groups)
    rows = _spread_rows(len(columns), n_rows)
    imputer = SimpleImputer(keep_empty_features=True).fit(columns) if np.isnan(columns).any() else None
    forest = CausalForest(
        n_estimators=n_trees,
        min_samples_leaf=5,
        max_samples=min(0.45, _ROWS_PER_TREE / len(rows)),
        inference=False,
        n_jobs=1 if n_jobs is None else n_jobs,
        random_state=seed,
    )
    effect = ForestEffect(forest, imputer)
    seen = effect.complete(columns[rows])
    forest.fit(seen, treatment_residual[rows], outcome_residual[rows])
    held_out = np.empty(len(columns))
    held_out[rows] = forest.oob_predict(seen).ravel()
    others = np.setdiff1d(np.arange(len(columns)), rows)
    if others.size:
        held_out[others] = np.asarray(forest.predict(effect.complete(columns[others]))).ravel()
    return Candidate("forest", effect, held_out)


def forest_trial(
    groups: list[Float32],
    outcome_residual: Array,
    treatment_residual: Array,
    *,
    n_jobs: int | None,
    seed: int,
) -> tuple[Index, Array]:
    """Held-out effect of a forest of few trees on at most 10,000 rows, and which: is it worth growing?"""
    rows = _spread_rows(len(outcome_residual), _TRIAL_ROWS)
    grown = forest_candidate(
        [g[rows] for g in groups],
        outcome_residual[rows],
        treatment_residual[rows],
        n_trees=_TRIAL_TREES,
        n_jobs=n_jobs,
        seed=seed,
    )
    return rows, grown.held_out


def regressor_candidate(
    engine: Engine, name: str, model: Any, outcome_residual: Array, treatment_residual: Array
) -> Candidate:
    """Any regressor that takes sample weights, as the R-learner's final stage (Nie & Wager 2021)."""
    columns, fold = engine.data.columns(), engine.data.fold
    ratio, weight = outcome_residual / treatment_residual, treatment_residual**2
    held_out = np.empty(len(ratio))
    for k in range(engine.data.n_folds):
        rows = fold != k
        part = _fit_weighted(model, columns[rows], ratio[rows], weight[rows])
        held_out[~rows] = np.asarray(part.predict(columns[~rows]), dtype=np.float64).ravel()
    effect = RegressorEffect(_fit_weighted(model, columns, ratio, weight))
    return Candidate(name, effect, held_out)


def _fit_weighted(model: Any, columns: Float32, ratio: Array, weight: Array) -> Any:
    fitted = complete_cases(clone(model), columns)
    if isinstance(fitted, Pipeline):
        return fitted.fit(columns, ratio, **{f"{fitted.steps[-1][0]}__sample_weight": weight})
    return fitted.fit(columns, ratio, sample_weight=weight)


def _spread_rows(n_rows: int, most: int) -> Index:
    return np.arange(n_rows) if n_rows <= most else np.linspace(0, n_rows - 1, most).astype(np.intp)
