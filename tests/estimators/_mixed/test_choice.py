"""Which model a family gets: splines, own intercepts and own slopes where they are true."""

import numpy as np
import pytest

from causalkit.estimators._mixed._choice import LevelModels, NumberModels, straight_columns
from causalkit.estimators._mixed._moments import Moments


def make_moments(make, n_levels=(0, 0), n_environments=300, seed=0):
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(n_environments), 5)
    x = rng.normal(size=n_environments)[codes] + rng.normal(size=len(codes))
    own = rng.normal(size=(2, n_environments))[:, codes]
    y = make(x, own, rng.normal(size=len(codes)))
    return Moments(np.column_stack([x, y]), codes, np.ones(n_environments), np.array(n_levels))


@pytest.mark.parametrize(
    ("make", "bent", "random"),
    [
        (lambda x, own, noise: x + noise, False, ()),
        (lambda x, own, noise: x + own[0] + noise, False, (0,)),
        (lambda x, own, noise: (1 + own[1]) * x + own[0] + noise, False, (0, 1)),
        (lambda x, own, noise: np.sin(2 * x) + own[0] + noise, True, (0,)),
    ],
    ids=["independent rows", "own intercept", "own slope", "smooth"],
)
def test_numbers_get_the_true_kind(make, bent, random):
    moments = make_moments(make)
    fit = NumberModels(moments).best(1, (0,))
    assert fit.random_columns == random
    assert set(fit.regressors) == {0, 1, *(moments.bent[0] if bent else [])}


def test_a_bend_of_the_wrong_direction_is_refused():
    rng = np.random.default_rng(1)
    codes = np.repeat(np.arange(500), 5)
    cause = rng.laplace(size=2500)
    effect = cause + rng.laplace(size=2500)
    moments = Moments(np.column_stack([cause, effect]), codes, np.ones(500), np.zeros(2, dtype=int))
    assert NumberModels(moments).best(0, (1,)).regressors == (0, 5)


def test_levels_get_splines_and_shifts_where_true():
    def curved(x, own, noise):
        return (x**2 - 1.5 + own[0] + noise > 0).astype(float)

    moments = make_moments(curved, n_levels=(0, 2))
    models = LevelModels(moments)
    fit = models.best(1, (0,))
    assert set(moments.bent[0]) < set(fit.regressors) and fit.n_ratios == 1
    assert models.pooled(fit).n_ratios == 0

    def plain(x, own, noise):
        return (x + noise > 0).astype(float)

    fit = LevelModels(make_moments(plain, n_levels=(0, 2))).best(1, (0,))
    assert fit.regressors == (0, 1) and fit.n_ratios == 0


def test_straight_columns_start_with_one():
    moments = make_moments(lambda x, own, noise: x + noise)
    assert straight_columns(moments, ()) == [0]
    assert straight_columns(moments, (0, 1)) == [0, 1, 5]
