"""Sums and products of feature columns inside environments, from one pass over the rows."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from causalkit.estimators._mixed._features import ColumnFunctions, Floats, learn_functions

Codes = NDArray[np.int64]


class Moments:
    """A table's feature columns, and their moments in each environment.

    The first feature column is one; then come each variable's straight columns and its bent ones.

    Parameters
    ----------
    values : ndarray of float, shape (n_rows, n_variables)
        Numbers, or codes 0, 1, ... of levels.
    environments : ndarray of int, shape (n_rows,)
        Codes 0, 1, ... of environments.
    counts : ndarray of float, shape (n_environments,)
        How often each environment counts; those that count zero times are left out.
    n_levels : ndarray of int, shape (n_variables,)
        Levels of each categorical variable, 0 for a number.
    """

    def __init__(self, values: Floats, environments: Codes, counts: Floats, n_levels: Codes) -> None:
        kept = np.flatnonzero(counts[environments] > 0)
        kept = kept[np.argsort(environments[kept], kind="stable")]
        labels, self.codes = np.unique(environments[kept], return_inverse=True)
        self.values, self.counts = values[kept], counts[labels].astype(np.float64)
        self.starts = np.flatnonzero(np.diff(self.codes, prepend=-1))
        self.sizes = np.diff(np.append(self.starts, len(kept))).astype(np.float64)
        self.row_weights = self.counts[self.codes]
        self.n_environments = float(self.counts.sum())
        self.n_rows = float(self.counts @ self.sizes)
        self.functions: list[ColumnFunctions] = []
        self.straight: list[list[int]] = []
        self.bent: list[list[int]] = []
        self.features = self._lay_out(n_levels)
        self._products: dict[tuple[int, int], Floats] = {}

    def _lay_out(self, n_levels: Codes) -> Floats:
        blocks, at = [np.ones((len(self.codes), 1))], 1
        for column, levels in zip(self.values.T, n_levels, strict=True):
            functions = learn_functions(column, int(levels), self.row_weights)
            self.functions.append(functions)
            for places, block in (
                (self.straight, functions.straight(column)),
                (self.bent, functions.bent(column)),
            ):
                places.append(list(range(at, at + block.shape[1])))
                at += block.shape[1]
                blocks.append(block)
        return np.ascontiguousarray(np.hstack(blocks))

    @cached_property
    def sums(self) -> Floats:
        """Sums of each feature column in each environment, shape (n_environments, n_features)."""
        return np.add.reduceat(self.features, self.starts, axis=0)

    @cached_property
    def total(self) -> Floats:
        """Products of any two feature columns over all rows, shape (n_features, n_features)."""
        return self.features.T @ (self.row_weights[:, None] * self.features)

    def products(self, left: list[int], right: list[int]) -> Floats:
        """Products of feature columns in each environment, shape (n_environments, n_left, n_right)."""
        answer = np.empty((len(self.counts), len(left), len(right)))
        for i, a in enumerate(left):
            for j, b in enumerate(right):
                answer[:, i, j] = self._product(min(a, b), max(a, b))
        return answer

    def _product(self, a: int, b: int) -> Floats:
        if a == 0:
            return self.sums[:, b]
        if (a, b) not in self._products:
            rows = self.features[:, a] * self.features[:, b]
            self._products[a, b] = np.add.reduceat(rows, self.starts)
        return self._products[a, b]

    def log_determinants(self, ratios: Floats) -> Floats:
        """Return sum over environments of log(1 + n r) for each ratio r."""
        return np.log1p(np.multiply.outer(ratios, self.sizes)) @ self.counts

    def weighted_products(self, ratios: Floats, columns: list[int] | None = None) -> Floats:
        r"""Products of feature columns over all rows, weighted by the inverse of I + r 11' in environments.

        Returns :math:`F'F - \sum_e \frac{r}{1 + n_e r} s_e s_e'` for each ratio r, with the sums s_e of the
        columns in environment e.
        """
        every = slice(None) if columns is None else columns
        sums = self.sums[:, every]
        shrink = ratios[:, None] / (1 + np.multiply.outer(ratios, self.sizes)) * self.counts
        total = self.total if columns is None else self.total[np.ix_(columns, columns)]
        return total - (sums.T * shrink[:, None, :]) @ sums
