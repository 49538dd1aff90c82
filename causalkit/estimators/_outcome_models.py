"""Models of the outcome under each treatment: joint fits, regressors by arm or with T as a column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone

from causalkit.estimators._effect_models import ArmsEffect, Candidate, EffectModel, OwnTreatmentEffect
from causalkit.estimators._engine import EffectData, Engine
from causalkit.estimators._nodes import fold_models, held_out, reader_of

Array = NDArray[np.float64]


@dataclass(frozen=True)
class OutcomeModel:
    """Held-out predictions (n,) of the standardised outcome under each treatment, and the effect anywhere."""

    name: str
    untreated: Array
    treated: Array
    effect: EffectModel | None = None  # None where only the training units are asked about

    @property
    def contrast(self) -> Array:
        return self.treated - self.untreated

    def observed(self, treatment: Array) -> Array:
        """Prediction of what was seen."""
        return np.where(treatment == 1, self.treated, self.untreated)

    def mean(self, propensity: Array) -> Array:
        """E[Y | X]."""
        return propensity * self.treated + (1 - propensity) * self.untreated


def joint_outcome_model(candidate: Candidate, data: EffectData, name: str) -> OutcomeModel:
    """A joint fit mu(z) + (T - mean T) tau(z) read as a model of the outcome."""
    assert candidate.outcome_held_out is not None
    mu, tau = candidate.outcome_held_out
    untreated = mu - data.treated_share * tau
    return OutcomeModel(name, untreated, untreated + tau, candidate.model)


def arm_regressions(
    engine: Engine, name: str, model: Any, *, refit: bool, n_jobs: int | None, seed: int
) -> OutcomeModel:
    """Any regressor fitted to each arm by itself; with `refit` on all folds, too, for new nodes."""
    data = engine.data
    model, reader = reader_of(model, data.units)
    view = reader.view(data.groups, data.units)
    arms = [
        fold_models(
            view,
            model,
            data.outcome,
            data.fold,
            among=data.treatment == a,
            refit=refit,
            n_jobs=n_jobs,
            seed=seed,
        )
        for a in (0, 1)
    ]
    untreated, treated = (held_out(view, models, data.fold) for models in arms)
    effect = ArmsEffect(arms[1][-1], arms[0][-1], reader) if refit else None
    return OutcomeModel(name, untreated, treated, effect)


def treatment_regression(
    engine: Engine, name: str, model: Any, *, n_jobs: int | None, seed: int
) -> OutcomeModel:
    """Any regressor with the unit's own treatment as one column more, which no link carries to neighbours."""
    data = engine.data
    model, reader = reader_of(model, data.units)
    view = reader.view(data.groups, data.units)
    column = treatment_column(view.table)
    if reader.reads_graph:
        model = with_own_column(model, column, view.table.shape[1])
    seen = view.with_column(column, data.treatment)
    models = fold_models(seen, model, data.outcome, data.fold, refit=True, n_jobs=n_jobs, seed=seed)
    untreated, treated = (held_out(view.with_column(column, a), models, data.fold) for a in (0.0, 1.0))
    return OutcomeModel(name, untreated, treated, OwnTreatmentEffect(models[-1], reader, column))


def treatment_column(table: Any) -> Any:
    """A name that the table does not have, or the position after its last column where it has no names."""
    if not isinstance(table, pd.DataFrame):
        return table.shape[1]
    name = "treatment"
    while name in table.columns:
        name += "_"
    return name


def takes_own_columns(model: Any) -> bool:
    """Whether a model can keep columns from travelling over links; a module of one's own cannot."""
    settings = model.get_params(deep=False)
    return "own_columns" in settings and not callable(settings.get("architecture"))


def with_own_column(model: Any, column: Any, position: int) -> Any:
    """A clone that keeps this column to each node, beside those that it keeps already, named as they are."""
    kept = model.get_params(deep=False)["own_columns"]
    kept = [] if kept is None else [kept] if isinstance(kept, str) else list(kept)
    by_position = bool(kept) and not any(isinstance(k, str) for k in kept)
    return clone(model).set_params(own_columns=[*kept, position if by_position else column])
