"""Anchor regression with the environment as the anchor (Rothenhaeusler et al. 2021, JRSS B 83:215)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def anchor_coefficients(x: Floats, y: Floats, environments: NDArray[np.int64], gamma: float) -> Floats:
    """Minimise |(I - P) (y - x b)|^2 + gamma |P (y - x b)|^2 for columns and outcome with mean zero.

    P replaces each row by the mean of its environment. The minimum is least squares after both sides are
    multiplied by I + (sqrt(gamma) - 1) P.
    """
    weight = np.sqrt(gamma) - 1
    return np.linalg.lstsq(
        x + weight * _environment_means(x, environments), y + weight * _environment_means(y, environments)
    )[0]


def _environment_means(values: Floats, environments: NDArray[np.int64]) -> Floats:
    sizes = np.bincount(environments)
    rows = values.reshape(len(values), -1)
    sums = np.zeros((len(sizes), rows.shape[1]))
    np.add.at(sums, environments, rows)
    return (sums / sizes[:, None])[environments].reshape(values.shape)
