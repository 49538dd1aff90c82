"""Data of the discovery: numbers and levels, rows and variables in an order that the values alone decide."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from causalkit._canonical_table import canonical_order
from causalkit._environments import group_rows
from causalkit._validation import check_levels, check_outcome
from causalkit.estimators._minimax._discovery_features import Floats, Ints
from causalkit.graphs._dag import check_nodes

_FEWEST_ROWS = 20
_MOST_LEVELS = 12
_MOST_COLUMNS = 60  # memory grows with more than the third power of their number
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
        True also for numbers with two values.
    starts : ndarray of int, shape (e + 1,)
        First row of each environment.
    """

    names: list[Hashable]
    values: Floats
    is_level: NDArray[np.bool_]
    starts: Ints

    def first_rows(self, n_rows: int) -> Table:
        """Return at most about so many rows, as many of each environment as there are.

        Rows of an environment stand in an order that has nothing to do with their values, so that the first
        ones are a random part.
        """
        sizes = np.diff(self.starts)
        fewer = np.minimum(sizes, max(n_rows // len(sizes), _FEWEST_ROWS))
        if (fewer == sizes).all():
            return self
        kept = np.concatenate([np.arange(a, a + n) for a, n in zip(self.starts, fewer, strict=False)])
        starts = np.concatenate([[0], np.cumsum(fewer)])
        return Table(self.names, np.ascontiguousarray(self.values[kept]), self.is_level, starts)

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
        If ``X`` is no DataFrame, a column is constant, equals another one, has missing values or too many
        levels, the lengths differ, or an environment has fewer than 20 rows.
    """
    if not isinstance(X, pd.DataFrame):
        raise ValueError(
            f"X must be a pandas.DataFrame, whose columns name the variables; got {type(X).__name__}"
        )
    if not X.shape[1] or X.columns.has_duplicates:
        raise ValueError(f"X must have at least one column and no name twice; got {list(X.columns)}")
    if X.shape[1] > _MOST_COLUMNS:
        raise ValueError(
            f"X must have at most {_MOST_COLUMNS} columns for a causal graph to be learned; got {X.shape[1]} "
            "(give causal_graph= and mutable=, or choose columns)"
        )
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
    names = [*X.columns, target]
    _check_different(values, names)
    # Ranks instead of values: other units change no answer.
    ranks = rankdata(values, method="dense", axis=0).astype(np.float64)
    order = canonical_order(ranks, np.array([*kinds, _OUTCOME]), groups.codes)
    place = [j for j in order.columns if j != len(names) - 1] + [len(names) - 1]
    starts = np.concatenate([[0], np.cumsum(np.bincount(order.codes))])
    is_level = np.array([*kinds, _LEVEL if _has_two_values(outcome) else _NUMBER])[place] == _LEVEL
    placed = np.ascontiguousarray(values[order.rows][:, place])
    placed[:, -1] = _as_codes(placed[:, -1])
    return Table([names[j] for j in place], placed, is_level, starts)


def check_no_labels(table: Table) -> None:
    """Refuse columns that are labels of the environments: nothing tells their change from the environment.

    Raises
    ------
    ValueError
        If a variable has one value in each of several environments.
    """
    firsts = table.starts[:-1]
    low, high = (reduce.reduceat(table.values, firsts, axis=0) for reduce in (np.minimum, np.maximum))
    labels = [name for name, same in zip(table.names, (low == high).all(axis=0), strict=True) if same]
    if labels and len(firsts) > 1:
        raise ValueError(
            f"X (column {labels[0]!r}) must vary inside some environment for the mutable variables to be "
            f"learned; got one value in each of the {len(firsts)} environments"
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


def _check_different(values: Floats, names: list[Hashable]) -> None:
    """Two equal columns would make the answer depend on their order."""
    first: dict[bytes, Hashable] = {}
    for column, name in zip(values.T, names, strict=True):
        key = (column + 0.0).tobytes()
        if key in first:
            raise ValueError(
                "X must have no column that equals another one or the outcome; got "
                f"{first[key]!r} and {name!r}"
            )
        first[key] = name


def _has_two_values(column: Floats) -> bool:
    return bool(np.isin(column, (column.min(), column.max())).all())


def _as_codes(column: Floats) -> Floats:
    """Two values become 0 and 1; what has more stays."""
    return (column == column.max()).astype(np.float64) if _has_two_values(column) else column


def _read_column(X: pd.DataFrame, name: Hashable) -> tuple[Floats, int]:
    column = X[name]
    label = f"X (column {name!r})"
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype):
        numbers = check_outcome(column, len(X), name=label)
        return _as_codes(numbers), _LEVEL if _has_two_values(numbers) else _NUMBER
    codes, n_levels = check_levels(column, name=label)
    if not 2 <= n_levels <= _MOST_LEVELS:
        raise ValueError(f"{label} must have 2 to {_MOST_LEVELS} levels; got {n_levels}")
    return codes.astype(np.float64), _LEVEL
