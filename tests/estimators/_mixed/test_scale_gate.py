"""The gate of own noise scales: standard normal under heavy tails, large where scales differ."""

from itertools import permutations

import numpy as np

from causalkit.estimators._mixed._intercepts import InterceptModels
from causalkit.estimators._mixed._moments import Moments
from causalkit.estimators._mixed._scale_gate import SharedScales, _squared_variance, shared_scales


def scales(seed, scale_sd, n_rows=6):
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(200), n_rows)
    noise = rng.laplace(size=len(codes)) * np.exp(scale_sd * rng.normal(size=200))[codes]
    y = (rng.normal(size=200)[codes] + noise)[:, None]
    moments = Moments(y, codes, np.ones(200), np.zeros(1, dtype=int))
    return shared_scales(moments, InterceptModels(moments).fit(1, [0]))


def test_squared_variance_averages_products_over_four_different_rows():
    r = np.random.default_rng(0).normal(size=6)
    slow = np.mean([(r[i] - r[j]) ** 2 * (r[k] - r[m]) ** 2 / 4 for i, j, k, m in permutations(range(6), 4)])
    c = r - r.mean()
    fast = _squared_variance(np.array([(c**2).sum()]), np.array([(c**4).sum()]), np.array([6.0]))
    np.testing.assert_allclose(fast, slow)


def test_heavy_tails_are_not_taken_for_own_scales():
    found = [scales(seed, 0.0) for seed in range(200)]
    values = np.array([each.statistic for each in found])
    assert (values > 1.645).mean() < 0.05 + 4 * np.sqrt(0.05 * 0.95 / 200)
    assert np.mean([each.are_clear for each in found]) < 0.05
    assert abs(np.median([each.share for each in found])) < 0.2


def test_own_scales_are_found():
    assert np.mean([scales(seed, 0.6, n_rows=10).are_clear for seed in range(20)]) > 0.8


def test_three_rows_tell_nothing():
    assert scales(0, 0.5, n_rows=3) == SharedScales(0.0, 0.0)
