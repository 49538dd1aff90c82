"""Levels of a mutable variable: kept if few, binned if many."""

import numpy as np
import pytest

from causalkit.estimators._minimax._levels import read_levels


def test_few_values_are_levels():
    values = np.array([3.0, -1.0, 3.0, 0.5])
    levels = read_levels(values)
    assert not levels.is_binned
    np.testing.assert_array_equal(levels.centres, [-1, 0.5, 3])
    np.testing.assert_array_equal(levels.centres[levels.codes(values)], values)


def test_many_values_are_binned_around_their_means():
    values = np.random.default_rng(0).normal(size=1500)
    levels = read_levels(values)
    codes = levels.codes(values)
    assert levels.is_binned
    assert levels.n_levels == 15
    np.testing.assert_allclose(np.bincount(codes), 100, atol=1)
    np.testing.assert_allclose(levels.centres, [values[codes == j].mean() for j in range(15)])


def test_a_heap_of_equal_values_leaves_no_empty_bin():
    values = np.r_[np.zeros(900), np.random.default_rng(1).random(100)]
    levels = read_levels(values)
    counts = np.bincount(levels.codes(values), minlength=levels.n_levels)
    assert counts.min() > 0
    assert len(levels.edges) == levels.n_levels - 1
    assert levels.codes(np.array([0.0]))[0] == pytest.approx(counts.argmax())
