"""Arrows that conditional independence alone leaves open: those that differ within an equivalence class."""

from __future__ import annotations

from itertools import combinations, product

import networkx as nx
import numpy as np
from numpy.typing import NDArray

# Orientations of the edges are enumerated.
_MOST_VARIABLES = 4


def undecided_arrows(arrows: NDArray[np.int64]) -> NDArray[np.bool_] | None:
    """Return which arrows (u, v) are reversed in a graph of the same equivalence class; None if too many.

    Two graphs are equivalent if they have the same edges and the same colliders whose parents are not joined
    (Verma & Pearl, 1990).
    """
    if len(arrows) > _MOST_VARIABLES:
        return None
    edges = [(int(u), int(v)) for u, v in np.argwhere(arrows)]
    expected = _open_colliders(edges)
    undecided = np.zeros(arrows.shape, dtype=bool)
    for reversals in product((False, True), repeat=len(edges)):
        turned = [edge[::-1] if reverse else edge for edge, reverse in zip(edges, reversals, strict=True)]
        if nx.is_directed_acyclic_graph(nx.DiGraph(turned)) and _open_colliders(turned) == expected:
            for edge, reverse in zip(edges, reversals, strict=True):
                undecided[edge] |= reverse
    return undecided


def _open_colliders(edges: list[tuple[int, int]]) -> set[tuple[frozenset[int], int]]:
    joined = {frozenset(edge) for edge in edges}
    parents: dict[int, list[int]] = {}
    for u, v in edges:
        parents.setdefault(v, []).append(u)
    return {
        (frozenset(pair), v)
        for v, causes in parents.items()
        for pair in combinations(causes, 2)
        if frozenset(pair) not in joined
    }
