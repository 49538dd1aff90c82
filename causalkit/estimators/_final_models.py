"""Names and estimators of the final stage turned into fitted candidates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import is_regressor

from causalkit.estimators._candidates import (
    Candidate,
    forest_candidate,
    forest_trial,
    regressor_candidate,
    residual_candidate,
)
from causalkit.estimators._engine import Engine
from causalkit.estimators._final_stage import earns_weight

Array = NDArray[np.float64]

STACK = ("additive", "pairs", "residual", "forest")


def listed_models(model: Any) -> list[Any]:
    """The final stage's candidates as a flat list; "constant" is the empty one."""
    out: list[Any] = []
    for item in list(model) if isinstance(model, list | tuple) else [model]:
        if isinstance(item, str) and item == "stack":
            out += STACK
        elif isinstance(item, str) and item == "constant":
            continue
        elif (isinstance(item, str) and item in STACK) or (hasattr(item, "fit") and is_regressor(item)):
            out.append(item)
        else:
            known = ", ".join(map(repr, (*STACK, "stack", "constant")))
            raise ValueError(
                f"final_model must be a regressor that takes sample_weight, a list, or one of {known}; "
                f"got {item!r}"
            )
    return list(dict.fromkeys(item for item in out if isinstance(item, str))) + [
        m for m in out if not isinstance(m, str)
    ]


@dataclass(frozen=True)
class FinalCandidates:
    """Fitted candidates, and those that were skipped with the reason."""

    fitted: list[Candidate]
    skipped: dict[str, str]


def final_candidates(
    models: list[Any],
    engine: Engine,
    joint: dict[str, Candidate],
    outcome_residual: Array,
    treatment_residual: Array,
    *,
    n_jobs: int | None,
    seed: int,
) -> FinalCandidates:
    """Fit what was asked for; the forest is grown in full only where a small one earns a weight."""
    fitted = [joint[name] for name in ("additive", "pairs") if name in models]
    if "residual" in models:
        fitted.append(residual_candidate(engine, outcome_residual, treatment_residual))
    regressors = [m for m in models if not isinstance(m, str)]
    for i, model in enumerate(regressors):
        n_before = sum(type(m) is type(model) for m in regressors[:i])
        label = type(model).__name__ + (f" {n_before + 1}" if n_before else "")
        fitted.append(regressor_candidate(engine, label, model, outcome_residual, treatment_residual))
    if "forest" not in models:
        return FinalCandidates(fitted, {})

    settings: dict[str, Any] = {"n_jobs": n_jobs, "seed": seed}
    if fitted:
        rows, trial = forest_trial(engine.data.groups, outcome_residual, treatment_residual, **settings)
        held_out = [c.held_out[rows] for c in fitted]
        if not earns_weight(trial, held_out, outcome_residual[rows], treatment_residual[rows]):
            return FinalCandidates(fitted, {"forest": "a trial forest with few trees earned no weight"})
    grown = forest_candidate(engine.data.groups, outcome_residual, treatment_residual, **settings)
    return FinalCandidates([*fitted, grown], {})
