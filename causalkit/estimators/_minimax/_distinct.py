"""Rows of a table that models need not predict twice: columns in fine bins, equal rows kept once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from causalkit.estimators._minimax._types import Floats, Index

_N_BINS = 250  # about as fine as boosted trees look
_WORTH_IT = 0.5  # of the rows


@dataclass(frozen=True)
class DistinctRows:
    """A table as its distinct rows.

    Attributes
    ----------
    rows : ndarray, shape (n_distinct, k)
    inverse : ndarray of int, shape (n,)
        Which distinct row each row of the table is.
    """

    rows: Floats
    inverse: Index

    def table(self) -> Floats:
        """The table, shape (n, k)."""
        return self.rows[self.inverse]

    def among(self, some: Index) -> tuple[Floats, Index]:
        """Distinct rows that occur among `some` rows of the table, and which of them each is."""
        used, inverse = np.unique(self.inverse[some], return_inverse=True)
        return self.rows[used], inverse.astype(np.intp)


def distinct_rows(table: Floats) -> DistinctRows:
    """Bin columns with many values at quantiles if that leaves few distinct rows; else change nothing."""
    coarse = np.column_stack([_in_bins(column) for column in table.T])
    rows, inverse = np.unique(coarse, axis=0, return_inverse=True)
    if len(rows) > _WORTH_IT * len(table):
        return DistinctRows(table, np.arange(len(table)))
    return DistinctRows(rows, inverse.reshape(-1).astype(np.intp))


def _in_bins(column: Floats) -> Floats:
    """Each value replaced by the mean of its bin."""
    values = np.unique(column)
    if len(values) <= _N_BINS:
        return column
    edges = np.unique(np.quantile(column, np.linspace(0, 1, _N_BINS + 1)[1:-1]))
    codes = np.searchsorted(edges, column)
    counts = np.bincount(codes)
    return (np.bincount(codes, weights=column) / np.maximum(counts, 1))[codes]
