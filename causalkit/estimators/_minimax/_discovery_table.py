"""Data of the discovery: numbers and levels, rows and variables in an order that the values alone decide."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from causalkit._canonical_table import canonical_order
from causalkit._environments import group_rows
from causalkit._validation import check_levels, check_outcome
from causalkit.estimators._minimax._discovery_features import Floats, Ints
from causalkit.graphs._dag import check_nodes

_FEWEST_ROWS = 20
_MOST_LEVELS = 12
# Numbers, levels and the outcome are told apart when variables are put in order.
_NUMBER, _LEVEL, _OUTCOME = range(3)


@dataclass(frozen=True)
class Table:
    """Checked data.

    Attributes
    ----------
    names : list
        Names of the variables; the outcome is the last.
    values : ndarray, shape (n, p)
        Numbers and codes of levels, rows sorted by environment.
    is_level : ndarray of bool, shape (p,)
    starts : ndarray of int, shape (e + 1,)
        First row of each environment.
    """

    names: list[Hashable]
    values: Floats
    is_level: NDArray[np.bool_]
    starts: Ints

    @property
    def outcome(self) -> int:
        """Position of the outcome."""
        return len(self.names) - 1

    @property
    def codes(self) -> Ints:
        """Environment of each row."""
        sizes = np.diff(self.starts)
        return np.repeat(np.arange(len(sizes)), sizes)


def outcome_name(y: Any) -> Hashable:
    """Return the name of the outcome in a causal graph: that of the Series, else "y"."""
    name = getattr(y, "name", None)
    return "y" if name is None else name


def read_table(X: Any, y: Any, environments: Any) -> Table:
    """Check the data and put rows, environments and variables in an order that the values alone decide.

    Raises
    ------
    ValueError
        If ``X`` is no DataFrame, a column is constant, missing or has too many levels, the lengths differ, or
        an environment has fewer than 20 rows.
    """
    if not isinstance(X, pd.DataFrame):
        raise ValueError(
            f"X must be a pandas.DataFrame, whose columns name the variables; got {type(X).__name__}"
        )
    if not X.shape[1] or X.columns.has_duplicates:
        raise ValueError(f"X must have at least one column and no name twice; got {list(X.columns)}")
    target = outcome_name(y)
    if target in X.columns:
        raise ValueError(
            f"X must have no column with the name of the outcome, {target!r}; got {list(X.columns)}"
        )
    outcome = check_outcome(y, len(X))
    groups = group_rows(environments, name="environments", n_rows=len(X))
    if groups.sizes.min() < _FEWEST_ROWS:
        smallest = int(np.argmin(groups.sizes))
        raise ValueError(
            f"environments must have at least {_FEWEST_ROWS} rows each; got {groups.sizes[smallest]} in "
            f"{str(groups.labels[smallest])!r}"
        )
    columns, kinds = zip(*(_read_column(X, name) for name in X.columns), strict=True)
    values = np.column_stack([*columns, outcome])
    order = canonical_order(values, np.array([*kinds, _OUTCOME]), groups.codes)
    names = [*X.columns, target]
    place = [j for j in order.columns if j != len(names) - 1] + [len(names) - 1]
    starts = np.concatenate([[0], np.cumsum(np.bincount(order.codes))])
    is_level = np.array([*kinds, _NUMBER])[place] == _LEVEL
    return Table(
        [names[j] for j in place], np.ascontiguousarray(values[order.rows][:, place]), is_level, starts
    )


def positions_of(table: Table, mutable: Any) -> frozenset[int]:
    """Return the positions of the variables named mutable.

    Raises
    ------
    ValueError
        If one is not a column of X.
    """
    covariates = table.names[:-1]
    named = check_nodes(covariates, mutable, "mutable", "the columns of X")
    return frozenset(j for j, name in enumerate(covariates) if name in named)


def _read_column(X: pd.DataFrame, name: Hashable) -> tuple[Floats, int]:
    column = X[name]
    label = f"X (column {name!r})"
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype):
        return check_outcome(column, len(X), name=label), _NUMBER
    codes, n_levels = check_levels(column, name=label)
    if not 2 <= n_levels <= _MOST_LEVELS:
        raise ValueError(f"{label} must have 2 to {_MOST_LEVELS} levels; got {n_levels}")
    return codes.astype(np.float64), _LEVEL
