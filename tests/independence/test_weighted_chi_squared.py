"""The tail of weighted chi-squared sums, against the chi-squared distribution and Imhof's integral."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import chi2

from causalkit.independence._weighted_chi_squared import weighted_chi_squared_sf


def imhof(value: float, weights: np.ndarray) -> float:
    """P(sum_j w_j Z_j^2 > value) by numerical inversion (Imhof, 1961, Biometrika 48)."""

    def integrand(u: float) -> float:
        theta = 0.5 * np.arctan(weights * u).sum() - 0.5 * value * u
        return float(np.sin(theta) / (u * np.prod((1 + (weights * u) ** 2) ** 0.25)))

    # From here on the integrand is below 1 / u^3.
    return 0.5 + quad(integrand, 0, 300, limit=2000)[0] / np.pi


@pytest.mark.parametrize(
    "weights",
    [np.array([3.0, 2.0, 1.0, 0.5]), 2.0 ** -np.arange(10), np.r_[1, np.full(30, 0.05)]],
    ids=["four", "geometric", "one large"],
)
@pytest.mark.parametrize("ratio", [0.3, 0.8, 1.0, 1.3, 2.0, 3.0])
def test_against_imhof(weights: np.ndarray, ratio: float) -> None:
    value = ratio * weights.sum()
    assert weighted_chi_squared_sf(value, weights) == pytest.approx(imhof(value, weights), rel=0.05, abs=1e-4)


@pytest.mark.parametrize("freedom", [1, 2, 5, 50])
@pytest.mark.parametrize("level", [0.9, 0.5, 0.05, 1e-3, 1e-8])
def test_equal_weights_against_chi_squared(freedom: int, level: float) -> None:
    found = weighted_chi_squared_sf(2.5 * chi2.isf(level, freedom), np.full(freedom, 2.5))
    assert found == pytest.approx(level, rel=0.15)


def test_scale_order_and_zeros() -> None:
    weights = np.array([1.0, 0.2, 0.7])
    expected = weighted_chi_squared_sf(4.0, weights)
    assert weighted_chi_squared_sf(4e9, 1e9 * weights) == pytest.approx(expected, rel=1e-10)
    assert weighted_chi_squared_sf(4.0, weights[::-1]) == expected
    assert weighted_chi_squared_sf(4.0, np.r_[weights, 0.0, -1e-17]) == expected


def test_decreases_smoothly_through_the_mean() -> None:
    weights = np.array([1.0, 0.5, 0.25])
    values = weights.sum() * np.r_[1 + np.linspace(-1e-3, 1e-3, 41)]
    tails = np.array([weighted_chi_squared_sf(value, weights) for value in values])
    steps = np.diff(tails)
    assert (steps < 0).all()
    assert steps.max() / steps.min() == pytest.approx(1, abs=0.05)


def test_ends() -> None:
    weights = np.array([1.0, 0.5])
    assert weighted_chi_squared_sf(0.0, weights) == 1.0
    assert weighted_chi_squared_sf(-1.0, weights) == 1.0
    assert weighted_chi_squared_sf(1e-6, weights) > 0.99
    assert 0 <= weighted_chi_squared_sf(1e4, weights) < 1e-300
