"""Intervals, paired comparisons and bounds from terms written by hand."""

import numpy as np
import pytest

from causalkit.estimators._minimax._estimates import LowerBound, RiskDifference, RiskEstimate, compare_risks
from causalkit.estimators._minimax._predictor import ConstantPredictor

ENVIRONMENTS = np.zeros(400, dtype=np.intp)
SHARED = np.random.default_rng(0).normal(size=400)


def estimate(terms):
    return RiskEstimate(
        risk=float(terms.mean()),
        standard_error=float(terms.std() / 20),
        average_risk=1.0,
        training_risk=1.0,
        extrapolated_share=0.0,
        contributions=terms,
        policy=(),
        predictor=ConstantPredictor(2.0, terms),
        columns=np.array([1]),
        _environments=ENVIRONMENTS,
    )


def test_interval_and_prediction():
    one = estimate(5 + SHARED)
    low, high = one.conf_int(0.1)
    assert (low + high) / 2 == pytest.approx(one.risk)
    assert high - low == pytest.approx(2 * 1.6449 * one.standard_error, rel=1e-4)
    np.testing.assert_array_equal(one.predict(np.zeros((3, 2))), 2)


def test_shared_noise_cancels():
    gap = 0.1 * np.random.default_rng(1).normal(size=400)
    found = compare_risks(estimate(5 + SHARED + 0.1 + gap), estimate(5 + SHARED))
    assert found.difference == pytest.approx(0.1 + gap.mean())
    assert found.standard_error == pytest.approx(gap.std() / 20)
    assert found.z == pytest.approx(found.difference / found.standard_error)


def test_equal_terms_are_no_difference():
    assert compare_risks(estimate(SHARED), estimate(SHARED)).z == 0
    assert RiskDifference(1.0, 0.0).z == np.inf


def test_a_bound_excludes_only_what_is_surely_below_it():
    risk = estimate(1 + SHARED)
    clear = LowerBound(2.0, 0.0, np.column_stack([SHARED, 2 + SHARED]), ENVIRONMENTS)
    unclear = LowerBound(1.0, 0.0, np.column_stack([1 - SHARED]), ENVIRONMENTS)
    assert clear.exceeds(risk)
    assert not unclear.exceeds(risk)
