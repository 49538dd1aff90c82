"""The network of units: an immutable undirected graph over the rows of a table."""

from typing import Any, Literal

import networkx
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from causalkit._environments import group_rows
from causalkit._validation import check_choice, check_scalar_argument
from causalkit.graphs._distances import MAX_DISTANCE, distance_blocks
from causalkit.graphs._edges import (
    check_positions,
    check_weights,
    cliques,
    edges_from_pairs,
    index_of,
    positions_of,
    read_edge_table,
    warn_about_self_loops,
    without_diagonal,
)


class Network:
    """An undirected network whose i-th node is the i-th row of the data.

    A network is stored once as a symmetric sparse matrix and never changes. It can be indexed by rows, which
    gives the induced subgraph, so that scikit-learn's metadata routing hands each fold its own part.

    Parameters
    ----------
    adjacency : sparse matrix, sparse array or ndarray, shape (n_nodes, n_nodes)
        Symmetric matrix of edge weights; an entry that is not zero is an edge. Weights must be positive.
        Entries on the diagonal are dropped with a warning.
    node_ids : array-like, shape (n_nodes,), optional
        Distinct names of the nodes in row order.

    Attributes
    ----------
    adjacency : csr_array of float32, shape (n_nodes, n_nodes)
        Edge weights, with sorted columns, without a diagonal; its arrays are read-only.
    node_ids : ndarray, shape (n_nodes,)
        Names of the nodes; ``0..n_nodes-1`` where none were given.
    degrees : ndarray of int64, shape (n_nodes,)
        Number of neighbours of each node (weights are not counted).
    n_nodes, n_edges : int
        Number of nodes, and of undirected edges.

    Raises
    ------
    ValueError
        If the matrix is not square and symmetric, a weight is negative or not finite, or ``node_ids`` repeat
        or have another length.

    See Also
    --------
    causalkit.graphs.as_network : Makes a network of whatever holds a graph.

    Examples
    --------
    >>> from causalkit.graphs import Network
    >>> network = Network.from_edges([("ann", "bo"), ("bo", "cy")], node_ids=["ann", "bo", "cy", "di"])
    >>> network
    Network(n_nodes=4, n_edges=2, mean_degree=1)
    >>> network.degrees
    array([1, 2, 1, 0])
    >>> network[[1, 2]].n_edges
    1
    """

    __slots__ = ("_adjacency", "_node_ids")

    _adjacency: sparse.csr_array
    _node_ids: pd.Index | None

    def __init__(self, adjacency: Any, node_ids: ArrayLike | None = None) -> None:
        matrix = checked_matrix(adjacency)
        if (matrix != matrix.T).nnz:
            raise ValueError(
                "adjacency must be symmetric; got a matrix that differs from its transpose "
                "(as_network makes a directed graph undirected)"
            )
        self._store(matrix, None if node_ids is None else index_of(node_ids, matrix.shape[0]))

    def _store(self, matrix: sparse.csr_array, node_ids: pd.Index | None) -> None:
        matrix.sort_indices()
        for array in (matrix.data, matrix.indices, matrix.indptr):
            array.flags.writeable = False
        object.__setattr__(self, "_adjacency", matrix)
        object.__setattr__(self, "_node_ids", node_ids)

    @classmethod
    def _trusted(cls, matrix: sparse.csr_array, node_ids: pd.Index | None = None) -> "Network":
        network = cls.__new__(cls)
        network._store(matrix, node_ids)
        return network

    @classmethod
    def from_edges(
        cls,
        edges: pd.DataFrame | ArrayLike,
        *,
        n_nodes: int | None = None,
        node_ids: ArrayLike | None = None,
        source: str = "source",
        target: str = "target",
        weight: str | None = None,
    ) -> "Network":
        """Make a network of a table of edges.

        The edges are undirected. A pair that is listed more than once, in either direction, is one edge: of
        weight 1 without ``weight``, of the sum of its weights otherwise. Edges from a node to itself are
        dropped with a warning.

        Parameters
        ----------
        edges : DataFrame, or array-like of shape (n_edges, 2)
            The two ends of each edge: names in ``node_ids`` where those are given, row positions otherwise.
        n_nodes : int, optional
            Number of nodes; without it and ``node_ids``, the largest position plus one.
        node_ids : array-like, shape (n_nodes,), optional
            Distinct names of the nodes in row order; nodes without an edge are listed too.
        source, target : str
            Columns of ``edges`` that hold the ends.
        weight : str, optional
            Column of ``edges`` that holds positive weights.

        Raises
        ------
        ValueError
            If an end is missing or unknown, or a weight is not positive and finite.

        Examples
        --------
        >>> import pandas as pd
        >>> ties = pd.DataFrame({"source": ["a", "b", "c"], "target": ["b", "a", "a"]})
        >>> Network.from_edges(ties, node_ids=["a", "b", "c"]).edges()
        array([[0, 1],
               [0, 2]])
        """
        first, second, weights = read_edge_table(edges, source=source, target=target, weight=weight)
        if node_ids is None:
            if n_nodes is not None:
                check_scalar_argument(n_nodes, "n_nodes", integer=True, low=0)
            sources, targets, count = check_positions(first, second, n_nodes)
            return cls._trusted(edges_from_pairs(sources, targets, weights, count))
        names = index_of(node_ids, n_nodes)
        ends = pd.Index(pd.concat([first, second], ignore_index=True), tupleize_cols=False)
        pairs = positions_of(ends, names)
        matrix = edges_from_pairs(pairs[: len(first)], pairs[len(first) :], weights, len(names))
        return cls._trusted(matrix, names)

    @classmethod
    def from_groups(cls, labels: ArrayLike, *, missing: Literal["error", "isolate"] = "error") -> "Network":
        """Link all pairs of rows that share a label, such as the people of one village.

        Parameters
        ----------
        labels : array-like, shape (n_nodes,)
            A group label for each row.
        missing : {"error", "isolate"}
            Whether a missing label is refused or leaves its row without neighbours.

        Raises
        ------
        ValueError
            If labels are missing, or the groups hold more than 25 million pairs in all.

        Examples
        --------
        >>> Network.from_groups(["north", "south", "north", "north"]).degrees
        array([2, 0, 2, 2])
        """
        check_choice(missing, "missing", ("error", "isolate"))
        n_nodes = len(np.atleast_1d(np.asarray(labels, dtype=object)))
        rows = np.arange(n_nodes)
        if missing == "isolate":
            rows = np.flatnonzero(~np.asarray(pd.isna(np.asarray(labels, dtype=object))))
            labels = pd.Series(labels).iloc[rows]
        return cls._trusted(cliques(group_rows(labels, name="labels"), rows, n_nodes))

    @classmethod
    def from_networkx(cls, graph: "networkx.Graph", weight: str | None = None) -> "Network":
        """Make a network of a networkx graph; a directed graph becomes undirected.

        Parameters
        ----------
        graph : networkx.Graph
            If its nodes are the numbers 0 to n-1, node ``i`` is row ``i``; otherwise rows follow the order of
            ``graph.nodes`` and the names are kept in ``node_ids``.
        weight : str, optional
            Edge attribute that holds the weights; without it every edge has weight 1.

        Examples
        --------
        >>> import networkx as nx
        >>> Network.from_networkx(nx.karate_club_graph())
        Network(n_nodes=34, n_edges=78, mean_degree=4.59)
        """
        names = list(graph.nodes)
        numbered = _is_numbered(names)
        order = range(len(names)) if numbered else names
        if not names:
            return cls._trusted(sparse.csr_array((0, 0), dtype=np.float32))
        matrix = networkx.to_scipy_sparse_array(
            graph, nodelist=order, weight=weight, dtype=np.float64, format="csr"
        )
        if weight is None:
            matrix.data[:] = 1.0
        ids = None if numbered else index_of(names, None)
        return cls._trusted(symmetrised(checked_matrix(matrix)), ids)

    @classmethod
    def from_pyg(cls, data: Any) -> "Network":
        """Make a network of a ``torch_geometric.data.Data``; the direction of its edges is dropped.

        Parameters
        ----------
        data : torch_geometric.data.Data
            ``edge_index`` of shape (2, n_edges), ``num_nodes`` and, where there is one, ``edge_weight``.
        """
        ends = _to_numpy(data.edge_index).reshape(2, -1).astype(np.int64)
        weight = getattr(data, "edge_weight", None)
        values = np.ones(ends.shape[1], np.float32) if weight is None else check_weights(_to_numpy(weight))
        n_nodes = int(data.num_nodes)
        check_positions(pd.Series(ends[0]), pd.Series(ends[1]), n_nodes)
        matrix = sparse.coo_array((values, (ends[0], ends[1])), shape=(n_nodes, n_nodes)).tocsr()
        if weight is None:
            matrix.data[:] = 1.0
        return cls._trusted(symmetrised(checked_matrix(matrix)))

    @property
    def adjacency(self) -> sparse.csr_array:
        """Symmetric matrix of edge weights, float32, read-only, shape (n_nodes, n_nodes)."""
        return self._adjacency

    @property
    def node_ids(self) -> NDArray[Any]:
        """Names of the nodes in row order, shape (n_nodes,)."""
        return self.ids.to_numpy()

    @property
    def ids(self) -> pd.Index:
        """Names of the nodes in row order, as a pandas index."""
        return pd.RangeIndex(self.n_nodes) if self._node_ids is None else self._node_ids

    @property
    def has_node_ids(self) -> bool:
        """Whether the nodes were given names of their own."""
        return self._node_ids is not None

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return int(self._adjacency.shape[0])

    @property
    def n_edges(self) -> int:
        """Number of undirected edges."""
        return int(self._adjacency.nnz) // 2

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of the adjacency matrix, (n_nodes, n_nodes)."""
        return self.n_nodes, self.n_nodes

    @property
    def degrees(self) -> NDArray[np.int64]:
        """Number of neighbours of each node, shape (n_nodes,)."""
        return np.diff(self._adjacency.indptr).astype(np.int64)

    @property
    def n_components(self) -> int:
        """Number of connected components; a node without neighbours is one of its own."""
        return int(sparse.csgraph.connected_components(self._adjacency, directed=False)[0])

    def component_labels(self) -> NDArray[np.int64]:
        """Return the number of each node's connected component, shape (n_nodes,)."""
        labels = sparse.csgraph.connected_components(self._adjacency, directed=False)[1]
        return labels.astype(np.int64)

    def random_walk(self) -> sparse.csr_array:
        """Return the adjacency with rows that sum to one, so that a product takes neighbours' means.

        Returns
        -------
        csr_array of float32, shape (n_nodes, n_nodes)
            Rows of nodes without neighbours are empty.
        """
        return self._scaled(1.0 / self._strengths(), None)

    def symmetric(self) -> sparse.csr_array:
        """Return the adjacency divided by the roots of the weight sums of both ends of an edge.

        Returns
        -------
        csr_array of float32, shape (n_nodes, n_nodes)
        """
        root = 1.0 / np.sqrt(self._strengths())
        return self._scaled(root, root)

    def _strengths(self) -> NDArray[np.float64]:
        total = np.asarray(self._adjacency.sum(axis=1, dtype=np.float64)).ravel()
        return np.where(total > 0, total, 1.0)

    def _scaled(self, left: NDArray[np.float64], right: NDArray[np.float64] | None) -> sparse.csr_array:
        matrix = self._adjacency
        data = matrix.data * np.repeat(left.astype(np.float32), np.diff(matrix.indptr))
        if right is not None:
            data *= right.astype(np.float32)[matrix.indices]
        return sparse.csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)

    def edges(self) -> NDArray[np.int64]:
        """Return the row positions of both ends of each edge, the smaller first, shape (n_edges, 2)."""
        upper = sparse.triu(self._adjacency, k=1, format="coo")
        pairs = np.column_stack([upper.row, upper.col]).astype(np.int64)
        return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]

    def path_distances(self, max_distance: int) -> sparse.csr_array:
        """Return the number of steps between nodes, up to a limit.

        Parameters
        ----------
        max_distance : int
            Largest distance to keep, between 1 and 126.

        Returns
        -------
        csr_array of int8, shape (n_nodes, n_nodes)
            Entries 1 to ``max_distance``; pairs farther apart and the diagonal are not stored. Memory grows
            with the number of stored pairs.

        Examples
        --------
        >>> Network.from_edges([(0, 1), (1, 2), (2, 3)]).path_distances(2).toarray()
        array([[0, 1, 2, 0],
               [1, 0, 1, 2],
               [2, 1, 0, 1],
               [0, 2, 1, 0]], dtype=int8)
        """
        check_scalar_argument(max_distance, "max_distance", integer=True, low=1, high=MAX_DISTANCE)
        blocks = list(distance_blocks(self._adjacency, max_distance))
        if not blocks:
            return sparse.csr_array((0, 0), dtype=np.int8)
        return sparse.vstack(blocks, format="csr", dtype=np.int8)

    def to_networkx(self) -> "networkx.Graph":
        """Return a ``networkx.Graph`` with the node names and an edge attribute ``weight``."""
        graph = networkx.from_scipy_sparse_array(self._adjacency)
        if self._node_ids is None:
            return graph
        return networkx.relabel_nodes(graph, dict(enumerate(self._node_ids)))

    def __getitem__(self, rows: Any) -> "Network":
        """Return the subgraph of the chosen rows, in their order; a row may be chosen once only."""
        chosen = self._positions(rows)
        matrix = self._adjacency[chosen][:, chosen].tocsr()
        return Network._trusted(matrix, None if self._node_ids is None else self._node_ids[chosen])

    def _positions(self, rows: Any) -> NDArray[np.int64]:
        if isinstance(rows, tuple) and len(rows) == 2 and rows[1] is Ellipsis:
            # The form in which scikit-learn indexes the rows of anything that has a shape.
            rows = rows[0]
        key = rows if isinstance(rows, slice) else np.asarray(rows)
        if not isinstance(key, slice) and key.size == 0:
            key = key.astype(np.int64)
        if not isinstance(key, slice) and (key.ndim != 1 or key.dtype.kind not in "biu"):
            raise TypeError(f"rows must be a slice, row positions or a boolean mask; got {rows!r}")
        chosen = np.arange(self.n_nodes)[key]
        counts = np.bincount(chosen, minlength=self.n_nodes) if len(chosen) else np.zeros(1, dtype=int)
        if counts.max() > 1:
            row = int(np.argmax(counts))
            raise ValueError(f"rows must not repeat in a network; got row {row} {counts[row]} times")
        return chosen

    def __len__(self) -> int:
        return self.n_nodes

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Network):
            return NotImplemented
        mine, theirs = self._adjacency, other._adjacency
        return (
            mine.shape == theirs.shape
            and np.array_equal(mine.indptr, theirs.indptr)
            and np.array_equal(mine.indices, theirs.indices)
            and np.array_equal(mine.data, theirs.data)
            and np.array_equal(self.node_ids, other.node_ids)
        )

    __hash__ = None  # type: ignore[assignment]

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"a Network cannot be changed; {name!r} cannot be set")

    def __reduce__(self) -> tuple[Any, ...]:
        return Network._trusted, (self._adjacency, self._node_ids)

    def __copy__(self) -> "Network":
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> "Network":
        return self

    def __repr__(self) -> str:
        mean = 2 * self.n_edges / self.n_nodes if self.n_nodes else 0.0
        return f"Network(n_nodes={self.n_nodes}, n_edges={self.n_edges}, mean_degree={mean:.3g})"


