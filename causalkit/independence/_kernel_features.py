"""Columns as features of a Gaussian kernel, and their residuals after a ridge regression."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import rankdata

Floats = NDArray[np.float64]

_PENALTIES = np.logspace(-3, 3, 13)
_ROUNDING = 1e-10


def normal_scores(columns: Floats) -> Floats:
    """Return the normal score of each entry among its column; equal entries share one."""
    return np.asarray(ndtri((rankdata(columns, axis=0) - 0.5) / len(columns)))


def kernel_root(points: Floats, *, max_rank: int, tolerance: float = 1e-4) -> Floats:
    r"""Return L of shape (n, r) with L L' close to the Gaussian kernel matrix of the points.

    The kernel is :math:`\exp(-|u - v|^2 / 2 d)` for points of dimension d. Pivoted Cholesky takes the row
    that is explained worst next, until every row's diagonal entry is explained to the tolerance or the rank
    is reached: linear in n, and without random features.
    """
    n_rows, n_columns = points.shape
    root = np.zeros((n_rows, min(max_rank, n_rows)))
    missing = np.ones(n_rows)
    for j in range(root.shape[1]):
        pivot = int(np.argmax(missing))
        if missing[pivot] < tolerance:
            return root[:, :j]
        kernel = np.exp(-((points - points[pivot]) ** 2).sum(axis=1) / (2 * n_columns))
        root[:, j] = (kernel - root[:, :j] @ root[pivot, :j]) / np.sqrt(missing[pivot])
        missing = np.maximum(missing - root[:, j] ** 2, 0.0)
    return root


def leading_directions(features: Floats, *, at_most: int, share: float = 0.99) -> Floats:
    """Return the scores on the fewest principal directions (about zero) that hold a share of the squares."""
    values, vectors = np.linalg.eigh(features.T @ features)
    values, vectors = values[::-1], vectors[:, ::-1]
    enough = int(np.searchsorted(np.cumsum(values), share * values.sum())) + 1
    return np.asarray(features @ vectors[:, : min(enough, at_most)])


def ridge_residuals(targets: Floats, features: Floats) -> Floats:
    """Return leave-one-out residuals of each target on the features and a constant.

    The penalty of each target, as a multiple of the mean square of the features, is the one with the
    smallest sum of squares of these residuals.
    """
    n_rows = len(targets)
    centred = features - features.mean(axis=0)
    y = targets - targets.mean(axis=0)
    values, vectors = np.linalg.eigh(centred.T @ centred)
    used = values > _ROUNDING * values.max(initial=0.0)
    values = values[used]
    scores = (centred @ vectors[:, used]) / np.sqrt(values)
    projected, squares = scores.T @ y, scores**2
    best, residuals = np.full(y.shape[1], np.inf), y * n_rows / (n_rows - 1)
    for penalty in _PENALTIES:
        kept = values / (values + penalty)
        leverage = squares @ kept + 1 / n_rows
        left_out = (y - scores @ (kept[:, None] * projected)) / np.maximum(1 - leverage, 1e-3)[:, None]
        loss = (left_out**2).sum(axis=0)
        better = loss < best
        best[better], residuals[:, better] = loss[better], left_out[:, better]
    return np.asarray(residuals)
