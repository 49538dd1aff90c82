"""Scores of an estimate (one value for each row) turned into a checked, centred array."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def check_scores(scores: ArrayLike, *, name: str = "scores") -> Floats:
    """Return scores as a float64 array of shape (n,) or (n, k) with at least two rows, all finite."""
    values = np.asarray(scores)
    if values.dtype.kind not in "buif":
        raise ValueError(f"{name} must be real numbers; got dtype {values.dtype}")
    if values.ndim not in (1, 2) or 0 in values.shape[1:]:
        raise ValueError(f"{name} must have shape (n,) or (n, k); got shape {values.shape}")
    if len(values) < 2:
        raise ValueError(f"{name} must have at least two rows to show any variation; got {len(values)}")
    values = values.astype(np.float64, copy=False)
    bad = np.flatnonzero(~np.isfinite(values).reshape(len(values), -1).all(axis=1))
    if len(bad):
        first = bad[0]
        raise ValueError(f"{name} must be finite; got {values[first]} at row {first} ({len(bad)} such rows)")
    return values


def centred_columns(values: Floats) -> Floats:
    """Return the scores as columns, each less its mean."""
    columns = values.reshape(len(values), -1)
    return columns - columns.mean(axis=0)


def same_shape(covariance: Floats, values: Floats) -> float | Floats:
    """Return a number for one score a row, and the (k, k) matrix for k scores a row."""
    return float(covariance[0, 0]) if values.ndim == 1 else covariance
