"""Noise that linked nodes share, with a standard normal distribution at every node."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse


def neighbourhood_noise(
    adjacency: sparse.csr_array, share: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Draw z = sqrt(1 - share) e + sqrt(share) u, where u averages white noise over closed neighbourhoods.

    Each z is N(0, 1). With N[i] the node i and its neighbours, two nodes have correlation
    share |N[i] & N[j]| / sqrt(|N[i]| |N[j]|): the whole share inside a clique, less along other links,
    nothing from three steps on.

    Parameters
    ----------
    adjacency : csr_array, shape (n_nodes, n_nodes)
        Symmetric links; their weights are not used.
    share : float
        Share of the variance that a closed neighbourhood has in common, in [0, 1).
    rng : numpy.random.Generator
        Source of randomness.
    """
    n_nodes = adjacency.shape[0]
    own = rng.normal(size=n_nodes)
    if share == 0:
        return own
    white = rng.normal(size=n_nodes)
    links = adjacency.astype(bool).astype(np.float64)
    neighbourhood_sizes = 1 + np.asarray(links.sum(axis=1))
    shared = (white + links @ white) / np.sqrt(neighbourhood_sizes)
    return np.sqrt(1 - share) * own + np.sqrt(share) * shared
