"""Own slopes: the likelihood's top against a slow dense maximisation."""

import numpy as np
import pytest
from scipy.optimize import minimize

from causalkit.estimators._mixed._intercepts import InterceptModels
from causalkit.estimators._mixed._moments import Moments
from causalkit.estimators._mixed._slopes import fit_slopes


def make_moments(slope_sd, n_environments=60, seed=0, levels=0):
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(n_environments), rng.integers(5, 9, size=n_environments))
    x = rng.integers(0, 3, size=len(codes)) if levels else rng.normal(size=len(codes))
    z = rng.normal(size=len(codes))
    slopes = rng.normal(size=(n_environments, 3))
    own = slopes[codes, 1] * (x == 1) + slopes[codes, 2] * (x == 2) if levels else slopes[codes, 1] * x
    y = 0.5 * slopes[codes, 0] + x + slope_sd * own + z + rng.normal(size=len(codes))
    return Moments(
        np.column_stack([x, z, y]),
        codes,
        rng.integers(1, 3, size=n_environments) * 1.0,
        np.array([levels, 0, 0]),
    )


def dense_log_likelihood(moments, response, regressors, groups, log_ratios):
    features, total = moments.features, 0.0
    gram, cross, square, determinant = 0.0, 0.0, 0.0, 0.0
    for e, count in enumerate(moments.counts):
        rows = features[moments.codes == e]
        covariance = np.eye(len(rows))
        for group, log_ratio in zip(groups, log_ratios, strict=True):
            covariance = covariance + np.exp(log_ratio) * rows[:, group] @ rows[:, group].T
        inverse = np.linalg.inv(covariance)
        x, y = rows[:, regressors], rows[:, response]
        gram, cross = gram + count * x.T @ inverse @ x, cross + count * x.T @ inverse @ y
        square, determinant = (
            square + count * y @ inverse @ y,
            determinant + count * np.linalg.slogdet(covariance)[1],
        )
        total += count * len(rows)
    variance = (square - cross @ np.linalg.solve(gram, cross)) / total
    return -0.5 * (determinant + total * (np.log(2 * np.pi * variance) + 1))


@pytest.mark.parametrize("levels", [0, 3], ids=["number", "levels"])
def test_likelihood_is_the_highest_of_a_slow_search(levels):
    moments = make_moments(1.5, levels=levels)
    response = moments.straight[2][0]
    x, z = moments.straight[0], moments.straight[1]
    start = InterceptModels(moments).fit(response, [0, *x, *z])
    fit = fit_slopes(moments, start, [x, z])
    assert fit.random_columns == (0, *x)
    assert fit.n_ratios == 2

    def loss(log_ratios):
        return -dense_log_likelihood(moments, response, [0, *x, *z], [[0], x], log_ratios)

    slow = minimize(loss, [-1.5, -0.5], method="L-BFGS-B")
    np.testing.assert_allclose(fit.log_likelihood, -slow.fun, atol=1e-2)
    np.testing.assert_allclose(fit.log_likelihood, moments.counts @ fit.by_environment(moments), atol=1e-6)


def test_equal_slopes_stay_equal():
    moments = make_moments(0.0)
    start = InterceptModels(moments).fit(moments.straight[2][0], [0, 1, 5])
    assert fit_slopes(moments, start, [[1], [5]]) is start


def test_slopes_may_vary_where_intercepts_do_not():
    rng = np.random.default_rng(2)
    codes = np.repeat(np.arange(200), 5)
    x = rng.normal(size=1000)
    y = (1 + rng.normal(size=200))[codes] * x + rng.normal(size=1000)
    moments = Moments(np.column_stack([x, y]), codes, np.ones(200), np.zeros(2, dtype=int))
    models = InterceptModels(moments)
    fit = fit_slopes(moments, models.pooled(5, [0, 1]), [[1]])
    assert 1 in fit.random_columns
    np.testing.assert_allclose(fit.ratios[fit.random_columns.index(1)], 1.0, rtol=0.35)
