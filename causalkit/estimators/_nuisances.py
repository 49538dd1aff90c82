"""Cross-fitted nuisances of the learners: candidates for outcome and propensity, and their stacks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import log_loss

from causalkit.estimators._engine import OUTCOME, TREATMENT, EffectData, Engine
from causalkit.estimators._nodes import fold_models, held_out, reader_of
from causalkit.nuisance._cross_fitting import cross_fit
from causalkit.nuisance._defaults import resolve_model
from causalkit.nuisance._stacking import log_odds, sigmoid, simplex_weights, stack_log_odds

Array = NDArray[np.float64]
Float32 = NDArray[np.float32]

_PRODUCTS = 3  # products of the best pairs that boosting gets as columns, for outcome and treatment each
ENGINE = ("additive", "pairs")


@dataclass(frozen=True)
class Propensity:
    """Out-of-fold propensities (n,): of each candidate, with their weights, and stacked and clipped."""

    candidates: dict[str, Array]
    weights: dict[str, float]
    values: Array
    clipped: float  # share of rows


def fit_propensity(
    engine: Engine, treatment_model: Any, *, clip: float, n_jobs: int | None, seed: int
) -> Propensity:
    """Every candidate is fitted without the fold that it predicts; the stack is chosen by log loss."""
    columns = ModelColumns(engine)
    t = engine.data.treatment
    found: dict[str, Array] = {}
    models = resolve_model(
        treatment_model,
        "classification",
        name="treatment_model",
        seed=seed,
        network_hops=engine.data.n_hops,
    )
    for label, model in models.items():
        if model in ENGINE:
            found[label] = _from_engine(engine, model, TREATMENT) * t.std() + t.mean()
        else:
            found[label] = columns.cross_fit(label, model, t, "classification", n_jobs=n_jobs, seed=seed)
    bounded = {label: np.clip(p, clip, 1 - clip) for label, p in found.items()}
    weights = stack_log_odds(np.column_stack(list(bounded.values())), t)
    raw = sigmoid(log_odds(np.column_stack(list(bounded.values()))) @ weights)
    outside = (raw < clip) | (raw > 1 - clip)
    return Propensity(
        bounded,
        dict(zip(bounded, weights, strict=True)),
        np.clip(raw, clip, 1 - clip),
        float(outside.mean()),
    )


def fit_outcome(
    engine: Engine, outcome_model: Any, propensity: Array, *, n_jobs: int | None, seed: int
) -> dict[str, Array]:
    """E[Y | X] as g + effect * (e - mean e), g fitted to the outcome less that effect of the treatment.

    Out-of-fold predictions (n,) by candidate, of the standardised outcome.
    """
    columns, data = ModelColumns(engine), engine.data
    effect = _refined_effect(engine, propensity)
    shift = propensity - data.treated_share
    target = data.outcome - effect * (data.treatment - data.treated_share)
    out: dict[str, Array] = {}
    models = resolve_model(
        outcome_model, "regression", name="outcome_model", seed=seed, network_hops=data.n_hops
    )
    for label, model in models.items():
        if model in ENGINE:
            out[label] = _from_engine(engine, model, OUTCOME) + data.rough_effect * shift
        else:
            part = columns.cross_fit(label, model, target, "regression", n_jobs=n_jobs, seed=seed)
            out[label] = part + effect * shift
    return out


def _refined_effect(engine: Engine, propensity: Array) -> float:
    """The rough effect moved by the instrument T - e: right where e is, whatever the outcome model."""
    data = engine.data
    instrument = data.treatment - propensity
    residual = engine.target(OUTCOME) - engine.paired_held_out[OUTCOME]
    exposure = instrument @ (data.treatment - data.treated_share)
    return data.rough_effect + float(instrument @ residual / exposure)


def _from_engine(engine: Engine, kind: str, which: int) -> Array:
    return (engine.additive_held_out if kind == "additive" else engine.paired_held_out)[which]


class _Tables(Sequence[Float32]):
    """A table for each fold, made when it is asked for: all at once may not fit into memory."""

    def __init__(self, n_folds: int, make: Callable[[int], Float32]) -> None:
        self.n_folds, self.make = n_folds, make

    def __len__(self) -> int:
        return self.n_folds

    def __getitem__(self, k: Any) -> Float32:  # type: ignore[override]  # slices are not asked for
        return self.make(k)


class ModelColumns:
    """What the models are shown: hop columns, for boosting with engine predictions and products beside them.

    Models that read a graph see own columns and the network.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @cached_property
    def plain(self) -> Float32:
        return self.engine.data.columns()

    def cross_fit(
        self, label: str, model: Any, y: Array, task: str, *, n_jobs: int | None, seed: int
    ) -> Array:
        """Out-of-fold predictions (n,), for a classifier of the second class."""
        data = self.engine.data
        model, reader = reader_of(model, data.units)
        if reader.reads_graph:
            view = reader.view(data.groups, data.units)
            models = fold_models(view, model, y, data.fold, n_jobs=n_jobs, seed=seed)
            return held_out(view, models, data.fold, task=task)
        return cross_fit(model, self.for_model(label), y, data.fold, task=task, n_jobs=n_jobs, seed=seed)

    def for_model(self, label: str) -> Float32 | Sequence[Float32]:
        return self.enriched() if label == "boosting" else self.plain

    def enriched(self) -> Sequence[Float32]:
        """A table for each fold: its products are those that its training rows chose."""
        return _Tables(self.engine.data.n_folds, self._enriched)

    def _enriched(self, k: int) -> Float32:
        products = [self._product(pair) for pair in self._pairs(k)]
        return np.column_stack([self.plain, *self.engine.paired_held_out, *products]).astype(np.float32)

    def _pairs(self, k: int) -> list[tuple[int, int]]:
        best = [pair for which in (OUTCOME, TREATMENT) for pair in self.engine.choices[which][k][:_PRODUCTS]]
        return list(dict.fromkeys(best))

    def _product(self, pair: tuple[int, int]) -> Float32:
        left, right = (self.engine.basis.blocks[i] for i in pair)
        values = [
            self.engine.basis.standardised(self.engine.data.groups, b.hop, b.feature) for b in (left, right)
        ]
        return np.asarray(values[0] * values[1])


def outcome_stack(candidates: dict[str, Array], outcome: Array) -> tuple[Array, dict[str, float]]:
    """Non-negative weights that sum to one, by out-of-fold squared error."""
    table = np.column_stack(list(candidates.values()))
    weights = simplex_weights(table, outcome)
    return table @ weights, dict(zip(candidates, weights, strict=True))


def nuisance_scores(
    data: EffectData, outcome: dict[str, Array], outcome_weights: dict[str, float], propensity: Propensity
) -> pd.DataFrame:
    """Out-of-fold R2 (outcome) or log loss (treatment) of every candidate, the stack and a constant."""
    y, t = data.outcome, data.treatment
    stacked = sum(outcome_weights[name] * p for name, p in outcome.items())
    outcomes = {**outcome, "stack": stacked, "constant": np.zeros(len(y))}
    share = np.full(len(t), t.mean())
    treatments = {**propensity.candidates, "stack": propensity.values, "constant": share}
    rows = [
        ("outcome", name, "r2", 1 - np.mean((y - p) ** 2), outcome_weights.get(name))
        for name, p in outcomes.items()
    ]
    rows += [
        ("treatment", name, "log_loss", log_loss(t, p), propensity.weights.get(name))
        for name, p in treatments.items()
    ]
    return pd.DataFrame(rows, columns=["nuisance", "model", "score", "value", "weight"])
