"""Values that a mutable variable may be set to: its own levels, or bins of a continuous one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from causalkit.estimators._minimax._types import Floats, Index

_MOST_LEVELS = 25  # more distinct values than this are binned
_N_BINS = 15  # odd: the middle of a symmetric law lies inside a bin, where it is often the worst value


@dataclass(frozen=True)
class Levels:
    """Levels of one mutable variable.

    Attributes
    ----------
    edges : ndarray, shape (n_levels - 1,)
        Borders between neighbouring levels.
    centres : ndarray, shape (n_levels,)
        Value that stands for each level: the level itself, or the mean of a bin.
    is_binned : bool
        Whether the variable is continuous.
    """

    edges: Floats
    centres: Floats
    is_binned: bool

    @property
    def n_levels(self) -> int:
        """Number of levels."""
        return len(self.centres)

    def codes(self, values: Floats) -> Index:
        """Level of each value, in 0..n_levels-1."""
        return np.searchsorted(self.edges, values).astype(np.intp)


def read_levels(values: Floats) -> Levels:
    """Levels of the observed values: up to 25 are kept as they are, more are binned at fifteen quantiles."""
    distinct = np.unique(values)
    if len(distinct) <= _MOST_LEVELS:
        return Levels((distinct[1:] + distinct[:-1]) / 2, distinct, False)
    edges = np.unique(np.quantile(values, np.linspace(0, 1, _N_BINS + 1))[1:-1])
    codes = np.searchsorted(edges, values)
    counts = np.bincount(codes, minlength=len(edges) + 1)
    used = np.flatnonzero(counts)  # ties may leave a bin without a row
    sums = np.bincount(codes, weights=values, minlength=len(edges) + 1)
    return Levels(edges[used[1:] - 1], sums[used] / counts[used], True)
