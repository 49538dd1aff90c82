"""Own noise scales: the likelihood against integrals, and its maximum."""

import numpy as np
from scipy.integrate import quad
from scipy.stats import multivariate_normal, norm

from causalkit.estimators._mixed._intercepts import InterceptModels
from causalkit.estimators._mixed._moments import Moments
from causalkit.estimators._mixed._scales import fit_scales


def make_fits(scale_sd, seed=0, n_environments=300):
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(n_environments), 6)
    x = rng.normal(size=len(codes))
    scales = np.exp(scale_sd * rng.normal(size=n_environments))
    y = x + rng.normal(size=n_environments)[codes] + scales[codes] * rng.normal(size=len(codes))
    moments = Moments(
        np.column_stack([x, y]), codes, rng.integers(1, 3, size=n_environments) * 1.0, np.zeros(2, dtype=int)
    )
    start = InterceptModels(moments).fit(5, [0, 1])
    return moments, start, fit_scales(moments, start)


def test_scales_are_found_and_raise_the_likelihood():
    moments, start, fit = make_fits(0.6)
    np.testing.assert_allclose(fit.scale_sd, 0.6, atol=0.12)
    intercept = fit.noise_variance * fit.ratios[0] * moments.functions[1].scale ** 2
    np.testing.assert_allclose(intercept, 1, rtol=0.3)
    assert fit.n_ratios == 2 and fit.log_likelihood > start.log_likelihood + 20
    np.testing.assert_allclose(fit.log_likelihood, moments.counts @ fit.by_environment(moments), atol=1e-6)


def test_likelihood_is_the_integral_over_the_scale():
    moments, _, fit = make_fits(0.6)
    values = fit.by_environment(moments)
    for e in (0, 7):
        rows = moments.features[moments.codes == e]
        residual = rows[:, 5] - rows[:, [0, 1]] @ fit.coefficients
        intercept = fit.noise_variance * fit.ratios[0]

        def density(eta, residual=residual, intercept=intercept):
            noise = fit.noise_variance * np.exp(2 * fit.scale_sd * eta)
            law = multivariate_normal(np.zeros(6), noise * np.eye(6) + intercept)
            return law.pdf(residual) * norm.pdf(eta)

        np.testing.assert_allclose(values[e], np.log(quad(density, -6, 6)[0]), atol=0.02)


def test_even_scales_stay_even():
    _, start, fit = make_fits(0.0)
    assert fit is start
