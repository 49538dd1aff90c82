"""The gate of splines: open for a bent mechanism, shut for the wrong direction of a linear one."""

import numpy as np
from scipy.stats import chi2

from causalkit.estimators._mixed._bend_gate import uneven_noise
from causalkit.estimators._mixed._intercepts import InterceptModels
from causalkit.estimators._mixed._moments import Moments


def statistic(x, y, codes):
    counts = np.ones(codes.max() + 1)
    moments = Moments(np.column_stack([x, y]), codes, counts, np.zeros(2, dtype=int))
    fit = InterceptModels(moments).fit(5, [0, 1, 2, 3, 4])
    return uneven_noise(moments, fit, [1, 2, 3, 4])


def test_the_wrong_direction_of_a_linear_mechanism_has_uneven_noise():
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(400), 5)
    cause = rng.laplace(size=2000)
    effect = cause + rng.laplace(size=2000)
    assert statistic(effect, cause, codes) > 50
    assert statistic(cause, effect, codes) < chi2.isf(0.001, 4)


def test_law_where_the_mechanism_is_bent():
    codes = np.repeat(np.arange(150), 4)
    values = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=600)
        y = np.tanh(x) + rng.laplace(size=600) + rng.normal(size=150)[codes]
        values.append(statistic(x, y, codes))
    assert np.mean(np.array(values) > chi2.isf(0.05, 4)) < 0.05 + 4 * np.sqrt(0.05 * 0.95 / 150)
