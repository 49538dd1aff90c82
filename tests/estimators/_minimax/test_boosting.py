"""Boosted trees: the same numbers in every run, weights, probabilities."""

import numpy as np

from causalkit.estimators._minimax._boosting import TreeSettings, boost, boost_classes, predict

SETTINGS = TreeSettings(n_trees=40, n_leaves=8, min_rows=5, rate=0.2)


def test_a_step_is_found_and_a_second_run_gives_the_same_numbers():
    x = np.random.default_rng(0).random((500, 2))
    target = (x[:, 0] > 0.5).astype(float)
    first, second = (predict(boost(x, target, SETTINGS), x) for _ in range(2))
    assert np.abs(first - target).mean() < 0.02
    np.testing.assert_array_equal(first, second)


def test_weights_decide_between_contradicting_rows():
    x = np.zeros((200, 1))
    target, weight = np.repeat([0.0, 1.0], 100), np.repeat([1.0, 3.0], 100)
    np.testing.assert_allclose(predict(boost(x, target, SETTINGS, weight), x), 0.75, atol=1e-6)


def test_classes_have_probabilities_that_sum_to_one():
    rng = np.random.default_rng(1)
    labels = rng.integers(3, size=600)
    x = np.column_stack([labels + 0.1 * rng.normal(size=600), rng.integers(2, size=600)])
    p = predict(boost_classes(x, labels, 3, [1]), x)
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-9)
    assert (p.argmax(axis=1) == labels).mean() > 0.98
