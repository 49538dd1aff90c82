"""Graphs in every accepted form, matched by node, and everything that is not one."""

from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from causalkit.metrics._graph_pairs import matched_graphs

CHAIN = np.array([[0, 1, 0], [0, 0, 1], [0, 0, 0]])


def frame(entries: Any, nodes: list[Any], columns: list[Any] | None = None) -> pd.DataFrame:
    return pd.DataFrame(entries, index=nodes, columns=columns or nodes)


@pytest.mark.parametrize(
    "graph",
    [
        nx.DiGraph([(0, 1), (1, 2)]),
        CHAIN,
        CHAIN.astype(bool),
        CHAIN.astype(float),
        CHAIN.tolist(),
        frame(CHAIN, [0, 1, 2]),
        # The same arrows with rows and columns in another order.
        frame(CHAIN, [0, 1, 2]).loc[[2, 0, 1], [1, 2, 0]],
    ],
    ids=["networkx", "integers", "booleans", "floats", "lists", "frame", "shuffled frame"],
)
def test_every_form_gives_the_same_arrows(graph: Any) -> None:
    for pair in ((graph, CHAIN), (CHAIN, graph)):
        truth, estimate = matched_graphs(*pair, "true_graph", "estimated_graph")
        assert np.array_equal(truth, estimate)
        assert truth.dtype == bool
        assert truth.sum() == 2


def test_nodes_are_in_the_order_of_the_true_graph() -> None:
    true = nx.DiGraph()
    true.add_nodes_from(["c", "a", "b"])
    true.add_edge("a", "b", weight=0.0)
    estimate = frame([[0, 1, 0], [0, 0, 0], [0, 0, 0]], ["a", "b", "c"])
    for arrows in matched_graphs(true, estimate, "true_graph", "estimated_graph"):
        assert arrows.tolist() == [[False] * 3, [False, False, True], [False] * 3]


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (nx.Graph([(0, 1), (1, 2)]), "must be a networkx.DiGraph or an adjacency; got Graph"),
        (nx.MultiDiGraph([(0, 1), (1, 2)]), "must be a networkx.DiGraph or an adjacency; got MultiDiGraph"),
        (nx.DiGraph([(0, 1), (1, 2), (2, 0)]), "must have no cycle; got one through 0 -> 1 -> 2"),
        (CHAIN + CHAIN.T, "must have no cycle; got one through 0 -> 1"),
        (np.eye(3), "must have no cycle; got one through 0"),
        (np.zeros((3, 2)), r"an adjacency of shape \(d, d\); got shape \(3, 2\)"),
        (np.zeros(3), r"an adjacency of shape \(d, d\); got shape \(3,\)"),
        ([[0, 1], [0]], r"an adjacency of shape \(d, d\); got shape \(2,\)"),
        (None, r"an adjacency of shape \(d, d\); got shape \(\)"),
        (0.5 * CHAIN, r"must hold only 0 and 1; got 0\.5"),
        (np.where(CHAIN, np.nan, 0), "must hold only 0 and 1; got nan"),
        (-CHAIN, "must hold only 0 and 1; got -1"),
        (CHAIN.astype(str), "must hold only 0 and 1; got '0'"),
        (np.zeros((2, 2)), r"must have the nodes of true_graph, \[0, 1, 2\]; got \[0, 1\]"),
        (nx.DiGraph([("a", "b"), ("b", "c")]), r"nodes of true_graph, \[0, 1, 2\]; got \['a', 'b', 'c'\]"),
        (frame(CHAIN, [0, 1, 2], [0, 1, 3]), "must have the same nodes, each once, as index and columns"),
        (frame(CHAIN, [0, 1, 1]), "must have the same nodes, each once, as index and columns"),
        (frame(CHAIN, [0, 1, 1], [0, 1, 2]), "must have the same nodes, each once, as index and columns"),
    ],
)
def test_bad_graphs(graph: Any, message: str) -> None:
    with pytest.raises(ValueError, match=rf"estimated_graph .*{message}"):
        matched_graphs(CHAIN, graph, "true_graph", "estimated_graph")


def test_bad_true_graph_is_named() -> None:
    with pytest.raises(ValueError, match="true_graph must have no cycle"):
        matched_graphs(np.eye(3), CHAIN, "true_graph", "estimated_graph")
