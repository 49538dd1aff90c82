"""Shortest-path distances up to a limit, in blocks of rows."""

from collections.abc import Iterator

import numpy as np
from scipy import sparse

MAX_DISTANCE = 126


def distance_blocks(
    adjacency: sparse.csr_array, max_distance: int, block_rows: int = 4096
) -> Iterator[sparse.csr_array]:
    """Yield, for each block of rows in order, the path distances 1..max_distance to all nodes.

    The blocks are int8 CSR matrices with one row for each node of the block and sorted columns; pairs
    that are farther apart, and each node's distance to itself, are not stored. Memory is that of one block.
    """
    pattern = adjacency.astype(bool)
    n_nodes = pattern.shape[0]
    for start in range(0, n_nodes, block_rows):
        stop = min(start + block_rows, n_nodes)
        yield _distances_from(pattern, start, stop, max_distance)


def _distances_from(pattern: sparse.csr_array, start: int, stop: int, max_distance: int) -> sparse.csr_array:
    n_rows, n_nodes = stop - start, pattern.shape[0]
    own = sparse.csr_array(
        (np.ones(n_rows, dtype=bool), (np.arange(n_rows), np.arange(start, stop))), shape=(n_rows, n_nodes)
    )
    seen, frontier = own, own
    distances = sparse.csr_array((n_rows, n_nodes), dtype=np.int8)
    for distance in range(1, max_distance + 1):
        frontier = (frontier @ pattern) > seen
        if frontier.nnz == 0:
            break
        seen = seen + frontier
        distances = distances + frontier.astype(np.int8) * np.int8(distance)
    distances.sort_indices()
    return distances
