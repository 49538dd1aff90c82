"""Predictions for a new row against conditional laws from the joint law of all rows of an environment."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from causalkit.estimators._mixed._model_score import MixedModelScores


def make_scores(seed=0, n_environments=300):
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(n_environments), 5)
    x = 3 + 2 * rng.normal(size=len(codes))
    own = rng.normal(size=(2, n_environments))[:, codes]
    y = 10 + (1 + 0.8 * own[0]) * x + 2 * own[1] + rng.normal(size=len(codes))
    level = (0.5 * x + own[1] + rng.logistic(size=len(codes)) > 1.5).astype(float)
    return MixedModelScores(np.column_stack([x, y, level]), codes, n_levels=np.array([0, 0, 2]))


SCORES = make_scores()
NEW, SEEN = np.array([[2.0], [5.0]]), np.array([[1.0], [4.0], [3.0]])


def test_number_is_predicted_from_the_joint_normal_law():
    family = SCORES.family(1, (0,))
    assert family.kind == "linear, own intercept and slopes"
    y_seen = np.array([14.0, 16.0, 15.0])
    mean, variance = family.predictive(NEW, (SEEN, y_seen))
    centre, scale = SCORES.moments.functions[0].centre, SCORES.moments.functions[0].scale
    z = (np.concatenate([NEW, SEEN])[:, 0] - centre) / scale
    slope = family.slope_variances[0] * scale**2
    covariance = (
        family.intercept_variance + slope * np.multiply.outer(z, z) + family.noise_variance * np.eye(5)
    )
    prior, _ = family.predictive(np.concatenate([NEW, SEEN]))
    gain = covariance[:2, 2:] @ np.linalg.inv(covariance[2:, 2:])
    np.testing.assert_allclose(mean, prior[:2] + gain @ (y_seen - prior[2:]))
    np.testing.assert_allclose(variance, np.diag(covariance[:2, :2] - gain @ covariance[2:, :2]))


def test_own_scales_are_mixed_over():
    rng = np.random.default_rng(1)
    codes = np.repeat(np.arange(500), 6)
    noise = np.exp(0.7 * rng.normal(size=500))[codes] * rng.normal(size=3000)
    scores = MixedModelScores((5 + rng.normal(size=500)[codes] + noise)[:, None], codes)
    family = scores.family(0, ())
    assert family.kind == "constant, own intercept and scale"

    def joint(values):
        scales = np.linspace(-5, 5, 101)
        total = 0.0
        for eta in scales:
            own = family.noise_variance * np.exp(2 * family.scale_sd * eta) * np.eye(len(values))
            law = multivariate_normal(np.full(len(values), centre), own + family.intercept_variance)
            total += law.pdf(values) * norm.pdf(eta) * (scales[1] - scales[0])
        return total

    centre = family.predictive(np.empty((1, 0)))[0][0]
    seen = np.array([4.0, 5.5, 4.5])
    grid = np.linspace(-15, 25, 201)
    density = np.array([joint(np.append(seen, value)) for value in grid[::2]])
    density /= density.sum()
    mean, variance = family.predictive(np.empty((1, 0)), (np.empty((3, 0)), seen))
    np.testing.assert_allclose(mean[0], density @ grid[::2], atol=0.02)
    np.testing.assert_allclose(variance[0], density @ (grid[::2] - mean[0]) ** 2, rtol=0.05)
    wild = family.predictive(np.empty((1, 0)), (np.empty((3, 0)), [-5.0, 15.0, 5.0]))[1]
    assert wild > 5 * variance


def test_estimates_are_in_the_units_of_the_columns():
    family = SCORES.family(1, (0,))
    np.testing.assert_allclose(family.noise_variance, 1, rtol=0.15)
    np.testing.assert_allclose(family.slope_variances, 0.64, rtol=0.3)
    mean, _ = family.predictive([[3.0], [4.0]])
    np.testing.assert_allclose(mean, [13, 14], atol=0.6)


def test_without_companions_predictions_of_the_pooled_model_are_least_squares():
    family = SCORES.family(1, (0,)).iid
    assert family.kind == "linear, independent rows" and family.iid is family
    x, y = SCORES.moments.values[:, 0], SCORES.moments.values[:, 1]
    slope, intercept = np.polyfit(x, y, 1)
    mean, variance = family.predictive(NEW, (SEEN, np.array([90.0, 80.0, 70.0])))
    np.testing.assert_allclose(mean, intercept + slope * NEW[:, 0], rtol=1e-6)
    np.testing.assert_allclose(variance, np.var(y - intercept - slope * x), rtol=1e-6)


def test_level_is_predicted_by_the_ratio_of_joint_probabilities():
    family = SCORES.family(2, (0,))
    assert family.kind == "logistic, linear, own shift"
    p = family.predictive(NEW, (SEEN, [1, 0, 1]))
    np.testing.assert_allclose(p.sum(axis=1), 1)

    def joint(x, y):
        # Chain rule: each row given the ones before it.
        total = 1.0
        for i in range(len(y)):
            before = (x[:i], y[:i]) if i else None
            total *= family.predictive(x[i : i + 1], before)[0, y[i]]
        return total

    for row in NEW:
        first = [joint(np.vstack([SEEN, [row]]), [1, 0, 1, k]) for k in (0, 1)]
        turned = [joint(np.vstack([[row], SEEN]), [k, 1, 0, 1]) for k in (0, 1)]
        # Exchangeable rows: no order of them changes their joint probability.
        np.testing.assert_allclose(first, turned, rtol=1e-9)
        np.testing.assert_allclose(family.predictive([row], (SEEN, [1, 0, 1]))[0], first / np.sum(first))


def test_levels_as_parents_enter_by_indicators():
    family = SCORES.family(1, (0, 2))
    mean, variance = family.predictive([[3.0, 0.0], [3.0, 1.0]])
    assert len(family.coefficients) == 3 and (variance > 0).all()
    np.testing.assert_allclose(mean[1] - mean[0], family.coefficients[2])


def test_no_parents():
    mean, variance = SCORES.family(1, ()).predictive(np.empty((1, 0)))
    np.testing.assert_allclose(mean, SCORES.moments.values[:, 1].mean(), atol=0.5)
    assert SCORES.family(1, ()).kind.startswith("constant, own intercept") and variance[0] > 0


@pytest.mark.parametrize("v", [1, 2])
def test_errors_name_the_argument(v):
    family = SCORES.family(v, (0,))
    with pytest.raises(ValueError, match=r"parent_values must have shape \(m, 1\).*got shape \(2,\)"):
        family.predictive([1.0, 2.0])
    with pytest.raises(ValueError, match="parent_values must be finite; got nan"):
        family.predictive([[np.nan]])
    with pytest.raises(ValueError, match=r"companions\[1\] must have shape \(3,\)"):
        family.predictive(NEW, (SEEN, [1.0]))
    with pytest.raises(ValueError, match=r"companions\[0\] must have shape"):
        family.predictive(NEW, (SEEN[:, 0], [1.0, 0.0, 1.0]))


def test_codes_that_are_no_levels_are_an_error():
    with pytest.raises(ValueError, match=r"companions\[1\] must hold codes 0 to 1 of levels; got 2.0"):
        SCORES.family(2, (0,)).predictive(NEW, (SEEN, [0, 2, 1]))
    with pytest.raises(ValueError, match=r"parent_values must hold codes 0 to 1 of levels; got 0.5"):
        SCORES.family(1, (2,)).predictive([[0.5]])
