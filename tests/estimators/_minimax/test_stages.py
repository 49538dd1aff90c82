"""A decision's tables: the observed value beside each row, every value beside each row."""

import numpy as np

from causalkit.estimators._minimax._distinct import distinct_rows
from causalkit.estimators._minimax._stages import Stage


def make_stage():
    parents = distinct_rows(np.array([[0.0], [1.0], [0.0], [1.0]]))
    probability = np.array([[0.5, 0.5], [0.999, 0.001], [0.5, 0.5], [0.2, 0.8]])
    every = np.ones((4, 2), dtype=bool)
    codes = np.array([0, 1, 1, 0])
    return Stage(
        parents, parents, True, np.ones(4), codes, 2, np.array([3.0, 7.0]), probability, every, every
    )


def test_observed_value_and_probability():
    stage = make_stage()
    np.testing.assert_array_equal(stage.with_value(stage.own), [[0, 3], [1, 7], [0, 7], [1, 3]])
    np.testing.assert_allclose(stage.observed_probability(np.array([3, 1])), [0.2, 0.01])


def test_grid_goes_row_by_row():
    grid = make_stage().grid(np.array([[5.0], [6.0]]))
    np.testing.assert_array_equal(grid, [[5, 3], [5, 7], [6, 3], [6, 7]])
