"""Canonical order: shuffling, renaming and relabelling change nothing."""

import numpy as np
import pytest

from causalkit.estimators._minimax._ordered import OUTCOME, order_data
from causalkit.estimators._minimax._variables import MutableVariable


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    return rng.normal(size=(60, 3)), rng.normal(size=60), np.repeat([0, 1, 2], [10, 20, 30])


def test_rows_columns_and_labels_do_not_matter(data):
    X, y, codes = data
    rng = np.random.default_rng(1)
    rows, columns = rng.permutation(60), np.array([2, 0, 1])
    first = order_data(X, y, codes)
    second = order_data(X[np.ix_(rows, columns)], y[rows], np.array([2, 0, 1])[codes][rows])
    np.testing.assert_array_equal(first.table, second.table)
    np.testing.assert_array_equal(first.outcome, second.outcome)
    np.testing.assert_array_equal(first.environments, second.environments)


def test_places_and_rows_lead_back(data):
    X, y, codes = data
    found = order_data(X, y, codes)
    np.testing.assert_array_equal(found.table[:, found.place][found.restore], X)
    np.testing.assert_array_equal(found.outcome[found.restore], y)


def test_parents_and_their_values(data):
    X, y, codes = data
    found = order_data(X, y, codes)
    variable = MutableVariable(1, (0, 2), True)
    places = found.parents(variable)
    assert places[0] == OUTCOME
    assert places[1:] == sorted(found.place[[0, 2]])
    taken = found.take(places)[found.restore]
    np.testing.assert_array_equal(taken[:, 0], y)
    np.testing.assert_array_equal(np.sort(taken[:, 1:], axis=1), np.sort(X[:, [0, 2]], axis=1))
    np.testing.assert_array_equal(found.values(variable)[found.restore], X[:, 1])


def test_no_column_is_a_constant(data):
    np.testing.assert_array_equal(order_data(*data).take([]), np.zeros((60, 1)))


def test_units_do_not_matter(data):
    X, y, codes = data
    first, second = order_data(X, y, codes), order_data(X * [0.3, 1e6, 7] + [5, 0, -1], 9 * y + 4, codes)
    for name in ("environments", "place", "restore"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))


def test_companions_decide_nothing_and_follow_their_columns(data):
    X, y, codes = data
    rng = np.random.default_rng(2)
    companions = {0: (3, 6), 1: (4, 7), 2: (5, 8)}
    plain = order_data(X, y, codes)
    for _ in range(3):
        found = order_data(np.hstack([X, rng.normal(size=(60, 6))]), y, codes, companions)
        np.testing.assert_array_equal(found.restore, plain.restore)
        np.testing.assert_array_equal(found.place[:3], plain.place)
        np.testing.assert_array_equal(found.place[3:6], plain.place + 3)
        np.testing.assert_array_equal(found.place[6:], plain.place + 6)
        np.testing.assert_array_equal(found.table[:, :3], plain.table)
