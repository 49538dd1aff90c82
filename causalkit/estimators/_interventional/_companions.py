"""Rows and values of a question turned into codes of levels and into numbers."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from causalkit._validation import check_columns, check_scalar_argument

Floats = NDArray[np.float64]

# For each variable its levels in order, or None if it is continuous.
Levels = Mapping[Hashable, Sequence[Any] | None]

_MAX_LISTED = 10


def set_values(do: Mapping[Hashable, Any], levels: Levels) -> dict[Hashable, float]:
    """Return the position of the level, or the number, at which each intervened variable is held.

    Raises
    ------
    ValueError
        If a value is not one of the levels, or not a finite number.
    """
    return {name: _set_value(name, value, levels[name]) for name, value in do.items()}


def companion_values(companions: Any, levels: Levels) -> dict[Hashable, Floats]:
    """Return the columns of companion rows as codes of levels, or numbers; empty columns for None.

    Raises
    ------
    ValueError
        If ``companions`` is not a DataFrame with exactly the variables as columns, or holds missing values,
        values that are no levels or numbers that are not finite.
    """
    if companions is None:
        return {name: np.empty(0) for name in levels}
    if not isinstance(companions, pd.DataFrame):
        raise ValueError(f"companions must be a DataFrame or None; got {type(companions).__name__}")
    _check_names(list(companions.columns), list(levels))
    if not len(companions):
        return {name: np.empty(0) for name in levels}
    return {name: _read(companions[name], name, known) for name, known in levels.items()}


def joint_codes(columns: Sequence[Floats], sizes: Sequence[int], n_rows: int) -> NDArray[np.intp]:
    """Return the position of each row's pattern of levels; the last column varies fastest."""
    codes = np.zeros(n_rows, dtype=np.intp)
    for column, size in zip(columns, sizes, strict=True):
        codes = codes * size + column.astype(np.intp)
    return codes


def pattern_counts(parents: Sequence[Floats], own: Floats, sizes: Sequence[int]) -> Floats:
    """Count rows with each pattern of the parents (last fastest) and each own level.

    Parameters
    ----------
    parents : sequence of ndarray, shape (n,)
        Codes of the parents' levels.
    own : ndarray, shape (n,)
        Codes of the variable's levels.
    sizes : sequence of int
        Number of levels of each parent, then of the variable.

    Returns
    -------
    ndarray, shape (n_patterns, n_levels)
    """
    codes = joint_codes([*parents, own], sizes, len(own))
    return np.bincount(codes, minlength=int(np.prod(sizes))).astype(np.float64).reshape(-1, sizes[-1])


def _check_names(given: list[Any], expected: list[Any]) -> None:
    missing = [name for name in expected if name not in given]
    extra = [name for name in given if name not in expected]
    if missing or extra or len(set(given)) < len(given):
        what = [
            f"{word} {names}" for word, names in (("without", missing), ("with the unknown", extra)) if names
        ]
        got = " and ".join(what) or f"repeated names in {given}"
        raise ValueError(f"companions must have exactly the columns {expected}; got a table {got}")


def _set_value(name: Hashable, value: Any, known: Sequence[Any] | None) -> float:
    if known is None:
        return float(check_scalar_argument(value, f"do[{name!r}]"))
    code = _positions(pd.Series([value], dtype=object), known)[0] if isinstance(value, Hashable) else -1
    if code < 0:
        raise ValueError(f"do[{name!r}] must be one of the levels {_listed(known)}; got {value!r}")
    return float(code)


def _read(column: pd.Series, name: Hashable, known: Sequence[Any] | None) -> Floats:
    label = f"companions (column {name!r})"
    if known is None:
        return check_columns(column, name=label, allow_constant=True)[:, 0]
    codes = _positions(column, known)
    wrong = np.flatnonzero(codes < 0)
    if len(wrong):
        got = f"{_plain(column.iloc[wrong[0]])!r} at row {wrong[0]}"
        raise ValueError(f"{label} must hold the levels {_listed(known)}; got {got}")
    return codes


def _positions(column: pd.Series, known: Sequence[Any]) -> Floats:
    """Position of each entry among the levels, -1 where it is none of them."""
    return pd.Index(known, dtype=object).get_indexer(pd.Index(column.astype(object))).astype(np.float64)


def _listed(known: Sequence[Any]) -> str:
    shown = ", ".join(repr(_plain(each)) for each in known[:_MAX_LISTED])
    return f"[{shown}{', ...' if len(known) > _MAX_LISTED else ''}]"


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
