"""Columns turned into functions: to correlate across rows, to regress on, to weight products with."""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import rankdata

Floats = NDArray[np.float64]

# Numbers with at most so many distinct values are read as categories.
_FEW_VALUES = 6
# Rarer levels are pooled, so that tables of products stay small.
_MOST_LEVELS = 6
_KNOTS = ndtri(np.array([0.25, 0.5, 0.75]))


@dataclass(frozen=True)
class Variable:
    """One column as functions of its values.

    Attributes
    ----------
    categorical : bool
    key : ndarray, shape (n,)
        The values of a continuous column, codes of the levels of a categorical one.
    features : ndarray, shape (n, p)
        Functions with mean zero whose products with another variable's functions are averaged; the first
        is the normal score of a continuous column, the indicator of a level of a categorical one.
    basis : ndarray, shape (n, q)
        What is regressed on where the variable is the condition; spans the constant.
    weights : ndarray, shape (n, w)
        Functions that a product is weighted with where the variable is the condition.
    """

    categorical: bool
    key: Floats
    features: Floats
    basis: Floats
    weights: Floats

    @property
    def score(self) -> Floats:
        """The first feature."""
        return self.features[:, 0]

    def take(self, rows: NDArray[np.intp]) -> Variable:
        """Return the variable at some rows, in their order."""
        return Variable(
            self.categorical, self.key[rows], self.features[rows], self.basis[rows], self.weights[rows]
        )


def read_variable(values: Any, name: str) -> Variable:
    """Turn a column into functions of its values that do not depend on the order of the rows.

    Raises
    ------
    ValueError
        If the column is not one-dimensional, empty, has missing, infinite or complex values, is constant, or
        has texts or categories that hardly ever repeat.
    """
    scalar = values is None or isinstance(values, (str, bytes))
    if scalar or np.ndim(values) != 1:
        got = repr(values) if scalar else f"shape {np.shape(values)}"
        raise ValueError(f"{name} must be one-dimensional with one value for each row; got {got}")
    column = pd.Series(values).reset_index(drop=True).infer_objects()
    numeric = pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype)
    _reject_unusable(column, name, numeric)
    codes, levels = pd.factorize(column, sort=True)
    if len(levels) < 2:
        raise ValueError(f"{name} must vary; got {levels.tolist()[0]!r} in all {len(codes)} rows")
    if numeric and len(levels) > _FEW_VALUES:
        return _continuous(column.to_numpy(dtype=np.float64))
    if len(levels) > max(_FEW_VALUES, len(codes) / 2):
        got = f"{len(levels)} levels in {len(codes)} rows"
        raise ValueError(f"{name} must be numeric or have levels that repeat; got {got}")
    return _categorical(codes.astype(np.intp))


def read_variables(values: Any, name: str) -> list[Variable]:
    """Turn one column, or every column of a table, into functions of its values."""
    scalar = values is None or isinstance(values, (str, bytes))
    if scalar or np.ndim(values) != 2:
        return [read_variable(values, name)]
    table = values if isinstance(values, pd.DataFrame) else pd.DataFrame(np.asarray(values))
    if not table.shape[1]:
        raise ValueError(f"{name} must have at least one column; got shape {table.shape}")
    return [
        read_variable(table.iloc[:, i], f"{name} (column {label!r})") for i, label in enumerate(table.columns)
    ]


def _reject_unusable(column: pd.Series, name: str, numeric: bool) -> None:
    if not len(column):
        raise ValueError(f"{name} must have at least one row; got none")
    missing = np.flatnonzero(column.isna().to_numpy())
    if len(missing):
        raise ValueError(
            f"{name} must have no missing values; got {len(missing)} missing (first at row {missing[0]}): "
            "drop or impute these rows first"
        )
    if not numeric:
        return
    if np.iscomplexobj(column):
        raise ValueError(f"{name} must be real numbers or categories; got dtype {column.dtype}")
    infinite = np.flatnonzero(~np.isfinite(column.to_numpy(dtype=np.float64)))
    if len(infinite):
        raise ValueError(f"{name} must be finite; got {len(infinite)} infinite (first at row {infinite[0]})")


def read_residuals(values: Floats) -> Variable:
    """Turn residuals into functions of them, as a continuous column."""
    return _continuous(values)


def _continuous(values: Floats) -> Variable:
    z = ndtri((rankdata(values) - 0.5) / len(values))
    features = np.column_stack([z, np.abs(z), np.tanh(2 * z)])
    ones = np.ones_like(z)
    basis = np.column_stack([ones, z, np.maximum(z[:, None] - _KNOTS, 0)])
    # fsum rounds once, so that the order of the rows does not matter to the last bit.
    centre = np.array([fsum(column) for column in features.T]) / len(z)
    return Variable(False, values, features - centre, basis, np.column_stack([ones, z]))


def _categorical(codes: NDArray[np.intp]) -> Variable:
    by_size = np.argsort(-np.bincount(codes), kind="stable")
    rank = np.minimum(np.argsort(by_size), _MOST_LEVELS - 1)[codes]
    indicators = (rank[:, None] == np.arange(rank.max() + 1)).astype(np.float64)
    # All indicators together are constant; the most frequent level is the one left out.
    features = indicators[:, 1:] - indicators[:, 1:].mean(axis=0)
    return Variable(True, codes.astype(np.float64), features, indicators, indicators)
