"""Whatever holds a graph turned into a Network: the one place where that happens."""

from typing import Any

import networkx
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import sparse

from causalkit._validation import check_scalar_argument
from causalkit.graphs._edges import index_of, listing, positions_of
from causalkit.graphs._network import Network, checked_matrix, symmetrised


def as_network(graph: Any, n_nodes: int | None = None, node_ids: ArrayLike | None = None) -> Network:
    """Make a network of whatever holds a graph, with its nodes in the order of the rows of the data.

    Parameters
    ----------
    graph : Network, networkx.Graph, torch_geometric Data, sparse matrix, ndarray, DataFrame or None
        - ``None``: no edges; needs ``n_nodes``.
        - a ``Network``: taken as it is, node ``i`` is row ``i`` whatever its names are.
        - a matrix: square, an entry that is not zero is an edge of that weight. A matrix that is not
          symmetric is replaced by the larger of itself and its transpose.
        - a ``networkx.Graph``: its nodes are the numbers 0 to n-1, or names in ``node_ids``. A directed graph
          becomes undirected.
        - a ``torch_geometric.data.Data``: ``edge_index`` and, where there is one, ``edge_weight``.
        - a DataFrame: an edge table with columns ``source`` and ``target`` and, optionally, ``weight``; the
          ends are names in ``node_ids``, row positions without them. Nodes in no edge have no neighbours.
    n_nodes : int, optional
        Number of rows of the data, which the number of nodes must equal.
    node_ids : array-like, shape (n_nodes,), optional
        Names of the rows, such as the index of a DataFrame; the nodes of a networkx graph are put in this
        order, and edge tables use these names.

    Returns
    -------
    Network
        ``graph`` itself where it already is a network.

    Raises
    ------
    ValueError
        If the number of nodes differs from ``n_nodes``, or names cannot be matched.
    TypeError
        If ``graph`` is nothing of the above.

    Examples
    --------
    >>> import pandas as pd
    >>> from causalkit.graphs import as_network
    >>> ties = pd.DataFrame({"source": ["ann", "bo"], "target": ["bo", "cy"]})
    >>> as_network(ties, node_ids=["cy", "bo", "ann", "di"]).degrees
    array([1, 2, 1, 0])
    """
    if n_nodes is not None:
        check_scalar_argument(n_nodes, "n_nodes", integer=True, low=0)
    if node_ids is not None and n_nodes is None:
        n_nodes = len(node_ids)  # type: ignore[arg-type]
    if graph is None:
        return _without_edges(n_nodes)
    if isinstance(graph, pd.DataFrame):
        return _from_table(graph, n_nodes, node_ids)
    network = _from_graph(graph)
    _check_size(network, n_nodes)
    if n_nodes is None or not isinstance(graph, networkx.Graph):
        return network
    return _in_row_order(network, _row_names(node_ids))


def _without_edges(n_nodes: int | None) -> Network:
    if n_nodes is None:
        raise ValueError("n_nodes must be given when graph is None; got n_nodes=None")
    return Network(sparse.csr_array((n_nodes, n_nodes), dtype=np.float32))


def _from_table(edges: pd.DataFrame, n_nodes: int | None, node_ids: ArrayLike | None) -> Network:
    if not {"source", "target"} <= set(edges.columns):
        raise ValueError(
            "graph given as a DataFrame must be an edge table with columns 'source' and 'target'; "
            f"got the columns {listing(list(edges.columns))}"
        )
    weight = "weight" if "weight" in edges.columns else None
    return Network.from_edges(edges, n_nodes=n_nodes, node_ids=node_ids, weight=weight)


def _from_graph(graph: Any) -> Network:
    if isinstance(graph, Network):
        return graph
    if isinstance(graph, networkx.Graph):
        has_weights = any(True for _, _, value in graph.edges(data="weight") if value is not None)
        return Network.from_networkx(graph, weight="weight" if has_weights else None)
    # Told by its attributes, so that torch is not imported for people who do not use it.
    if hasattr(graph, "edge_index"):
        return Network.from_pyg(graph)
    if sparse.issparse(graph) or isinstance(graph, np.ndarray):
        return Network._trusted(symmetrised(checked_matrix(graph, name="graph")))
    raise TypeError(
        "graph must be a Network, a networkx.Graph, a torch_geometric Data, a square matrix, a DataFrame "
        f"with source and target columns, or None; got {type(graph).__name__}"
    )


def _check_size(network: Network, n_nodes: int | None) -> None:
    if n_nodes is not None and network.n_nodes != n_nodes:
        raise ValueError(
            f"graph must have one node for each row of X; got {network.n_nodes} nodes and {n_nodes} rows"
        )


def _row_names(node_ids: ArrayLike | None) -> pd.Index | None:
    # An index that only counts the rows says nothing about which node a row is.
    counts_rows = isinstance(node_ids, pd.RangeIndex) and node_ids.start == 0 and node_ids.step == 1
    return None if node_ids is None or counts_rows else index_of(node_ids, None)


def _in_row_order(network: Network, names: pd.Index | None) -> Network:
    if names is None or not network.ids.isin(names).any():
        if network.has_node_ids:
            raise ValueError(
                f"graph has named nodes, such as {listing(list(network.ids))}, but the rows of X have no "
                "such names: give X an index of node names, number the nodes 0 to n-1, or pass "
                "Network.from_networkx(graph) to say that row i is the i-th of graph.nodes"
            )
        return network
    positions = np.empty(network.n_nodes, dtype=np.int64)
    positions[positions_of(network.ids, names, what="graph")] = np.arange(network.n_nodes)
    return network[positions]
