"""Refutation: distance of repeated estimates from the answer that they must give."""

import pytest
from scipy import stats

from causalkit.estimators._refutation import refutation
from causalkit.inference import mean_inference


def estimate(values: list[float]):
    return mean_inference(values)


def test_distance_is_in_each_estimate_s_own_standard_errors() -> None:
    near, far = estimate([0.0, 1.0, 2.0, -1.0]), estimate([3.0, 4.0, 3.5, 3.2])
    result = refutation("placebo treatment", 0.0, [near, far], None)
    z = far.estimate / far.standard_error
    assert result.largest_deviation == pytest.approx(z)
    assert result.pvalue == pytest.approx(min(1.0, 2 * 2 * stats.norm.sf(z)))
    assert not result.passed
    assert result.mean == pytest.approx((near.estimate + far.estimate) / 2)
    assert list(result.estimates) == [near.estimate, far.estimate]


def test_a_given_standard_error_is_used_for_all() -> None:
    fits = [estimate([1.0, 1.2, 0.8]), estimate([1.1, 1.3, 0.9])]
    result = refutation("random cause", 1.0, fits, 0.2)
    assert result.largest_deviation == pytest.approx(0.5)
    assert result.pvalue == 1.0
    assert result.passed
    assert "passed" in result.summary()


def test_repetitions_are_paid_for() -> None:
    fit = estimate([0.6, 1.4, 0.2, 1.0])
    one = refutation("placebo treatment", 0.0, [fit], None)
    four = refutation("placebo treatment", 0.0, [fit] * 4, None)
    assert four.pvalue == pytest.approx(4 * one.pvalue)
