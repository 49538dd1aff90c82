"""Communities of a large sparse graph: Louvain's method by array operations on all nodes at once."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from causalkit.graphs._edges import without_diagonal

Labels = NDArray[np.int64]
Floats = NDArray[np.float64]

# A round costs a sparse product, and large graphs gain little from more than a few: on a random graph of
# 1,000,000 nodes and 4,000,000 edges a few rounds over half of the nodes take 11 s, a dozen over all take
# 70 s, and folds then keep .411 and .415 of the edges inside.
_ENTRIES_OF_ALL_ROUNDS = 40_000_000
_MIN_ROUNDS, _MAX_ROUNDS = 4, 16
_SETTLED = 0.002
_HARDLY_SHRINKS = 0.9


class WeightedGraph(NamedTuple):
    """A symmetric graph without diagonal whose nodes stand for groups of nodes."""

    links: sparse.csr_array
    inner: Floats  # (n,): weight of the links inside a node, counted from both ends

    @property
    def strength(self) -> Floats:
        """Sum of the weights at each node, inner links included."""
        return np.asarray(self.links.sum(axis=1, dtype=np.float64)).ravel() + self.inner


def community_levels(graph: WeightedGraph, rng: np.random.Generator) -> list[Labels]:
    """Return nested communities, the finest first, each an array of labels of shape (n_nodes,).

    Modularity (Newman 2006) is raised as in Blondel et al. (2008): nodes move to the neighbouring community
    where it gains most, communities become nodes, and so on until their number hardly falls. Array operations
    take the place of the usual loop over nodes. Against networkx on graphs of 2,000 to 20,000 nodes (random,
    small-world, scale-free, block models, grids), five folds made of these communities keep a share of edges
    inside that is between 0.01 higher and 0.08 lower, in a tenth of the time and less.
    """
    levels: list[Labels] = []
    n_nodes = graph.links.shape[0]
    while graph.links.nnz:
        labels = _move_nodes(graph, rng)
        levels.append(labels[levels[-1]] if levels else labels)
        n_before, graph = graph.links.shape[0], merge_nodes(graph, labels)
        if graph.links.shape[0] > _HARDLY_SHRINKS * n_before:
            break
    return levels or [np.arange(n_nodes)]


def merge_nodes(graph: WeightedGraph, labels: Labels) -> WeightedGraph:
    """Return the graph whose nodes are the labels, with summed weights."""
    member = _membership(labels, int(labels.max()) + 1)
    merged = sparse.csr_array(member.T @ (graph.links @ member))
    within = merged.diagonal().astype(np.float64)
    inner = np.bincount(labels, graph.inner, member.shape[1]) + within
    return WeightedGraph(without_diagonal(merged), inner)


def _membership(labels: Labels, n_labels: int) -> sparse.csr_array:
    ones = np.ones(len(labels), dtype=np.float32)
    return sparse.csr_array((ones, labels, np.arange(len(labels) + 1)), shape=(len(labels), n_labels))


def _move_nodes(graph: WeightedGraph, rng: np.random.Generator) -> Labels:
    n_nodes = graph.links.shape[0]
    labels, strength = np.arange(n_nodes), graph.strength
    n_rounds = int(np.clip(_ENTRIES_OF_ALL_ROUNDS // graph.links.nnz, _MIN_ROUNDS, _MAX_ROUNDS))
    for i in range(n_rounds):
        # Half of the nodes move at once, at first only towards the other half, so that pairs cannot swap.
        active = rng.random(n_nodes) < 0.5
        closed = active if i == 0 else np.zeros(n_nodes, dtype=bool)
        nodes, targets = _best_moves(graph.links, labels, strength, np.flatnonzero(active), closed)
        labels[nodes] = targets
        if i and len(nodes) < _SETTLED * n_nodes:
            break
    return np.unique(labels, return_inverse=True)[1]


def _best_moves(
    links: sparse.csr_array, labels: Labels, strength: Floats, nodes: Labels, closed: NDArray[np.bool_]
) -> tuple[Labels, Labels]:
    """Return the nodes that gain by leaving their community, and the best community for each.

    Joining community c is worth w(i, c) - s_i S_c / S for node i, with w the weight of its links into c, s_i
    its strength, S_c the strength of c without i, and S that of all nodes. No node may join a closed one.
    """
    to_labels = links[nodes] @ _membership(labels, len(labels))
    row = np.repeat(np.arange(len(nodes)), np.diff(to_labels.indptr))
    column = to_labels.indices
    own = labels[nodes]
    volume, share = np.bincount(labels, strength, len(labels)), strength[nodes] / strength.sum()

    is_own = column == own[row]
    worth = to_labels.data - share[row] * (volume[column] - is_own * strength[nodes][row])
    stay = -share * (volume[own] - strength[nodes])
    stay[row[is_own]] = worth[is_own]
    worth[closed[column]] = -np.inf
    return _first_maximum(worth, to_labels, stay, nodes)


def _first_maximum(
    worth: Floats, to_labels: sparse.csr_array, stay: Floats, nodes: Labels
) -> tuple[Labels, Labels]:
    counts = np.diff(to_labels.indptr)
    linked = np.flatnonzero(counts)
    if not len(linked):
        return nodes[:0], nodes[:0]
    best = np.full(len(nodes), -np.inf)
    best[linked] = np.maximum.reduceat(worth, to_labels.indptr[linked])
    # Rounding must not make a node leave for a community that is just as good.
    gains = best > stay + 1e-9 * np.maximum(1.0, np.abs(stay))
    row = np.repeat(np.arange(len(nodes)), counts)
    entries = np.flatnonzero((worth == best[row]) & gains[row])
    movers, first = np.unique(row[entries], return_index=True)
    return nodes[movers], to_labels.indices[entries[first]].astype(np.int64)
