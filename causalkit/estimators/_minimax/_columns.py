"""Columns as numbers: levels of texts, categories and booleans become codes that new rows share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from causalkit._validation import check_levels
from causalkit.estimators._minimax._types import Floats

_MOST_LEVELS = 12
_NO_VALUES = ("c", "m", "M")  # complex numbers, times


@dataclass(frozen=True)
class ColumnCodes:
    """Levels of the columns that are not numbers, by name, in the order of their codes."""

    levels: Mapping[str, tuple[object, ...]]

    def transform(self, table: pd.DataFrame) -> Floats:
        """Return the table as numbers (n, d).

        Raises
        ------
        ValueError
            If a column holds a level that the fit did not see.
        """
        return np.column_stack([self._numbers(table[name]) for name in table])

    def _numbers(self, column: pd.Series) -> Floats:
        name = str(column.name)
        if name not in self.levels:
            return _as_numbers(column, name)
        place = {level: float(i) for i, level in enumerate(self.levels[name])}
        unknown = [level for level in column.unique().tolist() if level not in place]
        if unknown:
            raise ValueError(
                f"X (column {name!r}) must have the levels of the fit, {list(place)}; got {unknown[0]!r}"
            )
        return np.asarray(column.astype(object).map(place), dtype=np.float64)


def check_kinds(X: Any) -> None:
    """Refuse complex numbers and times, which would be cast without a word."""
    columns = X.items() if isinstance(X, pd.DataFrame) else [("", X)]
    for name, column in columns:
        if getattr(getattr(column, "dtype", None), "kind", "O") in _NO_VALUES:
            where = f" (column {name!r})" if isinstance(X, pd.DataFrame) else ""
            raise ValueError(f"X{where} must hold numbers or levels; got dtype {column.dtype}")


def read_columns(table: pd.DataFrame) -> ColumnCodes:
    """Find the levels of columns that are not numbers.

    Raises
    ------
    ValueError
        If such a column has more than twelve levels, or a column has one value or values of another kind.
    """
    for name in table:
        _check_column(table[name])
    return ColumnCodes({str(name): _levels(table[name]) for name in table if not _is_number(table[name])})


def _check_column(column: pd.Series) -> None:
    if column.nunique() < 2:
        raise ValueError(
            f"X (column {column.name!r}) must vary between rows; got {column.tolist()[0]!r} in every row"
        )


def _is_number(column: pd.Series) -> bool:
    kinds = pd.api.types
    return kinds.is_numeric_dtype(column.dtype) and not kinds.is_bool_dtype(column.dtype)


def _levels(column: pd.Series) -> tuple[object, ...]:
    label = f"X (column {column.name!r})"
    codes, n_levels = check_levels(column, name=label)
    if n_levels > _MOST_LEVELS:
        raise ValueError(
            f"{label} must have at most {_MOST_LEVELS} levels, or be a number; got {n_levels} "
            f"(dtype {column.dtype})"
        )
    first = pd.Series(codes).drop_duplicates()
    values = column.tolist()
    return tuple(values[i] for i in first.sort_values().index)


def _as_numbers(column: pd.Series, name: str) -> Floats:
    if not _is_number(column):
        raise ValueError(f"X (column {name!r}) must hold numbers, as in the fit; got dtype {column.dtype}")
    return np.asarray(column, dtype=np.float64)
