"""What an intervention leaves of a causal graph: the mechanisms that an outcome still depends on."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from typing import Any

import networkx as nx


def check_question(causal_graph: nx.DiGraph, outcome: Any, do: Any) -> dict[Hashable, Any]:
    """Return the intervention as a dict if outcome and intervened variables are different nodes.

    Raises
    ------
    ValueError
        If a name is not a node, ``do`` is not a mapping or empty, or holds the outcome.
    """
    nodes = list(causal_graph)
    if outcome not in nodes:
        raise ValueError(f"outcome must be one of the variables {nodes}; got {outcome!r}")
    if not hasattr(do, "items") or not len(do):
        raise ValueError(f"do must be a mapping of at least one variable to its value; got {do!r}")
    for name in do:
        if name not in nodes:
            raise ValueError(f"do must name variables among {nodes}; got {name!r}")
    if outcome in do:
        raise ValueError(f"do must not set the outcome {outcome!r}; got {dict(do)!r}")
    return dict(do)


def mechanisms_in_play(causal_graph: nx.DiGraph, outcome: Hashable, do: Collection[Hashable]) -> list[Any]:
    """Variables whose mechanisms decide the outcome under the intervention, causes before effects.

    They are the outcome and those of its ancestors that are reached without passing through an intervened
    variable; all other factors sum to one.
    """
    cut = causal_graph.copy()
    cut.remove_edges_from([(u, v) for u, v in causal_graph.edges if v in do])
    kept = nx.ancestors(cut, outcome) | {outcome}
    return [node for node in nx.topological_sort(cut) if node in kept and node not in do]


def reaches(causal_graph: nx.DiGraph, outcome: Hashable, do: Collection[Hashable]) -> bool:
    """Whether any intervened variable is a cause of the outcome."""
    return bool(nx.ancestors(causal_graph, outcome) & set(do))
