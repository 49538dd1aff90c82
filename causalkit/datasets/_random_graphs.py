"""Random graphs as vectorised samplers: a million nodes in seconds, each family under a name."""

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Pairs = NDArray[np.int64]

_REWIRED_SHARE = 0.1
_REWIRING_ROUNDS = 50


def random_graph(family: str, n_nodes: int, mean_degree: int, rng: np.random.Generator) -> sparse.csr_array:
    """Return the symmetric 0/1 adjacency of one draw from a family, without self-loops.

    Parameters
    ----------
    family : str
        A key of ``GRAPH_FAMILIES``.
    n_nodes : int
        Number of nodes, more than ``mean_degree``.
    mean_degree : int
        Expected number of neighbours; even for the families in ``EVEN_DEGREE_FAMILIES``.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    csr_array of float64, shape (n_nodes, n_nodes)
    """
    pairs = GRAPH_FAMILIES[family](n_nodes, mean_degree, rng)
    rows = np.concatenate([pairs[:, 0], pairs[:, 1]])
    columns = np.concatenate([pairs[:, 1], pairs[:, 0]])
    return sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(n_nodes, n_nodes))


def _barabasi_albert(n_nodes: int, mean_degree: int, rng: np.random.Generator) -> Pairs:
    """Grow from a star: each new node links to ``mean_degree / 2`` distinct nodes in proportion to degree.

    A target is the node at a random place in the list of all edge ends so far. That place is the older
    end of an edge, which is known, or its newer choice, which is a place in turn: following places down to
    a known node resolves all edges at once (Batagelj & Brandes 2005; Sanders & Schulz 2016).
    """
    n_links = mean_degree // 2
    newcomers = np.concatenate(
        [np.arange(1, n_links + 1), np.repeat(np.arange(n_links + 1, n_nodes), n_links)]
    ).astype(np.int64)
    # Place 2k is the newcomer of edge k and place 2k + 1 its target; earlier nodes own the first 2k0 places.
    n_places = 2 * n_links * (newcomers[n_links:] - n_links)
    places = rng.integers(0, n_places)
    targets = _follow(places, newcomers, n_links)
    while len(repeated := _repeated_targets(targets, n_links)):
        places[repeated] = rng.integers(0, n_places[repeated])
        targets = _follow(places, newcomers, n_links)
    return np.column_stack([newcomers, np.concatenate([np.zeros(n_links, dtype=np.int64), targets])])


def _follow(places: Pairs, newcomers: Pairs, n_links: int) -> Pairs:
    """Return the node at each place; the first ``n_links`` edges are the star around node 0."""
    place = places.copy()
    unresolved = np.arange(len(place))
    while len(unresolved):
        edge, is_target = np.divmod(place[unresolved], 2)
        follows = (is_target == 1) & (edge >= n_links)
        unresolved, edge = unresolved[follows], edge[follows]
        place[unresolved] = places[edge - n_links]
    edge, is_target = np.divmod(place, 2)
    return np.where(is_target == 1, 0, newcomers[edge])


def _repeated_targets(targets: Pairs, n_links: int) -> Pairs:
    """Return the positions of targets that their newcomer has already chosen."""
    table = targets.reshape(-1, n_links)
    order = np.argsort(table, axis=1, kind="stable")
    ordered = np.take_along_axis(table, order, axis=1)
    row, column = np.nonzero(ordered[:, 1:] == ordered[:, :-1])
    return row * n_links + order[row, column + 1]


def _erdos_renyi(n_nodes: int, mean_degree: int, rng: np.random.Generator) -> Pairs:
    """Link each pair with the same probability."""
    return _pairs_within(n_nodes, mean_degree / (n_nodes - 1), rng)


def _stochastic_block_model(n_nodes: int, mean_degree: int, rng: np.random.Generator) -> Pairs:
    """Draw two halves with three times as many links within as between."""
    half = n_nodes // 2
    rest = n_nodes - half
    within, between = (min(1.0, share * mean_degree / n_nodes) for share in (1.5, 0.5))
    return np.concatenate(
        [
            _pairs_within(half, within, rng),
            _pairs_within(rest, within, rng) + half,
            _pairs_between(half, rest, between, rng) + np.array([0, half]),
        ]
    )


