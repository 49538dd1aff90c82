"""Own intercepts: the profiled likelihood against statsmodels and against a fine grid."""

import numpy as np
import pytest

from causalkit.estimators._mixed._intercepts import InterceptModels
from causalkit.estimators._mixed._moments import Moments


def make_moments(share, seed=0, n_environments=80, sizes=(1, 7), counts=None):
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(n_environments), rng.integers(*sizes, size=n_environments))
    x = rng.normal(size=n_environments)[codes] + rng.normal(size=len(codes))
    own = np.sqrt(share) * rng.normal(size=n_environments)[codes]
    y = 0.8 * x + own + np.sqrt(1 - share) * rng.normal(size=len(codes))
    counts = np.ones(n_environments) if counts is None else counts
    return Moments(np.column_stack([x, y]), codes, counts, np.zeros(2, dtype=int))


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_likelihood_ratio_and_coefficients_are_those_of_statsmodels(share):
    from statsmodels.regression.mixed_linear_model import MixedLM

    moments = make_moments(share)
    response, x = moments.straight[1][0], moments.straight[0][0]
    fit = InterceptModels(moments).fit(response, [0, x])
    oracle = MixedLM(moments.features[:, response], moments.features[:, [0, x]], moments.codes).fit(
        reml=False
    )
    np.testing.assert_allclose(fit.log_likelihood, oracle.llf, atol=2e-4)
    np.testing.assert_allclose(fit.coefficients, oracle.fe_params, atol=2e-3)
    np.testing.assert_allclose(fit.noise_variance, oracle.scale, rtol=5e-3)
    np.testing.assert_allclose(fit.noise_variance * fit.ratios[0], oracle.cov_re[0, 0], rtol=2e-2)


@pytest.mark.parametrize("seed", range(6))
def test_no_ratio_of_a_fine_grid_is_better(seed):
    moments = make_moments([0.0, 0.05, 0.3, 0.6, 0.9, 0.99][seed], seed)
    models = InterceptModels(moments)
    fit = models.fit(5, [0, 1])
    grid = [models.at(5, [0, 1], ratio).log_likelihood for ratio in np.r_[0, np.geomspace(0.004, 50, 400)]]
    assert fit.log_likelihood > max(grid) - 2e-3


def test_likelihood_is_the_sum_over_environments():
    moments = make_moments(0.4, counts=np.random.default_rng(1).integers(0, 3, size=80).astype(float))
    fit = InterceptModels(moments).fit(5, [0, 1, 2, 3])
    np.testing.assert_allclose(fit.log_likelihood, moments.counts @ fit.by_environment(moments))


def test_pooled_is_ordinary_least_squares():
    moments = make_moments(0.4)
    fit = InterceptModels(moments).pooled(5, [0, 1])
    slope = np.linalg.lstsq(moments.features[:, [0, 1]], moments.features[:, 5], rcond=None)[0]
    np.testing.assert_allclose(fit.coefficients, slope, atol=1e-7)
    assert fit.random_columns == () and fit.n_ratios == 0


def test_one_row_environments_tell_no_ratio():
    moments = make_moments(0.4, sizes=(1, 2))
    models = InterceptModels(moments)
    fit, pooled = models.fit(5, [0, 1]), models.pooled(5, [0, 1])
    np.testing.assert_allclose(fit.log_likelihood, pooled.log_likelihood)
