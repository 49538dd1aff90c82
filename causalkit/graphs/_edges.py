"""Tables of edges and lists of groups turned into a symmetric sparse matrix."""

import warnings
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from causalkit._environments import Groups

_MAX_LISTED = 5
_MAX_CLIQUE_ENTRIES = 50_000_000


def edges_from_pairs(
    sources: NDArray[np.int64], targets: NDArray[np.int64], weights: NDArray[Any] | None, n_nodes: int
) -> sparse.csr_array:
    """Return the symmetric adjacency of undirected edges; repeated edges are merged.

    Without weights an edge has weight 1 however often it is listed; with weights they are summed over all
    rows that list the pair, in either direction.
    """
    keep = drop_self_loops(sources, targets)
    if keep is not None:
        sources, targets = sources[keep], targets[keep]
        weights = None if weights is None else weights[keep]
    low, high = np.minimum(sources, targets), np.maximum(sources, targets)
    values = np.ones(len(low), dtype=np.float32) if weights is None else weights
    upper = sparse.coo_array((values, (low, high)), shape=(n_nodes, n_nodes)).tocsr()
    if weights is None:
        upper.data = np.ones(upper.nnz, dtype=np.float32)
    return (upper + upper.T).tocsr()


def drop_self_loops(sources: NDArray[np.int64], targets: NDArray[np.int64]) -> NDArray[np.bool_] | None:
    """Return which edges are no self-loops, with a warning that counts them; None if all are kept."""
    loops = sources == targets
    if not loops.any():
        return None
    warn_about_self_loops(int(loops.sum()))
    return ~loops


def warn_about_self_loops(count: int) -> None:
    """Say how many self-loops are left out; a node is never its own neighbour."""
    warnings.warn(
        f"{count} self-loop{'' if count == 1 else 's'} dropped from the graph; "
        "remove edges from a node to itself to silence this",
        UserWarning,
        stacklevel=2,
    )


def read_edge_table(
    edges: Any, *, source: str, target: str, weight: str | None
) -> tuple[pd.Series, pd.Series, NDArray[np.float32] | None]:
    """Return the end points and weights of the rows of an edge table, checked for missing entries."""
    table = _as_table(edges, source=source, target=target)
    columns = [source, target] if weight is None else [source, target, weight]
    lacking = [name for name in columns if name not in table.columns]
    if lacking:
        raise ValueError(
            f"edges must have the columns {columns}; {lacking} not found among "
            f"{list(map(str, table.columns))}"
        )
    for name in columns:
        missing = np.flatnonzero(table[name].isna().to_numpy())
        if len(missing):
            raise ValueError(
                f"edges must not have missing entries; column {name!r} has {len(missing)} "
                f"(first at row {missing[0]})"
            )
    return table[source], table[target], None if weight is None else check_weights(table[weight])


def _as_table(edges: Any, *, source: str, target: str) -> pd.DataFrame:
    if isinstance(edges, pd.DataFrame):
        return edges
    array = np.asarray(edges)
    if array.size == 0 and array.ndim < 2:
        array = np.empty((0, 2), dtype=np.int64)
    if array.ndim != 2 or array.shape[1] != 2:
        raise ValueError(f"edges must be a DataFrame or have shape (n_edges, 2); got shape {array.shape}")
    return pd.DataFrame(array, columns=[source, target])


def check_weights(weights: Any) -> NDArray[np.float32]:
    """Return edge weights as float32; each must be a positive finite number."""
    try:
        values = np.asarray(weights, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"edge weights must be numbers; got dtype {np.asarray(weights).dtype}") from None
    bad = np.flatnonzero(~(np.isfinite(values) & (values > 0)))
    if len(bad):
        raise ValueError(
            f"edge weights must be positive and finite; got {values[bad[0]]:g} at edge {bad[0]} "
            f"({len(bad)} such weights)"
        )
    return values.astype(np.float32)


