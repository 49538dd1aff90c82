"""Two directed graphs without cycles, read in any accepted form and put into one order of nodes."""

from collections.abc import Hashable
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from causalkit.graphs._dag import check_causal_graph

Arrows = NDArray[np.bool_]


def matched_graphs(
    true_graph: Any, estimated_graph: Any, true_name: str, estimated_name: str
) -> tuple[Arrows, Arrows]:
    """Return the arrows of both graphs, shape (d, d), with nodes in the order of the true one.

    Raises
    ------
    ValueError
        If a graph is not directed, has a cycle, is not a square adjacency of zeros and ones, or the graphs
        have other nodes. The message calls the graphs by the names given.
    """
    nodes, truth = _read(true_graph, true_name)
    others, estimate = _read(estimated_graph, estimated_name)
    if set(nodes) != set(others):
        raise ValueError(f"{estimated_name} must have the nodes of {true_name}, {nodes}; got {others}")
    place = {node: i for i, node in enumerate(others)}
    order = [place[node] for node in nodes]
    return truth, estimate[np.ix_(order, order)]


def _read(graph: Any, name: str) -> tuple[list[Hashable], Arrows]:
    """Return nodes and arrows of a directed graph without cycles."""
    nodes, arrows = _from_networkx(graph, name) if isinstance(graph, nx.Graph) else _from_table(graph, name)
    directed = nx.from_numpy_array(arrows, create_using=nx.DiGraph)
    check_causal_graph(nx.relabel_nodes(directed, dict(enumerate(nodes))), name)
    return nodes, arrows


def _from_networkx(graph: nx.Graph, name: str) -> tuple[list[Hashable], Arrows]:
    if not graph.is_directed() or graph.is_multigraph():
        raise ValueError(f"{name} must be a networkx.DiGraph or an adjacency; got {type(graph).__name__}")
    nodes = list(graph)
    return nodes, nx.to_numpy_array(graph, nodelist=nodes, weight=None).astype(bool)


def _from_table(adjacency: Any, name: str) -> tuple[list[Hashable], Arrows]:
    # Lists become objects, so that rows of unequal length are refused here and not by NumPy.
    is_table = isinstance(adjacency, (np.ndarray, pd.DataFrame))
    entries = np.asarray(adjacency, dtype=None if is_table else object)
    if entries.ndim != 2 or entries.shape[0] != entries.shape[1]:
        raise ValueError(
            f"{name} must be a networkx.DiGraph or an adjacency of shape (d, d); got shape {entries.shape}"
        )
    nodes: list[Hashable] = [*range(len(entries))]
    if isinstance(adjacency, pd.DataFrame):
        nodes, rows = list(adjacency.columns), list(adjacency.index)
        if len(set(nodes)) < len(nodes) or set(nodes) != set(rows):
            raise ValueError(
                f"{name} must have the same nodes, each once, as index and columns; got {rows} and {nodes}"
            )
        entries = adjacency.loc[nodes, nodes].to_numpy()
    wrong = [value for value in entries.ravel().tolist() if value not in (0, 1)]
    if wrong:
        raise ValueError(f"{name} must hold only 0 and 1; got {wrong[0]!r}")
    return nodes, entries.astype(bool)
