"""Slow, obvious versions of what the package computes, to compare with."""

from collections import deque

import numpy as np
from numpy.typing import NDArray


def path_distances(adjacency: NDArray[np.float64]) -> NDArray[np.float64]:
    """Number of steps between all pairs of nodes by breadth-first search; infinite where no path leads."""
    n = len(adjacency)
    distances = np.full((n, n), np.inf)
    for start in range(n):
        distances[start, start] = 0
        queue = deque([start])
        while queue:
            node = queue.popleft()
            for neighbour in np.flatnonzero(adjacency[node]):
                if np.isinf(distances[start, neighbour]):
                    distances[start, neighbour] = distances[start, node] + 1
                    queue.append(neighbour)
    return distances


def kernel_weight(kernel: str, x: float) -> float:
    """Weight of a pair at distance x in units of the bandwidth plus one."""
    if x >= 1:
        return 0.0
    if kernel == "truncated":
        return 1.0
    if kernel == "bartlett":
        return 1 - x
    return 1 - 6 * x**2 * (1 - x) if x <= 0.5 else 2 * (1 - x) ** 3


def network_hac(
    scores: NDArray[np.float64], adjacency: NDArray[np.float64], bandwidth: int, kernel: str
) -> NDArray[np.float64]:
    """Kernel estimate of the covariance of the means of the columns of scores, pair by pair."""
    n = len(scores)
    distances = path_distances(adjacency)
    centred = scores - scores.mean(axis=0)
    total = np.zeros((scores.shape[1], scores.shape[1]))
    for i in range(n):
        for j in range(n):
            weight = kernel_weight(kernel, distances[i, j] / (bandwidth + 1))
            total += weight * np.outer(centred[i], centred[j])
    return total / n**2
