"""A learner's outcome models by name: each arm by itself, or both in one model with the treatment."""

from __future__ import annotations

from typing import Any

from causalkit.estimators._arm_fits import ArmFits
from causalkit.estimators._engine import Engine
from causalkit.estimators._joint_fits import JointFits
from causalkit.estimators._outcome_models import (
    OutcomeModel,
    arm_regressions,
    joint_outcome_model,
    takes_own_columns,
    treatment_regression,
)
from causalkit.nuisance._defaults import resolve_model
from causalkit.nuisance._fold_models import takes_graph

_ROLE: dict[str, Any] = {"task": "regression", "name": "outcome_model"}


def outcomes_by_arm(
    engine: Engine, model: Any, *, refit: bool, n_jobs: int | None, seed: int
) -> list[OutcomeModel]:
    """Each candidate fitted to each arm by itself; `refit` for those that new nodes are asked about."""
    fits = ArmFits(engine)
    engines = {"additive": fits.additive, "pairs": fits.pairs}
    return [
        engines[part]()
        if isinstance(part, str)
        else arm_regressions(engine, label, part, refit=refit, n_jobs=n_jobs, seed=seed)
        for label, part in resolve_model(model, seed=seed, network_hops=engine.data.n_hops, **_ROLE).items()
    ]


def outcomes_with_treatment(
    engine: Engine, model: Any, *, n_jobs: int | None, seed: int
) -> list[OutcomeModel]:
    """Each candidate fitted to both arms together; the engine with an effect of its own for the treatment."""
    fits = JointFits(engine, {})
    engines = {"additive": fits.additive, "pairs": fits.pairs}
    return [
        joint_outcome_model(engines[part](), engine.data, label)
        if isinstance(part, str)
        else treatment_regression(engine, label, part, n_jobs=n_jobs, seed=seed)
        for label, part in resolve_model(model, seed=seed, network_hops=engine.data.n_hops, **_ROLE).items()
    ]


def check_own_treatment(model: Any) -> None:
    """A model that reads the graph must be able to keep the treatment column from neighbours."""
    for part in resolve_model(model, seed=0, **_ROLE).values():
        if not isinstance(part, str) and takes_graph(part) and not takes_own_columns(part):
            raise ValueError(
                "outcome_model must have a parameter own_columns for GraphSLearner where it reads the graph "
                "(networks by name have it, a module of one's own has not): without it others' treatments "
                f"would enter the contrast of a unit's own; got {part!r}"
            )
