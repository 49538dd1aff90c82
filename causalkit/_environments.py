"""Labels turned into codes, sizes and row positions: the only place that groups rows."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Groups:
    """Rows grouped by a label.

    Attributes
    ----------
    codes : ndarray of int64, shape (n_rows,)
        Position in ``labels`` of each row's label.
    labels : ndarray, shape (n_groups,)
        The distinct labels in sorted order (the order of its categories for a categorical).
    sizes : ndarray of int64, shape (n_groups,)
        Number of rows with each label, at least one.
    """

    codes: NDArray[np.int64]
    labels: NDArray[Any]
    sizes: NDArray[np.int64]
    _order: NDArray[np.int64] = field(repr=False)
    _starts: NDArray[np.int64] = field(repr=False)

    @property
    def n_groups(self) -> int:
        """Number of distinct labels."""
        return len(self.labels)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.codes)

    def rows(self, i: int) -> NDArray[np.int64]:
        """Return the ascending positions of the rows in group ``i``."""
        if not 0 <= i < self.n_groups:
            raise IndexError(f"group must be in 0..{self.n_groups - 1}; got {i}")
        return self._order[self._starts[i] : self._starts[i + 1]]


def group_rows(labels: ArrayLike, *, name: str = "groups", n_rows: int | None = None) -> Groups:
    """Group rows by label in time linear in the rows, up to sorting the labels.

    Parameters
    ----------
    labels : array-like, shape (n_rows,)
        A label for each row: numbers, texts, dates or a pandas categorical.
    name : str
        Name of the argument, for messages.
    n_rows : int, optional
        Number of rows that there must be.

    Raises
    ------
    ValueError
        If ``labels`` is not one-dimensional, has another length than ``n_rows`` or holds missing values.
    """
    values = _one_dimensional(labels, name=name, n_rows=n_rows)
    codes, uniques = pd.factorize(values, sort=True)
    codes = codes.astype(np.int64, copy=False)
    _reject_missing(codes, name)
    sizes = np.bincount(codes, minlength=len(uniques)).astype(np.int64, copy=False)
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64, copy=False)
    order = np.argsort(codes, kind="stable").astype(np.int64, copy=False)
    return Groups(codes, np.asarray(uniques), sizes, order, starts)


def _one_dimensional(labels: Any, *, name: str, n_rows: int | None) -> Any:
    is_scalar = labels is None or isinstance(labels, (str, bytes))
    if is_scalar or np.ndim(labels) != 1:
        got = repr(labels) if is_scalar else f"shape {np.shape(labels)}"
        raise ValueError(f"{name} must be one-dimensional with one label for each row; got {got}")
    if n_rows is not None and len(labels) != n_rows:
        raise ValueError(
            f"{name} must have one label for each row; got {len(labels)} labels and {n_rows} rows"
        )
    if isinstance(labels, (pd.Series, pd.Index, pd.Categorical, np.ndarray)):
        return labels
    return pd.Series(labels, dtype=None if len(labels) else object)


def _reject_missing(codes: NDArray[np.int64], name: str) -> None:
    missing = np.flatnonzero(codes < 0)
    if len(missing):
        raise ValueError(
            f"{name} must have a label for each row; got {len(missing)} missing (first at row {missing[0]})"
        )