def _watts_strogatz(n_nodes: int, mean_degree: int, rng: np.random.Generator) -> Pairs:
    """Link a ring's nearest neighbours, then give a tenth of the links a random far end."""
    near = np.repeat(np.arange(n_nodes), mean_degree // 2)
    far = (near + np.tile(np.arange(1, mean_degree // 2 + 1), n_nodes)) % n_nodes
    moves = rng.random(len(near)) < _REWIRED_SHARE
    # Links that stay come first, so that of two equal links it is the moving one that is drawn again.
    near, far = (np.concatenate([ends[~moves], ends[moves]]) for ends in (near, far))
    n_staying = np.count_nonzero(~moves)
    moving = np.arange(n_staying, len(near))
    for _ in range(_REWIRING_ROUNDS):
        far[moving] = rng.integers(0, n_nodes, size=len(moving))
        moving = n_staying + np.flatnonzero(_collides(near, far, n_nodes)[n_staying:])
        if not len(moving):
            break
    # Only in an almost complete graph is there no free end left; such links are dropped.
    free = ~_collides(near, far, n_nodes)
    return np.column_stack([near[free], far[free]])


def _collides(near: Pairs, far: Pairs, n_nodes: int) -> NDArray[np.bool_]:
    """Flag links to oneself, and every link of a pair that is linked more than once but one."""
    codes = np.minimum(near, far) * n_nodes + np.maximum(near, far)
    _, first = np.unique(codes, return_index=True)
    collides = np.ones(len(codes), dtype=bool)
    collides[first] = False
    return collides | (near == far)


def _cliques(n_nodes: int, mean_degree: int, rng: np.random.Generator) -> Pairs:
    """Split the nodes into groups of ``mean_degree + 1`` and link everybody within a group."""
    group = np.arange(n_nodes) // (mean_degree + 1)
    steps = [np.arange(n_nodes - step) for step in range(1, mean_degree + 1)]
    near = np.concatenate(steps)
    far = np.concatenate([start + step for step, start in enumerate(steps, 1)])
    same = group[near] == group[far]
    return np.column_stack([near[same], far[same]])


def _pairs_within(n_nodes: int, probability: float, rng: np.random.Generator) -> Pairs:
    n_possible = n_nodes * (n_nodes - 1) // 2
    return _decode_pairs(_sample_codes(n_possible, probability, rng))


def _decode_pairs(codes: Pairs) -> Pairs:
    """Return the pair with each number, counting (0, 1), (0, 2), (1, 2), (0, 3), ... from zero."""
    # Whole numbers below 2**53 have exact roots where they are squares: enough for 30 million nodes.
    larger = ((1 + np.sqrt(1 + 8 * codes.astype(np.float64))) / 2).astype(np.int64)
    return np.column_stack([codes - larger * (larger - 1) // 2, larger])


def _pairs_between(n_left: int, n_right: int, probability: float, rng: np.random.Generator) -> Pairs:
    codes = _sample_codes(n_left * n_right, probability, rng)
    return np.column_stack(np.divmod(codes, n_right))


def _sample_codes(n_possible: int, probability: float, rng: np.random.Generator) -> Pairs:
    """Keep each of ``n_possible`` pairs with the same probability."""
    n_kept = rng.binomial(n_possible, min(1.0, probability))
    return rng.choice(n_possible, size=n_kept, replace=False, shuffle=False)


GRAPH_FAMILIES: dict[str, Callable[[int, int, np.random.Generator], Pairs]] = {
    "barabasi_albert": _barabasi_albert,
    "erdos_renyi": _erdos_renyi,
    "sbm": _stochastic_block_model,
    "watts_strogatz": _watts_strogatz,
    "cliques": _cliques,
}
EVEN_DEGREE_FAMILIES: Iterable[str] = frozenset({"barabasi_albert", "watts_strogatz"})
