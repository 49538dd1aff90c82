"""Likelihoods of fitted Gaussian models against dense normal densities."""

import numpy as np
from scipy.stats import multivariate_normal

from causalkit.estimators._mixed._fit import GaussianFit, log_likelihood, regress
from causalkit.estimators._mixed._moments import Moments


def make_moments():
    rng = np.random.default_rng(5)
    codes = np.repeat(np.arange(15), rng.integers(1, 5, size=15))
    return Moments(rng.normal(size=(len(codes), 2)), codes, np.ones(15), np.zeros(2, dtype=int))


def test_by_environment_is_the_dense_normal_density():
    moments = make_moments()
    response, x = moments.straight[1][0], moments.straight[0][0]
    coefficients, ratios = np.array([0.2, -0.4]), np.array([0.7, 0.3])
    fit = GaussianFit(response, (0, x), coefficients, 0.8, (0, x), ratios, 2, np.nan)
    for e, value in enumerate(fit.by_environment(moments)):
        rows = moments.features[moments.codes == e]
        own = rows[:, [0, x]]
        covariance = 0.8 * (np.eye(len(rows)) + own @ np.diag(ratios) @ own.T)
        dense = multivariate_normal(own @ coefficients, covariance).logpdf(rows[:, response])
        np.testing.assert_allclose(value, dense)


def test_regress_is_weighted_least_squares():
    moments = make_moments()
    coefficients, residual = regress(moments.total[None][:, [0, 1, 5]][:, :, [0, 1, 5]])
    expected = np.linalg.lstsq(moments.features[:, [0, 1]], moments.features[:, 5], rcond=None)
    np.testing.assert_allclose(coefficients[0], expected[0], atol=1e-7)
    np.testing.assert_allclose(residual[0], expected[1][0])


def test_a_response_without_noise_has_a_finite_likelihood():
    moments = make_moments()
    assert np.isfinite(log_likelihood(moments, np.zeros(1), np.zeros(1))).all()


def test_penalty_counts_coefficients_by_rows_and_ratios_by_environments():
    moments = make_moments()
    fit = GaussianFit(5, (0, 1, 2), np.zeros(3), 1.0, (0,), np.ones(1), 1, -10.0)
    assert fit.penalised(moments) == -10.0 - np.log(moments.n_rows) - 0.5 * np.log(15)
