"""Logistic models with an own shift: integrals, derivatives and maxima against slow ones."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import log_softmax
from scipy.stats import norm

from causalkit.estimators._mixed._logistic import LogisticFit, expected_gain, fit_pooled, fit_shifted
from causalkit.estimators._mixed._moments import Moments


def make_moments(n_levels=2, loading=1.2, n_environments=150, seed=0):
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(n_environments), rng.integers(2, 6, size=n_environments))
    x = rng.normal(size=len(codes))
    slopes, loadings = np.arange(n_levels) * 0.7, loading * np.arange(n_levels)
    logits = x[:, None] * slopes + rng.normal(size=n_environments)[codes, None] * loadings
    y = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
    values = np.column_stack([x, y]).astype(float)
    return Moments(values, codes, rng.integers(1, 3, size=n_environments) * 1.0, np.array([0, n_levels]))


@pytest.mark.parametrize("n_levels", [2, 3])
def test_by_environment_is_the_integral_over_the_shift(n_levels):
    moments = make_moments(n_levels)
    coefficients = np.vstack([np.linspace(0, 0.4, n_levels), np.linspace(0, -0.8, n_levels)])
    loadings = np.linspace(0, 1.1, n_levels)
    fit = LogisticFit(1, (0, 1), coefficients, loadings, np.nan)
    values = fit.by_environment(moments)
    for e in range(0, 40, 13):
        rows = moments.codes == e
        linear, y = moments.features[rows][:, [0, 1]] @ coefficients, moments.values[rows, 1].astype(int)

        def density(eta, linear=linear, y=y):
            log_p = log_softmax(linear + eta * loadings, axis=1)[np.arange(len(y)), y].sum()
            return np.exp(log_p) * norm.pdf(eta)

        np.testing.assert_allclose(values[e], np.log(quad(density, -9, 9)[0]), atol=1e-3)


@pytest.mark.parametrize("n_levels", [2, 3])
def test_fit_is_a_maximum(n_levels):
    moments = make_moments(n_levels)
    fit = fit_shifted(moments, fit_pooled(moments, 1, [0, 1]))
    np.testing.assert_allclose(fit.log_likelihood, moments.counts @ fit.by_environment(moments), atol=1e-8)
    rng = np.random.default_rng(0)
    for _ in range(20):
        moved = fit.coefficients.copy()
        moved[:, 1:] += 0.05 * rng.normal(size=moved[:, 1:].shape)
        loadings = fit.loadings + np.r_[0, 0.05 * rng.normal(size=n_levels - 1)]
        other = LogisticFit(1, (0, 1), moved, loadings, np.nan)
        assert moments.counts @ other.by_environment(moments) < fit.log_likelihood + 5e-3


def test_pooled_fit_is_the_logistic_regression_of_statsmodels():
    from statsmodels.genmod.generalized_linear_model import GLM, families

    moments = make_moments()
    fit = fit_pooled(moments, 1, [0, 1])
    oracle = GLM(
        moments.values[:, 1],
        moments.features[:, [0, 1]],
        family=families.Binomial(),
        freq_weights=moments.row_weights,
    ).fit()
    np.testing.assert_allclose(fit.log_likelihood, oracle.llf, atol=2e-3)
    np.testing.assert_allclose(fit.coefficients[:, 1], oracle.params, atol=0.02)
    assert fit.n_ratios == 0


def test_loadings_are_found_and_cost_environments():
    moments = make_moments()
    pooled = fit_pooled(moments, 1, [0, 1])
    fit = fit_shifted(moments, pooled)
    np.testing.assert_allclose(abs(fit.loadings[1]), 1.2, atol=0.35)
    np.testing.assert_allclose(fit.coefficients[1, 1], 0.7, atol=0.25)
    paid = 0.5 * (np.log(moments.n_rows) + np.log(moments.n_environments))
    np.testing.assert_allclose(fit.penalised(moments), fit.log_likelihood - paid)
    assert fit.penalised(moments) > pooled.penalised(moments)


def test_names_of_levels_do_not_matter():
    moments = make_moments(3)
    fit = fit_shifted(moments, fit_pooled(moments, 1, [0, 1]))
    turned = moments.values.copy()
    turned[:, 1] = (turned[:, 1] + 1) % 3
    other = Moments(turned, moments.codes, moments.counts, np.array([0, 3]))
    again = fit_shifted(other, fit_pooled(other, 1, [0, 1]))
    np.testing.assert_allclose(again.log_likelihood, fit.log_likelihood, atol=5e-3)


def test_separated_levels_keep_finite_coefficients():
    x = np.linspace(-1, 1, 60)
    values = np.column_stack([x, x > 0]).astype(float)
    moments = Moments(values, np.arange(60) // 3, np.ones(20), np.array([0, 2]))
    fit = fit_shifted(moments, fit_pooled(moments, 1, [0, 1]))
    assert np.isfinite(fit.coefficients).all() and fit.log_likelihood > -1.0


def test_expected_gain_foresees_a_left_out_regressor():
    moments = make_moments()
    fit = fit_shifted(moments, fit_pooled(moments, 1, [0]))
    more = fit_shifted(moments, fit_pooled(moments, 1, [0, 1]))
    gain = more.log_likelihood - fit.log_likelihood
    np.testing.assert_allclose(expected_gain(moments, fit, [1]), gain, rtol=0.4)
    assert expected_gain(moments, more, moments.bent[0]) < 6
