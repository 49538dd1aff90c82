from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from scipy import sparse

from causalkit.graphs import Network
from causalkit.graphs._communities import WeightedGraph, community_levels, merge_nodes


def _graph(network):
    return WeightedGraph(network.adjacency, np.zeros(network.n_nodes))


def _levels(network, seed=0):
    return community_levels(_graph(network), np.random.default_rng(seed))


def _modularity(graph, labels):
    return nx.community.modularity(
        graph, [np.flatnonzero(labels == i).tolist() for i in range(labels.max() + 1)]
    )


GRAPHS = {
    "karate club": lambda: nx.karate_club_graph(),
    "scale-free": lambda: nx.barabasi_albert_graph(800, 4, seed=0),
    "small world": lambda: nx.watts_strogatz_graph(800, 8, 0.1, seed=0),
    "blocks": lambda: nx.stochastic_block_model([80] * 10, np.eye(10) * 0.1 + 0.002, seed=0),
    "grid": lambda: nx.convert_node_labels_to_integers(nx.grid_2d_graph(25, 25)),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_modularity_is_near_that_of_networkx(name):
    graph = GRAPHS[name]()
    for *_, data in graph.edges(data=True):
        data.clear()
    labels = _levels(Network.from_networkx(graph))[-1]
    reference = nx.community.modularity(graph, nx.community.louvain_communities(graph, seed=0))
    assert _modularity(graph, labels) > reference - 0.04


def test_planted_cliques_are_found():
    cliques = nx.ring_of_cliques(12, 6)
    labels = _levels(Network.from_networkx(cliques))[0].reshape(12, 6)
    assert (labels == labels[:, :1]).all()


@pytest.mark.parametrize("name", GRAPHS)
def test_levels_are_nested(name):
    levels = _levels(Network.from_networkx(GRAPHS[name]()))
    for finer, coarser in pairwise(levels):
        pairs = np.unique(np.column_stack([finer, coarser]), axis=0)
        assert len(pairs) == finer.max() + 1 >= coarser.max() + 1


def test_same_seed_same_communities():
    network = Network.from_networkx(GRAPHS["blocks"]())
    for first, second in zip(_levels(network, 3), _levels(network, 3), strict=True):
        np.testing.assert_array_equal(first, second)


def test_graph_without_links():
    empty = Network(sparse.csr_array((4, 4)))
    np.testing.assert_array_equal(_levels(empty), [[0, 1, 2, 3]])


def test_merged_nodes_keep_all_weight(line):
    merged = merge_nodes(_graph(line), np.array([0, 0, 1, 1]))
    np.testing.assert_array_equal(merged.links.toarray(), [[0, 1], [1, 0]])
    np.testing.assert_array_equal(merged.inner, [2, 2])
    np.testing.assert_array_equal(merged.strength, [3, 3])
    whole = merge_nodes(merged, np.array([0, 0]))
    np.testing.assert_array_equal(whole.inner, [6])
