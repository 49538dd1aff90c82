"""Sums over balls: against breadth-first search, in blocks of any size, up to an affordable radius."""

import networkx as nx
import numpy as np
import pytest

from causalkit.graphs import Network
from causalkit.inference import _balls
from causalkit.inference._balls import ball_sums
from tests import oracles


@pytest.mark.parametrize("block", [1, 37, 10**6])
def test_counts_and_sums(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_balls, "_BLOCK_PAIRS", block)
    network = Network.from_networkx(nx.disjoint_union(nx.star_graph(12), nx.path_graph(9)))
    columns = np.random.default_rng(0).normal(size=(22, 2))
    balls = ball_sums(network, columns, 4, 1e9)
    within = oracles.path_distances(network.adjacency.toarray()) <= np.arange(5)[:, None, None]
    np.testing.assert_array_equal(balls.counts, within.sum(axis=2))
    np.testing.assert_allclose(balls.sums, within @ columns, atol=1e-12)


@pytest.mark.parametrize(("max_walks", "radius"), [(1, 1), (89, 1), (90, 2), (269, 2), (270, 3), (1e9, 3)])
def test_radius_is_the_largest_that_is_affordable(max_walks: float, radius: int) -> None:
    ring = Network.from_networkx(nx.cycle_graph(10))
    assert ball_sums(ring, np.ones((10, 1)), 3, max_walks).max_distance == radius
