"""Points and weights that stand for a normal variable of which an environment has one value."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Rows of the largest environment up to which so many points do: many rows pin the variable down.
_N_POINTS = {10: 11, 40: 21}
_MOST_POINTS = 41


def nodes_and_log_weights(largest_size: float) -> tuple[Floats, Floats]:
    """Return Gauss-Hermite points of a standard normal variable and the logs of their weights."""
    n_points = next((points for size, points in _N_POINTS.items() if largest_size <= size), _MOST_POINTS)
    nodes, weights = np.polynomial.hermite_e.hermegauss(n_points)
    return nodes, np.log(weights / weights.sum())