def symmetrised(matrix: sparse.csr_array) -> sparse.csr_array:
    """Return the larger of the matrix and its transpose, entry by entry."""
    return matrix.maximum(matrix.T).tocsr()


def checked_matrix(adjacency: Any, *, name: str = "adjacency") -> sparse.csr_array:
    """Return a square matrix of edge weights as its own float32 copy, without a diagonal."""
    if not sparse.issparse(adjacency):
        adjacency = np.asarray(adjacency)
    if adjacency.ndim != 2 or adjacency.shape[0] != adjacency.shape[1]:
        raise ValueError(
            f"{name} must be a square matrix; got shape {adjacency.shape} "
            "(Network.from_edges takes a table of edges)"
        )
    if adjacency.dtype.kind not in "biuf":
        raise ValueError(f"{name} must be numeric; got dtype {adjacency.dtype}")
    # Always a copy: the arrays are made read-only, which must not reach the caller's matrix.
    matrix = sparse.csr_array(adjacency, dtype=np.float32, copy=True)
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    check_weights(matrix.data)
    n_loops = int(np.count_nonzero(matrix.diagonal()))
    if n_loops:
        warn_about_self_loops(n_loops)
        matrix = without_diagonal(matrix)
    return matrix


def _is_numbered(names: list[Any]) -> bool:
    integers = all(isinstance(name, (int, np.integer)) and not isinstance(name, bool) for name in names)
    return integers and set(names) == set(range(len(names)))


def _to_numpy(tensor: Any) -> NDArray[Any]:
    return np.asarray(tensor.detach().cpu() if hasattr(tensor, "detach") else tensor)
