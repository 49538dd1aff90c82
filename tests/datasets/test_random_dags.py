"""Random causal graphs and given ones as matrices of arrows."""

import networkx as nx
import numpy as np
import pytest

from causalkit.datasets._random_dags import given_arrows, random_arrows


@pytest.mark.parametrize("isolated", [True, False])
def test_random_arrows_go_forward(isolated: bool) -> None:
    for seed in range(50):
        arrows = random_arrows(4, 0.4, np.random.default_rng(seed), isolated=isolated)
        assert set(np.unique(arrows)) <= {0, 1}
        assert not np.tril(arrows).any()
        assert isolated or (arrows.sum(axis=0) + arrows.sum(axis=1)).all()


def test_each_arrow_has_its_probability() -> None:
    rng = np.random.default_rng(0)
    share = np.mean([random_arrows(3, 0.3, rng) for _ in range(2000)], axis=0)
    expected = np.triu(np.full((3, 3), 0.3), k=1)
    np.testing.assert_allclose(share, expected, atol=4 * np.sqrt(0.21 / 2000))


def test_given_arrows_are_in_a_topological_order() -> None:
    graph = nx.DiGraph([("wage", "hours"), ("age", "wage"), ("age", "hours")])
    order, arrows = given_arrows(graph)
    assert order == ["age", "wage", "hours"]
    np.testing.assert_array_equal(arrows, [[0, 1, 1], [0, 0, 1], [0, 0, 0]])


def test_weights_of_edges_do_not_matter() -> None:
    graph = nx.DiGraph()
    graph.add_edge("a", "b", weight=0.2)
    np.testing.assert_array_equal(given_arrows(graph)[1], [[0, 1], [0, 0]])


@pytest.mark.parametrize(
    ("graph", "match"),
    [
        (nx.DiGraph([(0, 1), (1, 0)]), "causal_graph must have no cycle; got one through 0 -> 1"),
        (nx.DiGraph(), "causal_graph must have at least one node; got an empty graph"),
        (nx.Graph([(0, 1)]), "causal_graph must be a networkx.DiGraph; got Graph"),
        (nx.MultiDiGraph([(0, 1)]), "causal_graph must be a networkx.DiGraph; got MultiDiGraph"),
        ([(0, 1)], "causal_graph must be a networkx.DiGraph; got list"),
    ],
)
def test_refused_graphs(graph: object, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        given_arrows(graph)
