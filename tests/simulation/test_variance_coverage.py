"""Coverage of 95 % intervals for a mean when linked rows share noise, on four kinds of network."""

import networkx as nx
import numpy as np
import pytest
from scipy import sparse, stats

from causalkit.graphs import Network
from causalkit.inference import mean_inference

N_NODES = 1000
N_RUNS = 200
GRAPHS = {
    "watts_strogatz": lambda seed: nx.watts_strogatz_graph(N_NODES, 8, 0.1, seed=seed),
    "erdos_renyi": lambda seed: nx.fast_gnp_random_graph(N_NODES, 8 / (N_NODES - 1), seed=seed),
    "barabasi_albert": lambda seed: nx.barabasi_albert_graph(N_NODES, 4, seed=seed),
    "geometric": lambda seed: nx.random_geometric_graph(N_NODES, np.sqrt(8 / np.pi / N_NODES), seed=seed),
}
# With a true coverage of .93 or more, fewer hits than this are seen once in 1000 tests.
FEWEST = stats.binom.ppf(0.001, N_RUNS, 0.93)


def share_covered(graph: str, shared: float, method: str) -> float:
    """Share of runs whose interval holds the mean of zero; noise e + shared * neighbours' mean of e."""
    hits = 0
    for seed in range(N_RUNS):
        network = Network.from_networkx(GRAPHS[graph](seed % 10))
        own = np.random.default_rng(seed).normal(size=N_NODES)
        low, high = mean_inference(
            own + shared * (network.random_walk() @ own), network=network, method=method
        ).conf_int()
        hits += low < 0 < high
    return hits / N_RUNS


@pytest.mark.simulation
@pytest.mark.parametrize("shared", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("graph", GRAPHS)
def test_network_interval_covers(graph: str, shared: float) -> None:
    assert share_covered(graph, shared, "hac") * N_RUNS >= FEWEST


@pytest.mark.simulation
@pytest.mark.parametrize("graph", GRAPHS)
def test_interval_for_independent_rows_falls_short(graph: str) -> None:
    # A true coverage of .85 or more would leave this bound once in 1000 tests.
    assert share_covered(graph, 1.0, "iid") * N_RUNS <= stats.binom.ppf(0.001, N_RUNS, 0.85)


@pytest.mark.simulation
def test_many_villages() -> None:
    hits = 0
    for seed in range(N_RUNS):
        rng = np.random.default_rng(seed)
        village = np.repeat(np.arange(60), rng.integers(3, 25, size=60))
        links = sparse.block_diag([np.ones((m, m)) - np.eye(m) for m in np.bincount(village)], format="csr")
        scores = rng.normal(size=60)[village] + rng.normal(size=len(village))
        effect = mean_inference(scores, network=Network(links))
        assert effect.variance == "cluster (by connected component)"
        low, high = effect.conf_int()
        hits += low < 0 < high
    assert hits >= FEWEST
