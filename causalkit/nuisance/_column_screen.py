"""Which of too many columns get functions of their own: a linear and quadratic screen by fold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Index = NDArray[np.intp]

MAX_COLUMNS = 80  # of all hop groups together; the others stay in the linear and the Fourier blocks
_ROWS_AT_ONCE = 50_000


def screen_columns(
    groups: Sequence[Float32], targets: Float32, fold: Index, n_folds: int, limit: int = MAX_COLUMNS
) -> NDArray[np.bool_] | None:
    """Columns that the training rows of each fold choose, and at last all rows: (n_folds + 1, n_columns).

    A single fold has one choice only. The statistic of a column for a target r is (sum r z)^2 + (sum r (z^2 -
    1))^2 / 2 with z the standardised column, over sum r^2; a column counts by its largest over the targets. A
    fold's own rows have no part in what its training rows choose. None where all columns can stay.
    """
    n_columns = sum(g.shape[1] for g in groups)
    if n_columns <= limit:
        return None
    centre, scale = _moments(groups)
    m = targets.shape[1]
    linear, square = np.zeros((n_folds, m, n_columns)), np.zeros((n_folds, m, n_columns))
    energy = np.zeros((n_folds, m))
    for start in range(0, len(targets), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        z = np.clip((np.hstack([g[rows] for g in groups]) - centre) * scale, -10, 10)
        np.nan_to_num(z, copy=False)
        for k in np.unique(fold[rows]):
            inside = fold[rows] == k
            r, part = targets[rows][inside], z[inside]
            linear[k] += r.T @ part
            square[k] += r.T @ np.where(part == 0, 0, part**2 - 1)  # 0 where a value is missing
            energy[k] += (r.astype(np.float64) ** 2).sum(axis=0)
    training = [[j for j in range(n_folds) if j != k] for k in range(n_folds)] if n_folds > 1 else []
    sets = [*training, list(range(n_folds))]
    return np.array([_best(linear, square, energy, rows, limit) for rows in sets])


def _moments(groups: Sequence[Float32]) -> tuple[Float32, Float32]:
    centre = np.concatenate([np.nanmean(_observed(g), axis=0) for g in groups])
    spread = np.concatenate([np.nanstd(_observed(g), axis=0) for g in groups])
    live = spread > 1e-6 * np.maximum(np.abs(centre), 1e-30)
    return centre.astype(np.float32), np.where(live, 1 / np.maximum(spread, 1e-30), 0).astype(np.float32)


def _observed(group: Float32) -> NDArray[np.float64]:
    """At most 50,000 rows in double precision; a column without a single value counts as zero."""
    rows = group[:: max(1, len(group) // _ROWS_AT_ONCE)].astype(np.float64)
    rows[:, np.isnan(rows).all(axis=0)] = 0.0
    return rows


def _best(
    linear: NDArray[np.float64],
    square: NDArray[np.float64],
    energy: NDArray[np.float64],
    rows: list[int],
    limit: int,
) -> NDArray[np.bool_]:
    total = linear[rows].sum(axis=0) ** 2 + square[rows].sum(axis=0) ** 2 / 2
    statistic = (total / np.maximum(energy[rows].sum(axis=0), 1e-30)[:, None]).max(axis=0)
    chosen = np.zeros(len(statistic), bool)
    chosen[np.argsort(-statistic, kind="stable")[:limit]] = True
    return chosen
