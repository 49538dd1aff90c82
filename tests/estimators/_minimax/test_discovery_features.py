"""Columns of the mechanisms: sums by environment, padding, levels."""

import numpy as np
import pytest

from causalkit.estimators._minimax._discovery_features import WIDTHS, build_features


@pytest.fixture
def features():
    rng = np.random.default_rng(0)
    values = np.column_stack([rng.normal(size=90), rng.integers(0, 3, 90), rng.normal(2, 5, 90)]).astype(
        float
    )
    return build_features(values, np.array([False, True, False]), np.array([0, 30, 90]))


def test_sums_are_those_of_the_rows_of_each_environment(features):
    for e, rows in enumerate((slice(0, 30), slice(30, 90))):
        np.testing.assert_allclose(features.gram[e], features.columns[rows].T @ features.columns[rows])
        np.testing.assert_allclose(features.cross[e], features.columns[rows].T @ features.targets[rows])
        np.testing.assert_allclose(features.squares[e], (features.targets[rows] ** 2).sum(axis=0))


def test_columns_have_mean_zero_and_variance_one(features):
    np.testing.assert_array_equal(features.columns[:, 0], 0)
    np.testing.assert_array_equal(features.columns[:, 1], 1)
    np.testing.assert_allclose(features.columns[:, 2:].mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(features.columns[:, 2:].std(axis=0), 1)


def test_a_number_gives_a_column_for_each_degree_and_levels_one_for_each_but_the_first(features):
    assert [np.count_nonzero(features.block(0, width)) for width in WIDTHS] == list(WIDTHS)
    assert [np.count_nonzero(features.block(1, width)) for width in WIDTHS] == [2] * len(WIDTHS)
    assert np.count_nonzero(features.straight(2)) == 1


def test_products_follow_both_variables(features):
    (term,) = features.products[0, 2][features.products[0, 2] != 0]
    both = features.targets[:, 0] * features.targets[:, 2]
    assert np.corrcoef(features.columns[:, term], both)[0, 1] > 0.99
    assert np.count_nonzero(features.products[0, 1]) == 2


def test_a_variable_of_two_values_has_no_bends():
    values = np.array([[0.0, 1.0], [1.0, 2.0], [0.0, 3.0], [1.0, 5.0]])
    features = build_features(values, np.array([False, False]), np.array([0, 4]))
    assert np.count_nonzero(features.block(0, WIDTHS[-1])) == 1


def test_too_many_joint_levels_give_no_products():
    rng = np.random.default_rng(1)
    values = rng.integers(0, 6, (200, 2)).astype(float)
    features = build_features(values, np.array([True, True]), np.array([0, 200]))
    assert not np.count_nonzero(features.products[0, 1])
