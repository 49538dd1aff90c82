"""Causal graphs: checks, d-separation, ancestors and descendants, and an order without regard to names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from typing import Any

import networkx as nx

Node = Hashable


def check_causal_graph(causal_graph: Any, name: str = "causal_graph") -> nx.DiGraph:
    """Return ``causal_graph`` if it is a directed graph without cycles; ``name`` is its name in errors.

    Raises
    ------
    ValueError
        If it is not.
    """
    if not isinstance(causal_graph, nx.DiGraph) or causal_graph.is_multigraph():
        raise ValueError(f"{name} must be a networkx.DiGraph; got {type(causal_graph).__name__}")
    if not nx.is_directed_acyclic_graph(causal_graph):
        cycle = " -> ".join(str(u) for u, *_ in nx.find_cycle(causal_graph))
        raise ValueError(f"{name} must have no cycle; got one through {cycle}")
    return causal_graph


def check_nodes(
    known: Collection[Node], nodes: Any, name: str, among: str = "the nodes of causal_graph"
) -> frozenset[Node]:
    """Return a node, or a collection of nodes, as a set; ``name`` and ``among`` are for errors.

    Raises
    ------
    ValueError
        If something in it is not known.
    """
    if _is_known(known, nodes):
        return frozenset([nodes])
    # A text is never read letter by letter: "xy" is a name that is not there, not the nodes "x" and "y".
    is_one = isinstance(nodes, (str, bytes)) or not isinstance(nodes, Iterable)
    members = [nodes] if is_one else list(nodes)
    unknown = [node for node in members if not _is_known(known, node)]
    if unknown:
        got = repr(unknown[0]) if len(unknown) == 1 else str(unknown)
        raise ValueError(f"{name} must be among {among}, {list(known)}; got {got}")
    return frozenset(members)


def _is_known(known: Collection[Node], node: Any) -> bool:
    return isinstance(node, Hashable) and node in known


def check_roles(causal_graph: Any, target: Any, mutable: Any) -> tuple[nx.DiGraph, frozenset[Node]]:
    """Return the graph and the set of mutable nodes.

    Raises
    ------
    ValueError
        If the graph is not a ``networkx.DiGraph`` or has a cycle, ``target`` or a mutable variable is not one
        of its nodes, or the target is declared mutable.
    """
    graph = check_causal_graph(causal_graph)
    if not _is_known(graph, target):
        raise ValueError(f"target must be a node of causal_graph, {list(graph)}; got {target!r}")
    changing = check_nodes(graph, mutable, "mutable")
    if target in changing:
        named = [node for node in graph if node in changing]
        raise ValueError(
            f"mutable must not hold the target {target!r}, whose mechanism is the same in every environment; "
            f"got {named}"
        )
    return graph, changing


def check_variables(causal_graph: nx.DiGraph, columns: Collection[Node], target: Node) -> None:
    """Refuse a graph whose nodes are not exactly the columns of a table and the outcome.

    Raises
    ------
    ValueError
        If a node is missing, a node has no data, or a column has the name of the outcome.
    """
    if target in columns:
        raise ValueError(
            f"X must have no column with the name of the outcome, {target!r}; got {list(columns)}"
        )
    expected = [*columns, target]
    missing = [name for name in expected if name not in causal_graph]
    if missing:
        raise ValueError(
            f"causal_graph must have a node for the outcome {target!r} and for each column of X; "
            f"it has {list(causal_graph)} and lacks {missing}"
        )
    without_data = [node for node in causal_graph if node not in set(expected)]
    if without_data:
        raise ValueError(
            f"causal_graph must have no other nodes than the outcome {target!r} and the columns of X, "
            f"{list(columns)}; got {without_data}"
        )


def d_separated(graph: nx.DiGraph, x: Any, y: Any, given: Any = ()) -> bool:
    """Whether every path between x and y is blocked by the given nodes.

    A path is blocked if it holds a node of ``given`` at which two arrows do not meet, or a node at which they
    meet and that is neither in ``given`` nor an ancestor of it. In a distribution that factorises along the
    graph, d-separated variables are independent given the others; if it is faithful, no others are.

    Parameters
    ----------
    graph : networkx.DiGraph
        Arrows from causes to effects, without a cycle.
    x, y : node, or collection of nodes
        What is named as a whole by a node of the graph (a tuple, for example) is that node.
    given : node, or collection of nodes, default=()
        Nodes that are held fixed.

    Returns
    -------
    bool

    Raises
    ------
    ValueError
        If the graph is not a ``networkx.DiGraph`` or has a cycle, a name is not one of its nodes, or a node
        stands in two of ``x``, ``y`` and ``given``.

    References
    ----------
    Pearl, J. (2009). Causality. Cambridge University Press, section 1.2.3.

    Examples
    --------
    >>> import networkx as nx
    >>> from causalkit.graphs import d_separated
    >>> graph = nx.DiGraph([("rain", "wet"), ("sprinkler", "wet"), ("wet", "slippery")])
    >>> d_separated(graph, "rain", "sprinkler")
    True
    >>> d_separated(graph, "rain", "sprinkler", ["slippery"])
    False
    >>> d_separated(graph, ["rain", "sprinkler"], "slippery", "wet")
    True
    """
    check_causal_graph(graph, "graph")
    sets = {
        name: check_nodes(graph, nodes, name, "the nodes of graph")
        for name, nodes in (("x", x), ("y", y), ("given", given))
    }
    for one, other in (("x", "y"), ("x", "given"), ("y", "given")):
        shared = [node for node in graph if node in sets[one] & sets[other]]
        if shared:
            raise ValueError(f"{one} and {other} must not share nodes; got {shared} in both")
    return bool(nx.is_d_separator(graph, sets["x"], sets["y"], sets["given"]))


def ancestors(graph: nx.DiGraph, nodes: Any) -> frozenset[Node]:
    """Nodes from which a directed path leads to any of the given ones, these left out.

    Parameters
    ----------
    graph : networkx.DiGraph
        Arrows from causes to effects, without a cycle.
    nodes : node, or collection of nodes
        Where the paths end.

    Returns
    -------
    frozenset of nodes

    Raises
    ------
    ValueError
        If the graph is not a ``networkx.DiGraph`` or has a cycle, or a name is not one of its nodes.

    Examples
    --------
    >>> import networkx as nx
    >>> from causalkit.graphs import ancestors
    >>> graph = nx.DiGraph([("a", "b"), ("b", "c"), ("d", "c")])
    >>> sorted(ancestors(graph, "c")), sorted(ancestors(graph, ["b", "c"]))
    (['a', 'b', 'd'], ['a', 'd'])
    """
    return _reachable(graph, nodes, lambda node: graph.pred[node])


def descendants(graph: nx.DiGraph, nodes: Any) -> frozenset[Node]:
    """Nodes to which a directed path leads from any of the given ones, these left out.

    Parameters
    ----------
    graph : networkx.DiGraph
        Arrows from causes to effects, without a cycle.
    nodes : node, or collection of nodes
        Where the paths start.

    Returns
    -------
    frozenset of nodes

    Raises
    ------
    ValueError
        If the graph is not a ``networkx.DiGraph`` or has a cycle, or a name is not one of its nodes.

    Examples
    --------
    >>> import networkx as nx
    >>> from causalkit.graphs import descendants
    >>> graph = nx.DiGraph([("a", "b"), ("b", "c"), ("d", "c")])
    >>> sorted(descendants(graph, "a")), sorted(descendants(graph, ["a", "b"]))
    (['b', 'c'], ['c'])
    """
    return _reachable(graph, nodes, lambda node: graph.succ[node])


def _reachable(graph: nx.DiGraph, nodes: Any, step: Callable[[Node], Iterable[Node]]) -> frozenset[Node]:
    check_causal_graph(graph, "graph")
    start = check_nodes(graph, nodes, "nodes", "the nodes of graph")
    seen, todo = set(start), list(start)
    while todo:
        new = [node for node in step(todo.pop()) if node not in seen]
        seen.update(new)
        todo.extend(new)
    return frozenset(seen - start)


def canonical_order(graph: nx.DiGraph, roles: Mapping[Node, int]) -> list[Node]:
    """All nodes, causes before effects, in an order that depends on the arrows and the roles only.

    Nodes are told apart by their role, the longest paths that lead to them and away from them, and, again and
    again, by what their parents and children are (colour refinement). Of nodes that still look alike the one
    whose name sorts first is put first, and the others are refined by that: where such nodes are symmetric,
    as nearly always, renaming the nodes gives the same order up to the symmetry.

    Parameters
    ----------
    graph : networkx.DiGraph
        A checked graph without cycles.
    roles : mapping of node to int
        Nodes with unlike roles are never alike; nodes that are left out have role 0.
    """
    depth, height = _longest_paths(graph), _longest_paths(graph.reverse(copy=False))
    rank = _refined(graph, {node: (depth[node], roles.get(node, 0), height[node]) for node in graph})
    while len(set(rank.values())) < len(graph):
        rank = _refined(graph, _with_one_set_apart(rank))
    return sorted(rank, key=rank.__getitem__)


def _longest_paths(graph: nx.DiGraph) -> dict[Node, int]:
    """Number of arrows on the longest path to each node."""
    length: dict[Node, int] = {}
    for node in nx.topological_sort(graph):
        length[node] = 1 + max((length[parent] for parent in graph.pred[node]), default=-1)
    return length


def _refined(graph: nx.DiGraph, colours: Mapping[Node, Any]) -> dict[Node, int]:
    """Ranks that tell apart what the colours do and, further, nodes with unlike parents or children."""
    rank = _ranks(colours)
    while True:
        finer = _ranks(
            {
                node: (
                    rank[node],
                    tuple(sorted(rank[parent] for parent in graph.pred[node])),
                    tuple(sorted(rank[child] for child in graph.succ[node])),
                )
                for node in graph
            }
        )
        if finer == rank:
            return rank
        rank = finer


def _ranks(keys: Mapping[Node, Any]) -> dict[Node, int]:
    place = {key: i for i, key in enumerate(sorted(set(keys.values())))}
    return {node: place[key] for node, key in keys.items()}


def _with_one_set_apart(rank: Mapping[Node, int]) -> dict[Node, tuple[int, int]]:
    """Put the node whose name sorts first, of the first nodes that share a rank, before the others."""
    alike: dict[int, list[Node]] = {}
    for node, i in rank.items():
        alike.setdefault(i, []).append(node)
    first = min(i for i, nodes in alike.items() if len(nodes) > 1)
    chosen = min(alike[first], key=lambda node: (type(node).__name__, str(node)))
    return {node: (i, int(node != chosen)) for node, i in rank.items()}