def index_of(node_ids: Any, n_nodes: int | None) -> pd.Index:
    """Return the names of nodes as an index, checked to be distinct and complete."""
    names = node_ids if isinstance(node_ids, pd.Index) else pd.Index(node_ids, tupleize_cols=False)
    if n_nodes is not None and len(names) != n_nodes:
        raise ValueError(f"node_ids must have one name for each node; got {len(names)} and {n_nodes} nodes")
    if names.hasnans:
        raise ValueError(f"node_ids must not be missing; got {np.count_nonzero(names.isna())} missing")
    repeated = names[names.duplicated()]
    if len(repeated):
        raise ValueError(f"node_ids must be distinct; got {repeated[0]!r} more than once")
    return names


def positions_of(names: pd.Index, node_ids: pd.Index, *, what: str = "edges") -> NDArray[np.int64]:
    """Return the position of each name among ``node_ids``; names that are not there are an error."""
    positions = node_ids.get_indexer(names)
    unknown = names[positions < 0].unique()
    if len(unknown):
        raise ValueError(
            f"{what} must only name known nodes; got {len(unknown)} unknown: {listing(list(unknown))} "
            f"(known ones are such as {listing(list(node_ids[:2]))})"
        )
    return positions.astype(np.int64, copy=False)


def listing(names: list[Any]) -> str:
    """Return the first five names as text."""
    shown = [name.item() if isinstance(name, np.generic) else name for name in names[:_MAX_LISTED]]
    return repr(shown)[:-1] + (", ...]" if len(names) > _MAX_LISTED else "]")


def check_positions(
    sources: pd.Series, targets: pd.Series, n_nodes: int | None
) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Return end points that are row positions 0..n_nodes-1, and the number of nodes."""
    for column in (sources, targets):
        if len(column) and not pd.api.types.is_integer_dtype(column.dtype):
            raise ValueError(
                f"edges must hold row positions when node_ids is not given; column {column.name!r} has dtype "
                f"{column.dtype} (pass node_ids, the names of the nodes in row order)"
            )
    first, second = sources.to_numpy(dtype=np.int64), targets.to_numpy(dtype=np.int64)
    largest = max(first.max(), second.max()) if len(first) else -1
    smallest = min(first.min(), second.min()) if len(first) else 0
    count = int(largest) + 1 if n_nodes is None else n_nodes
    if smallest < 0 or largest >= count:
        bad = smallest if smallest < 0 else largest
        raise ValueError(f"edges must hold row positions from 0 to {count - 1}; got {bad}")
    return first, second, count


def cliques(groups: Groups, rows: NDArray[np.int64], n_nodes: int) -> sparse.csr_array:
    """Link all pairs of ``rows`` that share a group; other nodes stay without neighbours."""
    sizes = groups.sizes.astype(np.float64)
    n_entries = float(np.sum(sizes * (sizes - 1)))
    if n_entries > _MAX_CLIQUE_ENTRIES:
        raise ValueError(
            f"labels would link {n_entries / 2:,.0f} pairs, more than {_MAX_CLIQUE_ENTRIES // 2:,}; the "
            f"largest group has {groups.sizes.max():,} rows: use finer groups, or give the known ties to "
            "Network.from_edges"
        )
    ones = np.ones(len(rows), dtype=np.float32)
    member = sparse.csr_array((ones, (rows, groups.codes)), shape=(n_nodes, groups.n_groups))
    return without_diagonal((member @ member.T).tocsr())


def without_diagonal(adjacency: sparse.csr_array) -> sparse.csr_array:
    """Return the matrix without its diagonal entries, explicit zeros included."""
    row_of = np.repeat(np.arange(adjacency.shape[0]), np.diff(adjacency.indptr))
    keep = (row_of != adjacency.indices) & (adjacency.data != 0)
    if keep.all():
        return adjacency
    counts = np.bincount(row_of[keep], minlength=adjacency.shape[0])
    indptr = np.concatenate([[0], np.cumsum(counts)]).astype(adjacency.indptr.dtype)
    return sparse.csr_array((adjacency.data[keep], adjacency.indices[keep], indptr), shape=adjacency.shape)
