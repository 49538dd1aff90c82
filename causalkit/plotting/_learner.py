"""What a picture reads from a fitted learner: values of the units whose outcome and treatment are known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

Floats = NDArray[np.float64]


def is_learner(source: Any) -> bool:
    """Whether this is an effect learner (which then must be fitted) rather than plain numbers."""
    if not hasattr(source, "overlap_weighted_effect"):
        return False
    check_is_fitted(source, "out_of_fold_cate_")
    return True


def observed(learner: Any, values: Floats) -> Floats:
    """Return the values of the units that entered the estimates."""
    return np.asarray(values[learner.observed_])


def dependence(learner: Any) -> dict[str, Any]:
    """Return network and groups of these units, under the names that the metrics take."""
    groups = None if learner.groups_ is None else np.asarray(learner.groups_)[learner.observed_]
    return {"network": learner.network_[learner.observed_], "groups": groups}


def finite_column(values: ArrayLike, name: str) -> Floats:
    """Return numbers of shape (n,), n at least one."""
    column = np.asarray(values, dtype=np.float64)
    if column.ndim != 1 or not len(column):
        raise ValueError(f"{name} must have shape (n,) with at least one value; got shape {column.shape}")
    if not np.isfinite(column).all():
        raise ValueError(
            f"{name} must be finite numbers; got {int((~np.isfinite(column)).sum())} that are not"
        )
    return column


def table_with(table: Any, columns: list[str], name: str, *, source: str = "fitted learner") -> pd.DataFrame:
    """Return a table that has these columns and a row; ``source`` is what else could have been given."""
    if not isinstance(table, pd.DataFrame):
        raise TypeError(f"{name} must be a {source} or a DataFrame; got {type(table).__name__}")
    lacking = [column for column in columns if column not in table.columns]
    if lacking or not len(table):
        raise ValueError(
            f"{name} must have at least one row and the columns {columns}; got {len(table)} rows, "
            f"without {lacking or 'no column'}"
        )
    return table
