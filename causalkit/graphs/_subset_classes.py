"""Classes of subsets of the stable variables that predict equally well, and when no search is needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import islice
from operator import or_
from typing import Any, NamedTuple

import networkx as nx

from causalkit.graphs._dag import (
    Node,
    canonical_order,
    check_nodes,
    check_roles,
    descendants,
)

_TARGET, _MUTABLE = 1, 2
_STABLE = "the stable variables of causal_graph"


class SubsetClass(NamedTuple):
    """Subsets of the stable variables in which the target has the same Markov boundary.

    The class holds the boundary with any of the free variables, 2 ** len(free) subsets in all. With the
    mutable variables set by intervention, all of them have the same conditional mean of the target, hence the
    same predictor and the same worst-case risk.

    Attributes
    ----------
    members : frozenset of nodes
        The Markov boundary: the smallest subset of the class. No member is d-separated from the target by the
        others.
    free : frozenset of nodes
        Stable variables that the members d-separate from the target.
    n_subsets : int
        Number of subsets in the class.

    Examples
    --------
    >>> import networkx as nx
    >>> from causalkit.graphs import subset_classes
    >>> nothing, near, far = subset_classes(nx.DiGraph([("y", "a"), ("a", "b")]), "y", mutable=[])
    >>> sorted(near.members), sorted(near.free), near.n_subsets
    (['a'], ['b'], 2)
    >>> sorted(near.largest)
    ['a', 'b']
    """

    members: frozenset[Node]
    free: frozenset[Node]
    n_subsets: int

    @property
    def largest(self) -> frozenset[Node]:
        """The largest subset of the class."""
        return self.members | self.free


class VariableParts(NamedTuple):
    """Covariates of a causal graph by what happens to their mechanism; causes before effects in each part."""

    stable: tuple[Node, ...]
    mutable: tuple[Node, ...]


class Subtree(NamedTuple):
    """Subsets with the included and without the excluded variables: bit masks over ``SubsetTree.nodes``."""

    included: int
    excluded: int


def variable_parts(causal_graph: nx.DiGraph, target: Node, mutable: Any) -> VariableParts:
    """Return the stable and the mutable covariates, in an order that does not depend on names.

    Raises
    ------
    ValueError
        As ``subset_classes`` does.
    """
    graph, changing = check_roles(causal_graph, target, mutable)
    order = canonical_order(graph, {target: _TARGET} | dict.fromkeys(changing, _MUTABLE))
    return VariableParts(
        stable=tuple(node for node in order if node not in changing and node != target),
        mutable=tuple(node for node in order if node in changing),
    )


def shifted_children(causal_graph: nx.DiGraph, target: Node, mutable: Any) -> frozenset[Node]:
    """Return the stable children of the target below its mutable children: what makes a search necessary.

    Raises
    ------
    ValueError
        As ``subset_classes`` does.
    """
    graph, changing = check_roles(causal_graph, target, mutable)
    children = frozenset(graph.successors(target))
    return children & descendants(graph, children & changing)


def whole_set_is_optimal(causal_graph: nx.DiGraph, target: Node, mutable: Any) -> bool:
    """Whether the graph alone says that the whole stable set has the smallest worst-case risk.

    With the mutable children M of the target Y and W the descendants of M without M itself, it says so if no
    child of Y is in W. E[Y | stable variables, do(mutable variables)] is then minimax optimal among all
    predictors, of any subset. Otherwise the answer depends on the distributions: a smaller set can be better,
    and the classes of ``subset_classes`` have to be compared.

    Parameters
    ----------
    causal_graph : networkx.DiGraph
        Causal graph over the target and the covariates, without hidden common causes.
    target : node
        The outcome.
    mutable : node, or collection of nodes
        Covariates whose mechanisms differ between environments.

    Returns
    -------
    bool

    Raises
    ------
    ValueError
        If the graph is not a ``networkx.DiGraph`` or has a cycle, the target or a mutable variable is not one
        of its nodes, or the target is declared mutable.

    References
    ----------
    Liu, M., Zheng, X., Sun, X., Fang, F. and Wang, Y. (2023). Which invariance should we transfer? A causal
    minimax learning approach. International Conference on Machine Learning.

    Examples
    --------
    >>> import networkx as nx
    >>> from causalkit.graphs import whole_set_is_optimal
    >>> graph = nx.DiGraph([("y", "site"), ("y", "x"), ("x", "z")])
    >>> whole_set_is_optimal(graph, "y", mutable=["site"])
    True
    >>> graph.add_edge("site", "x")
    >>> whole_set_is_optimal(graph, "y", mutable=["site"])
    False
    """
    return not shifted_children(causal_graph, target, mutable)


def subset_classes(
    causal_graph: nx.DiGraph, target: Node, mutable: Any, *, max_classes: int | None = 100_000
) -> list[SubsetClass]:
    """Classes of subsets of the stable variables that have the same predictor and the same worst-case risk.

    The mutable variables are set by intervention, so the graph without them decides: two subsets are in one
    class if the target has the same Markov boundary in both. A chain of d variables has d + 1 classes, two
    arms of a and b variables (a + 1)(b + 1), d children of the target 2 ** d.

    Parameters
    ----------
    causal_graph : networkx.DiGraph
        Causal graph over the target and the covariates, without hidden common causes.
    target : node
        The outcome.
    mutable : node, or collection of nodes
        Covariates whose mechanisms differ between environments.
    max_classes : int or None, default=100_000
        Refuse to list more classes than this; None lists any number.

    Returns
    -------
    list of SubsetClass
        From few members to many. Every subset of the stable variables is in exactly one class.

    Raises
    ------
    ValueError
        If the graph is not a ``networkx.DiGraph`` or has a cycle, the target or a mutable variable is not one
        of its nodes, the target is declared mutable, or there are more than ``max_classes`` classes.

    See Also
    --------
    SubsetTree : the same classes one by one, for a search that stops early.

    References
    ----------
    Liu, M., Zheng, X., Sun, X., Fang, F. and Wang, Y. (2023). Which invariance should we transfer? A causal
    minimax learning approach. International Conference on Machine Learning.

    Examples
    --------
    >>> import networkx as nx
    >>> from causalkit.graphs import subset_classes
    >>> graph = nx.DiGraph([("y", "site"), ("y", "a"), ("a", "b"), ("site", "b"), ("y", "c")])
    >>> for each in subset_classes(graph, "y", mutable=["site"]):
    ...     print(sorted(each.members), sorted(each.free), each.n_subsets)
    [] [] 1
    ['c'] [] 1
    ['a'] ['b'] 2
    ['b'] [] 1
    ['a', 'c'] ['b'] 2
    ['b', 'c'] [] 1
    """
    tree = SubsetTree(causal_graph, target, mutable)
    leaves = list(islice(tree.leaves(), None if max_classes is None else max_classes + 1))
    if max_classes is not None and len(leaves) > max_classes:
        raise ValueError(
            f"causal_graph must have at most max_classes={max_classes} classes of subsets to be listed; got "
            f"more, for {len(tree.nodes)} stable variables (SubsetTree yields them one by one)"
        )
    # The lowest bits come first in the order of the nodes, which does not depend on their names.
    leaves.sort(key=lambda leaf: (leaf.included.bit_count(), [*_bits(leaf.included)]))
    return [tree.largest(leaf) for leaf in leaves]


class SubsetTree:
    """The classes of ``subset_classes`` as leaves of a binary tree that is grown only where it is visited.

    A node of the tree stands for all subsets that hold its included and lack its excluded variables. If one
    of the other variables belongs to the target's Markov boundary in every such subset that holds it, the
    node has two children: without this variable, and with it. If there is none, the subsets form one class.
    Every node has a class below it, so N classes take 2 N - 1 nodes. A search bounds the risks below a node
    by what its largest subset reaches under a fixed intervention, and leaves nodes unvisited by that.

    Parameters
    ----------
    causal_graph : networkx.DiGraph
        Causal graph over the target and the covariates, without hidden common causes.
    target : node
        The outcome.
    mutable : node, or collection of nodes
        Covariates whose mechanisms differ between environments.
    order : sequence of nodes, optional
        Stable variables to branch on first, the foremost first; the others follow.

    Attributes
    ----------
    nodes : tuple of nodes
        The stable variables in the order of branching; bit i of a mask stands for ``nodes[i]``.
    root : Subtree
        The node of all subsets.

    Raises
    ------
    ValueError
        If the graph is not a ``networkx.DiGraph`` or has a cycle, the target or a mutable variable is not one
        of its nodes, the target is declared mutable, or ``order`` names something else than stable variables.

    References
    ----------
    Liu, M., Zheng, X., Sun, X., Fang, F. and Wang, Y. (2023). Which invariance should we transfer? A causal
    minimax learning approach. International Conference on Machine Learning.

    Examples
    --------
    >>> import networkx as nx
    >>> from causalkit.graphs import SubsetTree
    >>> tree = SubsetTree(nx.DiGraph([("y", "a"), ("a", "b"), ("y", "c")]), "y", mutable=[], order=["a"])
    >>> without, with_a = tree.children(tree.root)
    >>> sorted(tree.names(with_a.included)), sorted(tree.largest(without).members)
    (['a'], ['b', 'c'])
    >>> sum(1 for _ in tree.leaves(without)), sum(1 for _ in tree.leaves())
    (4, 6)
    """

    def __init__(
        self, causal_graph: nx.DiGraph, target: Node, mutable: Any, *, order: Sequence[Node] = ()
    ) -> None:
        graph, changing = check_roles(causal_graph, target, mutable)
        # Intervened variables are roots that are held fixed: no path runs through them, so they can go.
        kept = graph.subgraph([node for node in graph if node not in changing])
        canonical = canonical_order(kept, {target: _TARGET})
        stable = [node for node in canonical if node != target]
        first = [order] if isinstance(order, str) else [*order]
        check_nodes(stable, first, "order", _STABLE)
        self.nodes = tuple(dict.fromkeys([*first, *stable]))
        self.root = Subtree(included=0, excluded=0)
        self._every = (1 << len(stable)) - 1
        self._arrows = _Arrows(kept, [*self.nodes, target])

    def children(self, subtree: Subtree) -> tuple[Subtree, Subtree] | tuple[()]:
        """Return the two children of a node, without and with the variable branched on; none for a leaf."""
        included, excluded = subtree
        # What a path reaches through excluded variables only, and through meeting arrows above the included
        # ones, stays connected to the target whatever other variables are held fixed.
        reached = self._arrows.reached(passing=excluded, meeting=self._arrows.above(included))
        undecided = reached & ~included & ~excluded
        if not undecided:
            return ()
        variable = undecided & -undecided
        return Subtree(included, excluded | variable), Subtree(included | variable, excluded)

    def is_leaf(self, subtree: Subtree) -> bool:
        """Whether all subsets of a node form one class."""
        return not self.children(subtree)

    def largest(self, subtree: Subtree) -> SubsetClass:
        """Return the class of the largest subset of a node: all stable variables but the excluded ones."""
        return self._class_of(self._every & ~subtree.excluded)

    def smallest(self, subtree: Subtree) -> SubsetClass:
        """Return the class of the smallest subset of a node, whose members are the included variables."""
        return self._class_of(subtree.included)

    def class_of(self, subset: Any) -> SubsetClass:
        """Return the class of any subset of the stable variables.

        Raises
        ------
        ValueError
            If something in it is not a stable variable.
        """
        chosen = check_nodes(self.nodes, subset, "subset", _STABLE)
        return self._class_of(sum(1 << i for i, node in enumerate(self.nodes) if node in chosen))

    def n_subsets(self, subtree: Subtree) -> int:
        """Return the number of subsets below a node."""
        return 2 ** (self._every & ~subtree.included & ~subtree.excluded).bit_count()

    def leaves(self, subtree: Subtree | None = None) -> Iterator[Subtree]:
        """Yield the leaves below a node (the root by default), depth first; each is one class."""
        todo = [self.root if subtree is None else subtree]
        while todo:
            visited = todo.pop()
            below = self.children(visited)
            if below:
                todo.extend(below)
            else:
                yield visited

    def names(self, mask: int) -> frozenset[Node]:
        """Return the variables of a bit mask."""
        return frozenset(self.nodes[i] for i in _bits(mask))

    def _class_of(self, subset: int) -> SubsetClass:
        """The boundary of the target in a subset, and what it separates from the target."""
        others = self._every & ~subset
        boundary = subset & self._arrows.reached(passing=others, meeting=self._arrows.above(subset))
        # Every variable is passed on the way but those of the boundary, which are held fixed.
        free = self._every & ~boundary
        free &= ~self._arrows.reached(passing=free, meeting=self._arrows.above(boundary))
        return SubsetClass(self.names(boundary), self.names(free), 2 ** free.bit_count())


class _Arrows:
    """A causal graph as bit masks over the given nodes, the last of which is the target."""

    def __init__(self, graph: nx.DiGraph, nodes: Sequence[Node]) -> None:
        place = {node: i for i, node in enumerate(nodes)}
        self.target = len(nodes) - 1
        self.parents = [sum(1 << place[parent] for parent in graph.pred[node]) for node in nodes]
        self.children = [sum(1 << place[child] for child in graph.succ[node]) for node in nodes]
        self.ancestors = [0] * len(nodes)
        for node in nx.topological_sort(graph):
            self.ancestors[place[node]] = 1 << place[node] | self.above(self.parents[place[node]])

    def above(self, mask: int) -> int:
        """The nodes of a mask and all their ancestors."""
        return reduce(or_, (self.ancestors[i] for i in _bits(mask)), 0)

    def reached(self, passing: int, meeting: int) -> int:
        """Nodes other than the target to which a path leads from it.

        It may run on through a node at which two of its arrows meet if that is in ``meeting``, and through
        another node if that is in ``passing``. A node is visited once for each of the two ways to come to it.
        """
        from_child, from_parent = self.parents[self.target], self.children[self.target]
        todo_up, todo_down = from_child, from_parent
        while todo_up | todo_down:
            up, down = todo_up & passing, todo_down & passing
            climb, fall = up | todo_down & meeting, up | down
            todo_up = self._union(self.parents, climb) & ~from_child
            todo_down = self._union(self.children, fall) & ~from_parent
            from_child |= todo_up
            from_parent |= todo_down
        return (from_child | from_parent) & ~(1 << self.target)

    @staticmethod
    def _union(masks: list[int], chosen: int) -> int:
        return reduce(or_, (masks[i] for i in _bits(chosen)), 0)


def _bits(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest
