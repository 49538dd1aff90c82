"""Linear mechanisms with Gaussian noise: the whole stable set is best, and every risk is a closed form."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from causalkit.datasets._mutable_world import (
    OUTCOME,
    Columns,
    EnvironmentRisks,
    Floats,
    MutableWorld,
    Risks,
    Subset,
    subsets,
)

# Coefficients of each variable's parents, in causal order; every variable adds N(0, 1).
_MECHANISMS: dict[str, dict[str, float]] = {
    "X1": {},
    "X2": {},
    OUTCOME: {"X1": 1.0},
    "M": {OUTCOME: 1.0},
    "X3": {OUTCOME: 1.0, "M": -0.8},
    "X4": {OUTCOME: 0.8, "X2": 1.0},
    "X5": {"X3": 1.0, "M": 0.5},
}
_MUTABLE = "M"


@dataclass(frozen=True)
class Linear(MutableWorld):
    """Five stable variables and one mutable child of Y, whose slope on Y is ``follow``."""

    default_follow = (-1.0, 0.0, 1.0, 2.0)
    follow_is_probability = False
    stable = tuple(name for name in _MECHANISMS if name not in (OUTCOME, _MUTABLE))
    mutable = (_MUTABLE,)
    arrows = tuple((parent, child) for child, parents in _MECHANISMS.items() for parent in parents)
    formula = (
        "X1, X2 ~ N(0, 1); y = X1 + N(0, 1); M = follow y + N(0, 1); X3 = y - .8 M + N(0, 1); "
        "X4 = .8 y + X2 + N(0, 1); X5 = X3 + .5 M + N(0, 1)"
    )

    def draw(self, follow: Floats, streams: Sequence[np.random.Generator]) -> Columns:
        columns: Columns = {}
        for (name, parents), stream in zip(_MECHANISMS.items(), streams, strict=False):
            slope = follow if name == _MUTABLE else 1.0
            signal = sum((b * columns[parent] for parent, b in parents.items()), start=np.zeros(len(follow)))
            columns[name] = slope * signal + stream.normal(size=len(follow))
        return columns

    def worst_case_risk(self) -> Risks:
        return {subset: _residual_variance(subset) for subset in subsets(self.stable)}

    def environment_risk(self, follow: Floats) -> EnvironmentRisks:
        return {subset: np.full(len(follow), risk) for subset, risk in self.worst_case_risk().items()}


def _residual_variance(subset: Subset) -> float:
    """Variance of Y given the subset under do(M = 0).

    M shifts every variable by a constant that the predictor knows, so that its error is the same for all m.
    """
    names = [name for name in _MECHANISMS if name != _MUTABLE]
    slopes = np.array([[_MECHANISMS[child].get(parent, 0.0) for parent in names] for child in names])
    total = np.linalg.inv(np.eye(len(names)) - slopes)
    covariance = total @ total.T
    y, given = names.index(OUTCOME), [names.index(name) for name in sorted(subset)]
    shared = covariance[y, given]
    return float(covariance[y, y] - shared @ np.linalg.solve(covariance[np.ix_(given, given)], shared))
