"""Rows that stand by environment, and sums of their values within each of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causalkit.independence._variables import Floats

Index = NDArray[np.intp]

# Environments of different sizes are weighted for parameters with this intraclass correlation.
TYPICAL_ICC = 0.2


@dataclass(frozen=True)
class Rows:
    """Rows with those of an environment next to each other.

    Attributes
    ----------
    codes : ndarray of int, shape (n,)
        Environment of each row, ascending.
    sizes : ndarray, shape (E,)
        Rows of each environment.
    """

    codes: Index
    sizes: Floats

    @property
    def n_pairs(self) -> int:
        """Number of unordered pairs of rows that share an environment."""
        return int((self.sizes * (self.sizes - 1)).sum()) // 2

    def sums(self, values: Floats) -> Floats:
        """Sum rows within each environment: (n, ...) to (E, ...)."""
        starts = np.concatenate([[0.0], np.cumsum(self.sizes[:-1])]).astype(np.intp)
        return np.add.reduceat(values, starts, axis=0)

    def product_sums(self, left: Floats, right: Floats) -> Floats:
        """Sum all products of a column of ``left`` (n, p) and one of ``right`` (n, q): (E, q * p)."""
        return np.hstack([self.sums(left * column[:, None]) for column in right.T])

    def means(self, values: Floats) -> Floats:
        """Average rows within each environment: (n, k) to (E, k)."""
        return self.sums(values) / self.sizes[:, None]

    def across(self, left: Floats, right: Floats) -> Floats:
        """Average left_i right_j over the ordered pairs i != j of rows of each environment: (n,) to (E,)."""
        total = self.sums(np.column_stack([left, right, left * right]))
        return (total[:, 0] * total[:, 1] - total[:, 2]) / (self.sizes * (self.sizes - 1))

    def in_larger(self, least: int) -> tuple[Index, Rows]:
        """Return which rows lie in environments of at least so many rows, and those rows."""
        kept = self.sizes >= least
        rows = np.flatnonzero(kept[self.codes])
        return rows, Rows((np.cumsum(kept) - 1)[self.codes[rows]], self.sizes[kept])
