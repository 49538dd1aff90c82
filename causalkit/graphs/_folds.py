"""Folds that keep neighbours together, for cross-fitting and cross-validation on a network."""

import heapq
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.model_selection import BaseCrossValidator
from sklearn.utils.validation import _num_samples

from causalkit._environments import group_rows
from causalkit._random import RandomState, child_generators
from causalkit._validation import check_scalar_argument
from causalkit.graphs._communities import Labels, WeightedGraph, community_levels, merge_nodes
from causalkit.graphs._convert import as_network
from causalkit.graphs._network import Network

_TOLERANCE = 0.1


class NetworkKFold(BaseCrossValidator):
    """K folds of nearly equal size with as few edges between them as can be had cheaply.

    Connected components stay whole where they are small enough, such as villages. A component that is
    larger than a fold is cut along its communities (Louvain's method), a community that is larger than a
    fold along the smaller ones that it was merged from. The largest piece then goes to the lightest fold;
    pieces are cut further until every fold has within 10 % of ``n / n_splits`` rows. Time is nearly linear in
    the number of edges.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, at least 2.
    buffer : int, default=0
        Rows within this many steps of a test fold are left out of its training rows.
    random_state : None, int, Generator or RandomState, default=None
        An integer gives the same folds at each call.

    Notes
    -----
    With scikit-learn's metadata routing enabled, ``graph`` and ``groups`` are requested by default, so that
    ``cross_validate(model, X, y, cv=NetworkKFold(), params={"graph": network})`` works.

    References
    ----------
    Blondel, V. D., Guillaume, J.-L., Lambiotte, R. and Lefebvre, E. (2008). Fast unfolding of communities in
    large networks. Journal of Statistical Mechanics, P10008.

    Examples
    --------
    >>> import numpy as np
    >>> from causalkit.graphs import Network, NetworkKFold
    >>> villages = Network.from_groups(["a", "a", "b", "b", "c", "c"])
    >>> for train, test in NetworkKFold(n_splits=3, random_state=0).split(np.zeros((6, 1)), graph=villages):
    ...     print(test)
    [0 1]
    [2 3]
    [4 5]
    """

    # Asked for by default: without the graph these are ordinary random folds.
    __metadata_request__split = {"graph": True, "groups": True}  # noqa: RUF012

    def __init__(self, n_splits: int = 5, buffer: int = 0, random_state: RandomState = None) -> None:
        self.n_splits = n_splits
        self.buffer = buffer
        self.random_state = random_state

    def split(
        self, X: Any, y: Any = None, groups: ArrayLike | None = None, *, graph: Any = None
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Yield the training rows and the test rows of each fold.

        Parameters
        ----------
        X : array-like with n rows
            Only its number of rows and, for a graph with named nodes, its index are used.
        y : ignored
        groups : array-like, shape (n,), optional
            Rows that share a label stay in one fold, whatever its size.
        graph : anything that ``as_network`` takes, optional
            Links between the rows; None means no edges and gives random folds.

        Yields
        ------
        train, test : ndarray of int64
            Ascending row positions.

        Raises
        ------
        ValueError
            If a setting is out of range, there are fewer rows (or groups) than folds, or the buffer leaves a
            fold without training rows.
        """
        check_scalar_argument(self.buffer, "buffer", integer=True, low=0)
        index = X.index if isinstance(X, pd.DataFrame) else None
        network = as_network(graph, n_nodes=_num_samples(X), node_ids=index)
        labels = fold_labels(network, self.n_splits, self.random_state, groups=groups)
        for i in range(self.n_splits):
            is_test = labels == i
            train = np.flatnonzero(~within_steps(network.adjacency, is_test, self.buffer))
            if not len(train):
                raise ValueError(
                    f"buffer must leave training rows in every fold; got buffer={self.buffer}, which leaves "
                    f"none in fold {i} (use a smaller buffer or more folds)"
                )
            yield train, np.flatnonzero(is_test)

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None, *, graph: Any = None) -> int:
        """Return the number of folds; scikit-learn hands over all that ``split`` takes."""
        return self.n_splits


def fold_labels(
    network: Network, n_splits: int, random_state: RandomState = None, *, groups: ArrayLike | None = None
) -> Labels:
    """Return the fold 0, ..., n_splits - 1 of each node, shape (n_nodes,); see ``NetworkKFold``."""
    check_scalar_argument(n_splits, "n_splits", integer=True, low=2)
    (rng,) = child_generators(random_state, 1)
    graph = WeightedGraph(network.adjacency, np.zeros(network.n_nodes))
    if groups is None:
        _check_enough(n_splits, network.n_nodes, "rows")
        return _fold_of_units(graph, np.ones(network.n_nodes, dtype=np.int64), n_splits, rng)
    grouped = group_rows(groups, name="groups", n_rows=network.n_nodes)
    _check_enough(n_splits, grouped.n_groups, "groups")
    return _fold_of_units(merge_nodes(graph, grouped.codes), grouped.sizes, n_splits, rng)[grouped.codes]


def within_steps(adjacency: sparse.csr_array, rows: NDArray[np.bool_], n_steps: int) -> NDArray[np.bool_]:
    """Return which nodes are at most ``n_steps`` from the marked ones, those included."""
    reached = rows
    for _ in range(n_steps):
        reached = reached | (adjacency @ reached.astype(np.float32) > 0)
    return reached


def _check_enough(n_splits: int, n_units: int, what: str) -> None:
    if n_splits > n_units:
        raise ValueError(
            f"n_splits must be at most the number of {what}; got {n_splits} folds and {n_units} {what}"
        )


def _fold_of_units(
    graph: WeightedGraph, sizes: NDArray[np.int64], n_splits: int, rng: np.random.Generator
) -> Labels:
    levels = _nested_pieces(graph, sizes.sum() / n_splits, sizes, rng)
    limit = sizes.sum() / n_splits
    while True:
        pieces = _cut(levels, sizes, limit)
        folds, loads = _pack(np.bincount(pieces, sizes), n_splits, rng)
        if _is_balanced(loads, sizes) or limit < 1:
            return folds[pieces]
        limit /= 2


def _nested_pieces(
    graph: WeightedGraph, limit: float, sizes: NDArray[np.int64], rng: np.random.Generator
) -> list[Labels]:
    """Return labels from single units up to connected components, each level a merger of the last."""
    components = sparse.csgraph.connected_components(graph.links, directed=False)[1].astype(np.int64)
    units = np.arange(len(sizes))
    if np.bincount(components, sizes).max() <= limit:
        return [units, components]
    return [units, *community_levels(graph, rng), components]


def _cut(levels: list[Labels], sizes: NDArray[np.int64], limit: float) -> Labels:
    """Return the largest pieces on any level that have at most ``limit`` rows, or are a single unit."""
    pieces = levels[-1]
    for finer in reversed(levels[:-1]):
        too_large = np.bincount(pieces, sizes)[pieces] > limit
        if not too_large.any():
            break
        pieces = np.where(too_large, len(pieces) + finer, pieces)
        pieces = np.unique(pieces, return_inverse=True)[1]
    return pieces


def _pack(
    piece_sizes: NDArray[Any], n_splits: int, rng: np.random.Generator
) -> tuple[Labels, NDArray[np.float64]]:
    """Put the largest piece into the lightest fold, again and again; ties fall at random."""
    shuffled = rng.permutation(len(piece_sizes))
    order = shuffled[np.argsort(-piece_sizes[shuffled], kind="stable")]
    folds = np.empty(len(piece_sizes), dtype=np.int64)
    lightest = [(0.0, i) for i in range(n_splits)]
    for piece, size in zip(order.tolist(), piece_sizes[order].tolist(), strict=True):
        load, fold = lightest[0]
        folds[piece] = fold
        heapq.heapreplace(lightest, (load + size, fold))
    return folds, np.array([load for load, _ in lightest])


def _is_balanced(loads: NDArray[np.float64], sizes: NDArray[np.int64]) -> bool:
    even = sizes.sum() / len(loads)
    # A group that is larger than a fold cannot be cut, and cutting the rest would not help.
    most = max(np.ceil(even), (1 + _TOLERANCE) * even, float(sizes.max()))
    least = 1.0 if sizes.max() > even else min(np.floor(even), (1 - _TOLERANCE) * even)
    return bool(loads.max() <= most and loads.min() >= least)
