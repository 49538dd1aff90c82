"""The mean difference of two losses against its definition."""

import numpy as np
import pytest

from causalkit.inference._loss_difference import price_estimate

RNG = np.random.default_rng(0)
Y, ROBUST, POOLED = RNG.normal(size=(3, 200))


def test_mean_and_standard_error_of_the_paired_difference():
    gains = ((Y - ROBUST) ** 2 - (Y - POOLED) ** 2) / 2.5
    found = price_estimate(Y, ROBUST, POOLED, 2.5)
    assert found.estimate == pytest.approx(gains.mean())
    assert found.standard_error == pytest.approx(gains.std(ddof=1) / np.sqrt(200))
    assert price_estimate(Y, POOLED, ROBUST, 2.5).estimate == pytest.approx(-found.estimate)


def test_groups_enter_the_standard_error():
    # Every row twice: a group of two counts once.
    twice = [np.repeat(values, 2) for values in (Y, ROBUST, POOLED)]
    alone = price_estimate(Y, ROBUST, POOLED, 1.0)
    grouped = price_estimate(*twice, 1.0, groups=np.repeat(np.arange(200), 2))
    assert grouped.standard_error == pytest.approx(alone.standard_error, rel=0.01)
    assert price_estimate(*twice, 1.0).standard_error < 0.8 * alone.standard_error
