"""Columns of a table as blocks of functions for mixed models: straight, bent, or indicators of levels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Index = NDArray[np.intp]

_KNOT_LEVELS = np.array([0.05, 0.275, 0.5, 0.725, 0.95])
# Below this share of its norm a bent function is a straight one up to rounding.
_SMALLEST_BEND = 1e-4


@dataclass(frozen=True)
class ColumnFunctions:
    """Functions of one column: ``straight`` enter a linear model, ``bent`` make it a natural cubic spline.

    Attributes
    ----------
    n_levels : int
        Levels of a categorical column, whose codes are 0, 1, ..., or 0 for a number.
    centre, scale : float
        Weighted mean and standard deviation of a number.
    knots : ndarray of float, shape (5,) or (0,)
        Knots on the standardised scale; none where too few values differ.
    turn : ndarray of float, shape (5, n_bent)
        Turns (1, z, three spline functions) into the bent functions, which are orthonormal in the data.
    """

    n_levels: int
    centre: float
    scale: float
    knots: Floats
    turn: Floats

    def straight(self, column: Floats) -> Floats:
        """Return the standardised column, or indicators of the levels above the first."""
        if self.n_levels:
            return (column[:, None] == np.arange(1, self.n_levels)).astype(np.float64)
        return ((column - self.centre) / self.scale)[:, None]

    def bent(self, column: Floats) -> Floats:
        """Return the functions that straight ones lack."""
        if not len(self.knots):
            return np.empty((len(column), 0))
        return _spline(self.straight(column)[:, 0], self.knots) @ self.turn


def learn_functions(column: Floats, n_levels: int, weights: Floats) -> ColumnFunctions:
    """Choose the functions of one column; a row with weight 2 counts as two rows."""
    nothing = np.empty(0), np.empty((0, 0))
    if n_levels:
        return ColumnFunctions(n_levels, 0.0, 1.0, *nothing)
    total = weights.sum()
    centre = float(weights @ column / total)
    scale = float(np.sqrt(weights @ (column - centre) ** 2 / total))
    # What rounding leaves of a constant is not a scale.
    scale = scale if scale > 1e-12 * max(abs(centre), 1e-300) else 1.0
    z = (column - centre) / scale
    knots = _quantiles(z, weights, _KNOT_LEVELS)
    if np.diff(knots).min() <= 1e-9:
        return ColumnFunctions(0, centre, scale, *nothing)
    return ColumnFunctions(0, centre, scale, knots, _orthonormal(_spline(z, knots), weights))


def _quantiles(z: Floats, weights: Floats, levels: Floats) -> Floats:
    order = np.argsort(z, kind="stable")
    reached = np.cumsum(weights[order])
    # The slack keeps a level that is met exactly from turning on rounding.
    places = np.searchsorted(reached, levels * reached[-1] * (1 - 1e-12))
    return z[order][np.minimum(places, len(z) - 1)]


def _spline(z: Floats, knots: Floats) -> Floats:
    """Return 1, z and the functions of a natural cubic spline, linear beyond the outer knots."""
    cubes = np.maximum(z[:, None] - knots, 0) ** 3
    before, last = knots[-2], knots[-1]
    inner = knots[:-2]
    tail = cubes[:, -2:-1] * (last - inner) - cubes[:, -1:] * (before - inner)
    bends = (cubes[:, :-2] - tail / (last - before)) / (last - knots[0]) ** 2
    return np.column_stack([np.ones_like(z), z, bends])


def _orthonormal(basis: Floats, weights: Floats) -> Floats:
    """Return the turn after which the bends have unit variance and correlate with nothing before them."""
    turn = np.eye(basis.shape[1])
    norms = np.sqrt(weights @ basis**2 / weights.sum())
    kept = [0]
    for k in range(1, basis.shape[1]):
        for j in [*kept, *kept]:  # Twice, because one round of Gram-Schmidt leaves rounding behind.
            shared = (weights * (basis @ turn[:, j])) @ (basis @ turn[:, k]) / weights.sum()
            turn[:, k] -= shared * turn[:, j]
        length = np.sqrt(weights @ (basis @ turn[:, k]) ** 2 / weights.sum())
        if length > _SMALLEST_BEND * norms[k]:
            turn[:, k] /= length
            kept.append(k)
    return turn[:, [k for k in kept if k > 1]]
