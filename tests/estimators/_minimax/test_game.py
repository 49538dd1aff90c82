"""Weights and decisions of several mutable variables against a world written out by hand."""

import numpy as np
import pytest

from causalkit.estimators._minimax._game import joint_weights, make_game, mechanism_of
from causalkit.estimators._minimax._ordered import order_data
from causalkit.estimators._minimax._variables import MutableVariable

FIRST = MutableVariable(0, (), True, 1)
SECOND = MutableVariable(1, (0,), False, 2)


@pytest.fixture(scope="module")
def world():
    """Y is 0 or 1; M1 follows Y in environment 1 and is random in 0; M2 follows M1 in environment 1 only."""
    rng = np.random.default_rng(0)
    n = 12000
    environments, y = rng.integers(2, size=n), rng.integers(2, size=n)
    follow = np.where(environments == 1, 0.8, 0.5)
    m1 = np.where(rng.random(n) < follow, y, 1 - y)
    m2 = np.where(rng.random(n) < follow, m1, 1 - m1)
    X = np.column_stack([m1, m2]).astype(float)
    data = order_data(X, y.astype(float), environments)
    mechanisms = [mechanism_of(data, v, np.random.default_rng(1)) for v in (FIRST, SECOND)]
    return data, mechanisms


def test_weights_are_marginals_over_the_mixture_of_products(world):
    data, mechanisms = world
    weight, _ = joint_weights(mechanisms, 12000)
    y, m1, m2 = data.outcome, data.values(FIRST), data.values(SECOND)
    followed = [np.where(m1 == y, p, 1 - p) * np.where(m2 == m1, p, 1 - p) for p in (0.5, 0.8)]
    np.testing.assert_allclose(weight, 0.25 / np.mean(followed, axis=0), rtol=0.12)


def test_weights_make_the_variables_random(world):
    data, mechanisms = world
    weight, _ = joint_weights(mechanisms, 12000)
    for first, second in ((data.outcome, data.values(FIRST)), (data.values(FIRST), data.values(SECOND))):
        assert np.abs(np.average((first - 0.5) * (second - 0.5), weights=weight)) < 0.01


def test_no_variable_means_no_weights():
    weight, overlap = joint_weights([], 7)
    np.testing.assert_array_equal(weight, 1)
    assert overlap.effective_rows == pytest.approx(7)


def test_later_decisions_know_the_environment_from_earlier_ones(world):
    data, mechanisms = world
    game = make_game(data, [FIRST, SECOND], mechanisms, ["observed", "observed"])
    first, second = game.stages
    assert first.is_nested
    assert not second.is_nested  # it sees M1, the history holds Y as well
    y, m1 = data.outcome, data.values(FIRST)
    like = np.array([0.5, 0.8])
    posterior = np.where((m1 == y)[:, None], like, 1 - like)
    posterior = posterior / posterior.sum(axis=1, keepdims=True)
    expected = posterior @ like  # P(M2 = M1 | Y, M1)
    own = np.take_along_axis(second.probability, m1.astype(np.intp)[:, None], axis=1)[:, 0]
    np.testing.assert_allclose(own, expected, atol=0.05)
    np.testing.assert_allclose(first.probability.sum(axis=1), 1)


def test_weights_of_earlier_variables_are_kept_for_later_ones(world):
    data, mechanisms = world
    first, second = make_game(data, [FIRST, SECOND], mechanisms, ["observed", "observed"]).stages
    np.testing.assert_array_equal(first.earlier_weight, 1)
    np.testing.assert_allclose(second.earlier_weight, joint_weights(mechanisms[:1], 12000)[0], rtol=1e-9)
