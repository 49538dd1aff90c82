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
    regressor_candidate,
    residual_candidate,
)
from causalkit.estimators._engine import Engine
from causalkit.estimators._final_stage import stack_candidates

Array = NDArray[np.float64]

STACK = ("additive", "pairs", "residual", "forest")
_TREES = 100
_TRIAL_TREES = 24
_TRIAL_WEIGHT = 0.02  # a small forest that earns no more than this beside the others is not grown


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

    def grow(n_trees: int) -> Candidate:
        return forest_candidate(
            engine, outcome_residual, treatment_residual, n_trees=n_trees, n_jobs=n_jobs, seed=seed
        )

    if fitted:
        trial = stack_candidates([*fitted, grow(_TRIAL_TREES)], outcome_residual, treatment_residual)
        if trial.raw_weights[-1] < _TRIAL_WEIGHT:
            return FinalCandidates(fitted, {"forest": f"a trial with {_TRIAL_TREES} trees earned no weight"})
    return FinalCandidates([*fitted, grow(_TREES)], {})
