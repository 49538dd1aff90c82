"""Sums of scores over all nodes within a distance of each node, in blocks of rows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from causalkit.graphs._network import Network
from causalkit.inference._scores import Floats

_BLOCK_PAIRS = 8_000_000


@dataclass(frozen=True)
class BallSums:
    """Counts and sums over balls: the nodes at most ``s`` steps away, a node itself included.

    Attributes
    ----------
    counts : ndarray of int64, shape (max_distance + 1, n)
        Number of nodes in the ball of radius ``s`` around each node.
    sums : ndarray, shape (max_distance + 1, n, k)
        Sums of the columns over those balls.
    """

    counts: NDArray[np.int64]
    sums: Floats

    @property
    def max_distance(self) -> int:
        """Largest radius that was affordable."""
        return len(self.counts) - 1


def ball_sums(network: Network, columns: Floats, max_distance: int, max_walks: float) -> BallSums:
    """Sum the columns over every ball up to a radius that takes at most ``max_walks`` additions.

    Only a block of rows is expanded at a time, so memory is that of the answer. Radius 1 is always
    affordable: its pairs are the edges.
    """
    n = len(columns)
    reach = (network.adjacency.astype(bool) + sparse.eye_array(n, dtype=bool, format="csr")).tocsr()
    max_distance, walks = _affordable(reach, max_distance, max_walks)
    running = np.cumsum(np.minimum(walks, n))
    counts = np.ones((max_distance + 1, n), dtype=np.int64)
    sums = np.repeat(columns[None], max_distance + 1, axis=0)
    start = 0
    while start < n and max_distance:
        stop = _block_end(running, start)
        ball = reach[start:stop]
        for s in range(1, max_distance + 1):
            ball = ball if s == 1 else ball @ reach
            counts[s, start:stop] = np.diff(ball.indptr)
            sums[s, start:stop] = ball @ columns
        start = stop
    return BallSums(counts, sums)


def _affordable(reach: sparse.csr_array, max_distance: int, max_walks: float) -> tuple[int, Floats]:
    """Return the largest radius that is affordable, and the number of walks of that length from each node.

    A product of sparse matrices visits each walk, so their number is the cost; it bounds the ball sizes.
    """
    steps = reach.astype(np.float64)
    walks = np.ones(reach.shape[0])
    for s in range(1, max_distance + 1):
        longer = steps @ walks
        if s > 1 and longer.sum() > max_walks:
            return s - 1, walks
        walks = longer
    return max_distance, walks


def _block_end(running: Floats, start: int) -> int:
    before = running[start - 1] if start else 0.0
    return max(start + 1, int(np.searchsorted(running, before + _BLOCK_PAIRS, side="right")))
