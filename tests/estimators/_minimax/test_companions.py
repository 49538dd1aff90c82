"""Means over neighbours in a network of four nodes, by hand."""

import numpy as np
import pandas as pd
import pytest

from causalkit.estimators._minimax._companions import NeighbourMeans

# 0 - 1, 1 - 2 and a node without neighbours.
LINKS = np.array([[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0]])
VALUES = np.array([[1.0, 10.0], [2.0, 10.0], [6.0, 40.0], [3.0, 60.0]])  # column means 3 and 30


def in_units(means):
    """Hops in standard units turned back into those of the columns."""
    return means * VALUES.std(axis=0) + VALUES.mean(axis=0)


def test_means_hop_by_hop():
    neighbours = NeighbourMeans.of(VALUES, 2)
    found = neighbours.transform(VALUES, LINKS)
    assert found.shape == (4, 6)
    np.testing.assert_array_equal(found[:, :2], VALUES)
    once = in_units(found[:, 2:4])
    np.testing.assert_allclose(once, [[2, 10], [3.5, 25], [2, 10], [3, 30]], rtol=1e-6)
    # The second hop is the mean of the neighbours' first; its way back is not left out.
    np.testing.assert_allclose(in_units(found[:, 4:]), [[3.5, 25], [2, 10], [3.5, 25], [3, 30]], rtol=1e-6)


def test_a_node_without_neighbours_gets_the_centre_of_the_fit():
    neighbours = NeighbourMeans.of(VALUES, 1)
    found = neighbours.transform(VALUES + 100, np.zeros((4, 4)))
    np.testing.assert_array_equal(found[:, 2:], 0)


def test_new_rows_are_measured_with_centre_and_scale_of_the_fit():
    neighbours = NeighbourMeans.of(VALUES, 1)
    np.testing.assert_allclose(neighbours.centre, [3, 30])
    np.testing.assert_allclose(neighbours.scale, VALUES.std(axis=0))
    pair = neighbours.transform(np.array([[0.0, 0.0], [7.0, 50.0]]), np.array([[0, 1], [1, 0]]))
    np.testing.assert_allclose(in_units(pair[:, 2:]), [[7, 50], [0, 0]], atol=1e-5)


def test_a_constant_column_stays_finite():
    values = np.column_stack([VALUES[:, 0], np.full(4, 5.0)])
    found = NeighbourMeans.of(values, 2).transform(values, LINKS)
    np.testing.assert_array_equal(found[:, [3, 5]], 0)


def test_companions_say_which_means_belong_to_a_column():
    values = np.random.default_rng(0).normal(size=(4, 3))
    neighbours = NeighbourMeans.of(values, 2)
    assert neighbours.companions() == {0: (3, 6), 1: (4, 7), 2: (5, 8)}
    alone = NeighbourMeans.of(values[:, [1]], 2).transform(values[:, [1]], LINKS)
    np.testing.assert_array_equal(neighbours.transform(values, LINKS)[:, [1, 4, 7]], alone)


def test_the_order_of_the_rows_changes_no_digit_of_the_scale():
    rng = np.random.default_rng(1)
    values = rng.normal(size=(101, 3)) * 1e3
    one, other = (NeighbourMeans.of(v, 1) for v in (values, values[rng.permutation(101)]))
    np.testing.assert_array_equal(one.centre, other.centre)
    np.testing.assert_array_equal(one.scale, other.scale)


def test_rows_find_their_nodes_by_name():
    names = pd.Index(["a", "b", "c", "d"])
    edges = pd.DataFrame({"source": ["b", "b"], "target": ["a", "c"]})
    neighbours = NeighbourMeans.of(VALUES, 2)
    np.testing.assert_array_equal(
        neighbours.transform(VALUES, edges, names), neighbours.transform(VALUES, LINKS)
    )


def test_a_graph_of_another_size_is_refused():
    with pytest.raises(ValueError, match="4"):
        NeighbourMeans.of(VALUES, 1).transform(VALUES, np.zeros((5, 5)))
