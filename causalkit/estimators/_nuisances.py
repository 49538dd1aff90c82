"""Cross-fitted nuisances of the learners: candidates for outcome and propensity, and their stacks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import log_loss

from causalkit.estimators._engine import OUTCOME, TREATMENT, EffectData, Engine
from causalkit.nuisance._cross_fitting import cross_fit
from causalkit.nuisance._defaults import resolve_model
from causalkit.nuisance._stacking import log_odds, sigmoid, simplex_weights, stack_log_odds

Array = NDArray[np.float64]
Float32 = NDArray[np.float32]

_PRODUCTS = 3  # products of the best pairs that boosting gets as columns, for outcome and treatment each
ENGINE = ("additive", "pairs")


@dataclass(frozen=True)
class Nuisances:
    """Out-of-fold predictions (n,) of outcome (standardised) and propensity, by candidate and stacked."""

    outcome_candidates: dict[str, Array]
    treatment_candidates: dict[str, Array]
    treatment_weights: dict[str, float]
    propensity: Array
    clipped: float  # share of rows


def fit_nuisances(
    engine: Engine, outcome_model: Any, treatment_model: Any, *, clip: float, n_jobs: int | None, seed: int
) -> Nuisances:
    """Every candidate is fitted without the fold that it predicts, on the same folds for both nuisances."""
    columns = _Columns(engine)
    t = engine.data.treatment
    treatment = _treatment_candidates(engine, columns, treatment_model, n_jobs, seed)
    bounded = {label: np.clip(p, clip, 1 - clip) for label, p in treatment.items()}
    weights = stack_log_odds(np.column_stack(list(bounded.values())), t)
    raw = sigmoid(log_odds(np.column_stack(list(bounded.values()))) @ weights)
    propensity = np.clip(raw, clip, 1 - clip)
    outside = (raw < clip) | (raw > 1 - clip)
    outcome = _outcome_candidates(engine, columns, outcome_model, propensity, n_jobs, seed)
    return Nuisances(
        outcome, bounded, dict(zip(bounded, weights, strict=True)), propensity, float(outside.mean())
    )


def _treatment_candidates(
    engine: Engine, columns: _Columns, model: Any, n_jobs: int | None, seed: int
) -> dict[str, Array]:
    out: dict[str, Array] = {}
    t, fold = engine.data.treatment, engine.data.fold
    for label, estimator in resolve_model(model, "classification", name="treatment_model", seed=seed).items():
        if estimator in ENGINE:
            out[label] = _from_engine(engine, estimator, TREATMENT) * t.std() + t.mean()
        else:
            tables = columns.for_model(label)
            out[label] = cross_fit(
                estimator, tables, t, fold, task="classification", n_jobs=n_jobs, seed=seed
            )
    return out


def _outcome_candidates(
    engine: Engine, columns: _Columns, model: Any, propensity: Array, n_jobs: int | None, seed: int
) -> dict[str, Array]:
    """E[Y | X] as g + effect * (e - mean e), g fitted to the outcome less that effect of the treatment."""
    data = engine.data
    effect = _refined_effect(engine, propensity)
    shift = propensity - data.treated_share
    target = data.outcome - effect * (data.treatment - data.treated_share)
    out: dict[str, Array] = {}
    for label, estimator in resolve_model(model, "regression", name="outcome_model", seed=seed).items():
        if estimator in ENGINE:
            out[label] = _from_engine(engine, estimator, OUTCOME) + data.rough_effect * shift
        else:
            tables = columns.for_model(label)
            part = cross_fit(
                estimator, tables, target, data.fold, task="regression", n_jobs=n_jobs, seed=seed
            )
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


class _Columns:
    """Hop columns for models that know no graph; boosting also gets engine predictions and products."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.plain = engine.data.columns()

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
    data: EffectData, outcome: dict[str, Array], outcome_weights: dict[str, float], nuisances: Nuisances
) -> pd.DataFrame:
    """Out-of-fold R2 (outcome) or log loss (treatment) of every candidate, the stack and a constant."""
    y, t = data.outcome, data.treatment
    stacked = sum(outcome_weights[name] * p for name, p in outcome.items())
    outcomes = {**outcome, "stack": stacked, "constant": np.zeros(len(y))}
    share = np.full(len(t), t.mean())
    treatments = {**nuisances.treatment_candidates, "stack": nuisances.propensity, "constant": share}
    rows = [
        ("outcome", name, "r2", 1 - np.mean((y - p) ** 2), outcome_weights.get(name))
        for name, p in outcomes.items()
    ]
    rows += [
        ("treatment", name, "log_loss", log_loss(t, p), nuisances.treatment_weights.get(name))
        for name, p in treatments.items()
    ]
    return pd.DataFrame(rows, columns=["nuisance", "model", "score", "value", "weight"])
