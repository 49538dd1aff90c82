"""Functions of one column: what they span, and that weights are repetitions."""

import numpy as np
import pytest

from causalkit.estimators._mixed._features import learn_functions

RNG = np.random.default_rng(3)
COLUMN = RNG.gamma(2.0, size=400) * 7 - 3
ONES = np.ones(400)


def test_straight_is_standardised_and_bent_is_orthonormal_to_it():
    weights = RNG.integers(1, 4, size=400).astype(float)
    functions = learn_functions(COLUMN, 0, weights)
    basis = np.column_stack([ONES, functions.straight(COLUMN), functions.bent(COLUMN)])
    gram = basis.T @ (weights[:, None] * basis) / weights.sum()
    np.testing.assert_allclose(gram, np.eye(5), atol=1e-9)


def test_splines_are_straight_beyond_the_outer_knots_and_bent_between():
    functions = learn_functions(COLUMN, 0, ONES)
    beyond = functions.centre + functions.scale * (functions.knots[-1] + np.array([0.5, 1.5, 2.5]))
    np.testing.assert_allclose(np.diff(functions.bent(beyond), n=2, axis=0), 0, atol=1e-9)
    before = functions.centre + functions.scale * (functions.knots[0] - np.array([0.5, 1.5, 2.5]))
    np.testing.assert_allclose(np.diff(functions.bent(before), n=2, axis=0), 0, atol=1e-9)
    between = functions.centre + functions.scale * functions.knots[1:4]
    assert np.abs(np.diff(functions.bent(between), n=2, axis=0)).max() > 0.01


def test_weights_are_repetitions():
    weights = RNG.integers(0, 4, size=400)
    weighted = learn_functions(COLUMN, 0, weights.astype(float))
    repeated = learn_functions(np.repeat(COLUMN, weights), 0, np.ones(weights.sum()))
    np.testing.assert_allclose(weighted.knots, repeated.knots)
    np.testing.assert_allclose(weighted.bent(COLUMN), repeated.bent(COLUMN), atol=1e-8)


def test_levels_are_indicators_of_all_but_the_first():
    functions = learn_functions(np.array([0.0, 1.0, 2.0, 1.0]), 3, np.ones(4))
    np.testing.assert_array_equal(functions.straight(np.array([2.0, 0.0, 1.0])), [[0, 1], [0, 0], [1, 0]])
    assert functions.bent(np.array([2.0, 0.0])).shape == (2, 0)


@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_a_constant_column_is_zero_and_has_no_bends(offset):
    functions = learn_functions(np.full(50, offset + 0.1), 0, np.ones(50))
    np.testing.assert_allclose(functions.straight(np.full(3, offset + 0.1)), 0, atol=1e-6)
    assert functions.bent(np.zeros(3)).shape == (3, 0)


def test_few_different_values_have_no_bends():
    assert learn_functions(np.tile([0.0, 1.0], 50), 0, np.ones(100)).bent(np.zeros(2)).shape == (2, 0)
