"""Tail of a weighted sum of chi-squared variables, by the saddlepoint approximation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import brentq

Floats = NDArray[np.float64]

# Weights below this share of the largest change no digit that is printed.
_NEGLIGIBLE = 1e-6
# So close to the mean the formula is 0 / 0.
_NEAR = 1e-4


def weighted_chi_squared_sf(value: float, weights: Floats) -> float:
    r"""Return P(sum_j w_j Z_j^2 > value) for independent standard normal Z_j; some weight must be positive.

    With the cumulant function :math:`K(t) = -\frac12 \sum_j \log(1 - 2 t w_j)` and :math:`K'(t) = v`,

    .. math:: P \approx 1 - \Phi\left(w + \frac1w \log \frac vw\right), \quad
              w = \mathrm{sign}(t) \sqrt{2 (t v - K(t))}, \quad v = t \sqrt{K''(t)}

    whose relative error stays small far out in the tail.

    References
    ----------
    Kuonen, D. (1999). Saddlepoint approximations for distributions of quadratic forms in normal variables.
    Biometrika 86(4).
    """
    largest = weights.max()
    scaled = np.sort(weights[weights > _NEGLIGIBLE * largest] / largest)
    point = value / largest
    if point <= 0:
        return 1.0
    mean = scaled.sum()
    if abs(point - mean) < _NEAR * mean:
        # Either side of the mean the formula is smooth.
        sides = [_saddlepoint(mean * (1 + sign * _NEAR), scaled) for sign in (-1, 1)]
        share = (point / mean - 1 + _NEAR) / (2 * _NEAR)
        return float(sides[0] + share * (sides[1] - sides[0]))
    return _saddlepoint(point, scaled)


def _saddlepoint(value: float, weights: Floats) -> float:
    def slope(t: float) -> float:
        return float((weights / (1 - 2 * t * weights)).sum() - value)

    # The sum is at least its largest term and at most the number of terms times it.
    low = -len(weights) / (2 * value) if value < weights.sum() else 0.0
    high = 0.5 * (1 - 1 / (value + len(weights) + 1)) if value > weights.sum() else 0.0
    t = brentq(slope, low, high, xtol=1e-14, rtol=1e-12)
    cumulant = -0.5 * np.log1p(-2 * t * weights).sum()
    w = np.sign(t) * np.sqrt(2 * (t * value - cumulant))
    v = t * np.sqrt(2 * ((weights / (1 - 2 * t * weights)) ** 2).sum())
    return float(np.clip(stats.norm.sf(w + np.log(v / w) / w), 0, 1))
