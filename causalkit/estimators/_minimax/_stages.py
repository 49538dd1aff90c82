"""What an intervention on each mutable variable sees and may do, in causal order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from causalkit.estimators._minimax._distinct import DistinctRows
from causalkit.estimators._minimax._types import Floats, Index, Mask

_LEAST_PROBABILITY = 0.01  # no row counts more than a hundredfold


@dataclass(frozen=True)
class Stage:
    """One mutable variable as a decision.

    Attributes
    ----------
    own : DistinctRows of shape (n, a)
        Its parents: what the intervention may depend on.
    history : DistinctRows of shape (n, b)
        Parents of this and earlier mutable variables and those variables: what values are regressed on.
    is_nested : bool
        Whether the parents are the whole history.
    earlier_weight : ndarray, shape (n,)
        Weights that make the earlier mutable variables random.
    codes : ndarray of int, shape (n,)
        Observed level.
    n_levels : int
        Number of levels; values beyond the observed range follow them.
    centres : ndarray, shape (n_values,)
        Values to choose from: the levels first, then values beyond the observed range.
    probability : ndarray, shape (n, n_values)
        P(value | history); zero beyond the observed range.
    allowed, supported : ndarray of bool, shape (n, n_values)
        What may be chosen, and what data can value.
    """

    own: DistinctRows
    history: DistinctRows
    is_nested: bool
    earlier_weight: Floats
    codes: Index
    n_levels: int
    centres: Floats
    probability: Floats
    allowed: Mask
    supported: Mask

    @property
    def n_values(self) -> int:
        """Number of values to choose from."""
        return len(self.centres)

    @property
    def within(self) -> Mask:
        """Levels (n_levels,) that an intervention may choose for some row."""
        return np.asarray(self.allowed[:, : self.n_levels].any(axis=0))

    def observed_probability(self, rows: Index) -> Floats:
        """P(observed value | history) of these rows, at least one per cent."""
        return np.maximum(self.probability[rows, self.codes[rows]], _LEAST_PROBABILITY)

    def with_value(self, table: DistinctRows) -> Floats:
        """Every row of data with the observed value beside it: shape (n, k + 1)."""
        return np.column_stack([table.table(), self.centres[self.codes]])

    def grid(self, rows: Floats) -> Floats:
        """Every value in turn beside each of `rows` (m, k): shape (m * n_values, k + 1), row by row."""
        repeated = np.repeat(rows, self.n_values, axis=0)
        return np.column_stack([repeated, np.tile(self.centres, len(rows))])
