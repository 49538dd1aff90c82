"""Rows and columns in an order that the values alone decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from causalkit._canonical_table import canonical_order
from causalkit.estimators._minimax._types import Floats, Index
from causalkit.estimators._minimax._variables import MutableVariable

OUTCOME = -1  # place of the outcome beside the table's columns


@dataclass(frozen=True)
class OrderedData:
    """Data in canonical order.

    Attributes
    ----------
    table : ndarray, shape (n, d)
    outcome : ndarray, shape (n,)
    environments : ndarray of int, shape (n,)
    place : ndarray of int, shape (d,)
        Where each column of X stands in `table`.
    restore : ndarray of int, shape (n,)
        Index that puts results back in the order of the rows given.
    """

    table: Floats
    outcome: Floats
    environments: Index
    place: Index
    restore: Index

    def values(self, variable: MutableVariable) -> Floats:
        """Values of a mutable variable."""
        return self.table[:, self.place[variable.column]]

    def parents(self, variable: MutableVariable) -> list[int]:
        """Places of a mutable variable's parents, ascending, the outcome first."""
        places = sorted(int(self.place[p]) for p in variable.parents)
        return ([OUTCOME] if variable.outcome_is_parent else []) + places

    def take(self, places: Sequence[int]) -> Floats:
        """Columns (n, k) at these places; a constant stands for none."""
        columns = [self.outcome if p == OUTCOME else self.table[:, p] for p in places]
        return np.column_stack(columns) if columns else np.zeros((len(self.outcome), 1))


def order_data(
    X: Floats, y: Floats, codes: Index, companions: Mapping[int, tuple[int, ...]] | None = None
) -> OrderedData:
    """Sort rows, columns and environments by what they hold.

    Companions (columns made of another one) decide nothing and follow the others, in the order of these: they
    are sums, whose last digits depend on the order of the rows.
    """
    made = {column: (hop, j) for j, more in (companions or {}).items() for hop, column in enumerate(more)}
    own = np.array([j for j in range(X.shape[1]) if j not in made], dtype=np.intp)
    kinds = np.arange(len(own) + 1) == len(own)
    # Ranks instead of values: other units change no answer.
    ranks = rankdata(np.column_stack([X[:, own], y]), method="dense", axis=0).astype(np.float64)
    found = canonical_order(ranks, kinds, codes)
    first = own[found.columns[found.columns < len(own)]]
    place = {int(j): i for i, j in enumerate(first)}
    later = sorted(made, key=lambda column: (made[column][0], place[made[column][1]]))
    columns = np.array([*first, *later], dtype=np.intp)
    return OrderedData(
        np.ascontiguousarray(X[np.ix_(found.rows, columns)]),
        y[found.rows],
        found.codes.astype(np.intp),
        np.argsort(columns).astype(np.intp),
        np.argsort(found.rows).astype(np.intp),
    )
