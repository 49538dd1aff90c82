"""The gate of own slopes: standard normal under uneven heavy noise, large where slopes differ."""

import numpy as np
import pytest

from causalkit.estimators._mixed._intercepts import InterceptModels
from causalkit.estimators._mixed._moments import Moments
from causalkit.estimators._mixed._slope_gate import shared_slopes


def statistic(seed, slope_sd, n_rows=5):
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(150), n_rows)
    x = rng.normal(size=150)[codes] + rng.normal(size=len(codes))
    noise = rng.standard_t(5, size=len(codes)) * (0.5 + np.abs(x) / 2)
    own = rng.normal(size=(2, 150))[:, codes]
    y = (1 + slope_sd * own[0]) * x + own[1] + noise
    moments = Moments(np.column_stack([x, y]), codes, np.ones(150), np.zeros(2, dtype=int))
    return shared_slopes(moments, InterceptModels(moments).fit(5, [0, 1]), [1])


def test_uneven_noise_is_not_taken_for_own_slopes():
    values = np.array([statistic(seed, 0.0) for seed in range(200)])
    # Binomial bounds at four standard errors for a rate of 5 percent, and a mean within four of its own.
    assert (values > 1.645).mean() < 0.05 + 4 * np.sqrt(0.05 * 0.95 / 200)
    assert abs(values.mean()) < 4 / np.sqrt(200)


def test_own_slopes_are_found():
    assert np.median([statistic(seed, 0.8) for seed in range(20)]) > 3


@pytest.mark.parametrize("n_rows", [1])
def test_one_row_environments_tell_nothing(n_rows):
    assert statistic(0, 0.8, n_rows) == 0.0
