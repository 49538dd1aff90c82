"""Distinct rows: the table comes back, exactly or up to a fine bin."""

import numpy as np

from causalkit.estimators._minimax._distinct import distinct_rows


def test_a_table_of_levels_comes_back_exactly():
    table = np.random.default_rng(0).integers(4, size=(500, 2)).astype(float)
    found = distinct_rows(table)
    assert len(found.rows) == 16
    np.testing.assert_array_equal(found.table(), table)


def test_a_continuous_column_is_binned_finely():
    table = np.random.default_rng(1).random((5000, 1))
    found = distinct_rows(table)
    assert len(found.rows) == 250
    assert np.abs(found.table() - table).max() < 0.01


def test_two_continuous_columns_stay_as_they_are():
    table = np.random.default_rng(2).random((600, 2))
    np.testing.assert_array_equal(distinct_rows(table).table(), table)


def test_rows_among_some():
    table = np.array([[0.0], [1.0], [0.0], [2.0], [1.0], [0.0]])
    rows, inverse = distinct_rows(table).among(np.array([1, 2, 4]))
    np.testing.assert_array_equal(rows[inverse], table[[1, 2, 4]])
    assert len(rows) == 2
