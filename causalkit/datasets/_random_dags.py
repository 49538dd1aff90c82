"""Causal graphs for synthetic data: random ones, and given ones turned into arrows between positions."""

from collections.abc import Hashable
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from causalkit.graphs._dag import check_causal_graph

Arrows = NDArray[np.int64]


def random_arrows(
    n_variables: int, edge_probability: float, rng: np.random.Generator, *, isolated: bool = True
) -> Arrows:
    """Return a random DAG as a matrix: entry (u, v) is 1 for an arrow u -> v, drawn for each u < v.

    With ``isolated=False`` graphs with a node that has no arrow are drawn again.
    """
    while True:
        arrows = np.triu(rng.random((n_variables, n_variables)) < edge_probability, k=1).astype(np.int64)
        if isolated or (arrows.sum(axis=0) + arrows.sum(axis=1)).all():
            return arrows


def given_arrows(causal_graph: Any) -> tuple[list[Hashable], Arrows]:
    """Return the nodes of a DAG in a topological order (ties as given) and its arrows between positions.

    Raises
    ------
    ValueError
        If ``causal_graph`` is not a directed graph of networkx without cycles, or has no node.
    """
    if not len(check_causal_graph(causal_graph)):
        raise ValueError("causal_graph must have at least one node; got an empty graph")
    position = {node: i for i, node in enumerate(causal_graph)}
    order = list(nx.lexicographical_topological_sort(causal_graph, key=position.__getitem__))
    return order, nx.to_numpy_array(causal_graph, nodelist=order, weight=None).astype(np.int64)
