"""The simulation of the paper that defined the problem: eight stable and two mutable variables."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from causalkit.datasets._mutable_world import OUTCOME, Columns, Floats, MutableWorld

_NOISE = 0.1
_PARENTS = {
    "X5": ("X6",),
    "X7": ("X8",),
    "X9": (OUTCOME,),
    "X1": (OUTCOME, "X9", "X6", "X5"),
    "X3": ("X1",),
    "X2": ("X3", "X8"),
    "X4": ("X2", "X7", "X8"),
    "X10": ("X5", "X3", "X8"),
}


@dataclass(frozen=True)
class Published(MutableWorld):
    """Every variable adds N(0, .1^2); X9 and X10 are mutable with an amplitude ``follow`` of any size."""

    default_follow = tuple(e - 10.5 for e in range(1, 21))
    follow_is_probability = False
    default_n_rows = 100
    stable = tuple(f"X{i}" for i in range(1, 9))
    mutable = ("X9", "X10")
    arrows = tuple((parent, child) for child, parents in _PARENTS.items() for parent in parents)
    formula = (
        "every variable adds N(0, .01), s is the logistic function, a = follow; y, X6, X8 have no parents; "
        "X5 = s(.84 X6); X7 = -1.52 X8; X9 = a tanh(1.91 y); X1 = s(.63 y - .58 X9 + 1.51 X6 + 1.13 X5); "
        "X3 = tanh(-.95 X1); X2 = tanh(1.47 X3 - .64 X8); X4 = s(1.42 X2 + .99 X7 + .72 X8); "
        "X10 = a tanh(-1.2 X5 + 1.33 X3 + .64 X8)"
    )

    def draw(self, follow: Floats, streams: Sequence[np.random.Generator]) -> Columns:
        noises = iter([_NOISE * stream.normal(size=len(follow)) for stream in streams])
        y, x6, x8 = next(noises), next(noises), next(noises)
        x5 = expit(0.84 * x6) + next(noises)
        x7 = -1.52 * x8 + next(noises)
        x9 = follow * np.tanh(1.91 * y) + next(noises)
        x1 = expit(0.63 * y - 0.58 * x9 + 1.51 * x6 + 1.13 * x5) + next(noises)
        x3 = np.tanh(-0.95 * x1) + next(noises)
        x2 = np.tanh(1.47 * x3 - 0.64 * x8) + next(noises)
        x4 = expit(1.42 * x2 + 0.99 * x7 + 0.72 * x8) + next(noises)
        x10 = follow * np.tanh(-1.2 * x5 + 1.33 * x3 + 0.64 * x8) + next(noises)
        columns = [x1, x2, x3, x4, x5, x6, x7, x8, x9, x10]
        return {OUTCOME: y} | {f"X{i}": column for i, column in enumerate(columns, start=1)}
