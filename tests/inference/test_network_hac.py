"""The network kernel variance: a pair-by-pair oracle, cliques, invariants, and what it refuses."""

from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causalkit.graphs import Network
from causalkit.inference import _balls, _network_hac, cluster_variance, network_hac_variance
from causalkit.inference._variance import iid_variance
from tests import oracles

KERNELS = ["truncated", "parzen", "bartlett"]


def small_world(n: int, seed: int, degree: int = 4) -> Network:
    return Network.from_networkx(nx.watts_strogatz_graph(n, degree, 0.2, seed=seed))


def smoothed(network: Network, seed: int, k: int | None = None) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=network.n_nodes if k is None else (network.n_nodes, k))
    return noise + network.random_walk() @ noise


def weights_by_pair(network: Network, bandwidth: int, kernel: str) -> np.ndarray:
    distances = oracles.path_distances(network.adjacency.toarray())
    return np.vectorize(lambda d: oracles.kernel_weight(kernel, d / (bandwidth + 1)))(distances)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("bandwidth", [0, 1, 2, 4])
def test_formula_pair_by_pair(kernel: str, bandwidth: int) -> None:
    network = Network.from_networkx(nx.gnp_random_graph(40, 0.06, seed=3))
    scores = smoothed(network, 1, k=2) + 5
    fit = network_hac_variance(scores, network, bandwidth=bandwidth, kernel=kernel, correction=False)
    slow = oracles.network_hac(scores, network.adjacency.toarray(), bandwidth, kernel)
    np.testing.assert_allclose(fit.variance, slow, rtol=1e-10, atol=1e-15)
    distances = oracles.path_distances(network.adjacency.toarray())
    assert fit.n_pairs == np.count_nonzero(np.triu(distances <= bandwidth, k=1))
    one = network_hac_variance(scores[:, 0], network, bandwidth=bandwidth, kernel=kernel, correction=False)
    assert one.variance == pytest.approx(slow[0, 0], rel=1e-10)


@pytest.mark.parametrize("kernel", KERNELS)
def test_centring_factor_and_degrees_of_freedom_by_their_definition(kernel: str) -> None:
    network = small_world(60, seed=1)
    scores = smoothed(network, 0)
    weights = weights_by_pair(network, 2, kernel)
    centring = np.eye(60) - 1 / 60
    kept = centring @ weights @ centring
    fit = network_hac_variance(scores, network, bandwidth=2, kernel=kernel)
    plain = network_hac_variance(scores, network, bandwidth=2, kernel=kernel, correction=False)
    assert fit.degrees_of_freedom == pytest.approx(np.trace(kept) ** 2 / np.trace(kept @ kept), rel=1e-9)
    assert not fit.corrected
    assert fit.variance == pytest.approx(plain.variance * 60 / np.trace(kept), rel=1e-9)


def test_cliques_are_clusters() -> None:
    groups = np.random.default_rng(0).integers(15, size=90)
    scores = np.random.default_rng(1).normal(size=15)[groups] + np.arange(90) / 90
    cliques = Network.from_groups(groups)
    for bandwidth in (1, 3):
        fit = network_hac_variance(scores, cliques, bandwidth=bandwidth, correction=False)
        assert fit.variance == pytest.approx(cluster_variance(scores, groups, correction=False), rel=1e-12)


def test_cliques_of_one_size_have_the_factor_and_degrees_of_freedom_of_clusters() -> None:
    groups = np.repeat(np.arange(12), 5)
    scores = np.random.default_rng(0).normal(size=12)[groups] + np.random.default_rng(1).normal(size=60)
    fit = network_hac_variance(scores, Network.from_groups(groups), bandwidth=1)
    assert fit.variance == pytest.approx(cluster_variance(scores, groups), rel=1e-12)
    assert fit.degrees_of_freedom == pytest.approx(11, rel=1e-9)


@pytest.mark.parametrize("bandwidth", ["auto", 0, 3])
def test_no_edges_is_iid(bandwidth: Any) -> None:
    scores = np.random.default_rng(0).normal(size=(30, 2))
    fit = network_hac_variance(scores, Network.from_edges([], n_nodes=30), bandwidth=bandwidth)
    np.testing.assert_allclose(fit.variance, iid_variance(scores), rtol=1e-12)
    assert fit.n_pairs == 0
    assert fit.degrees_of_freedom == pytest.approx(29)


@pytest.mark.parametrize("kernel", KERNELS)
def test_order_of_the_nodes_does_not_matter(kernel: str) -> None:
    network = small_world(80, seed=0)
    scores = smoothed(network, 0)
    order = np.random.default_rng(0).permutation(80)
    there = network_hac_variance(scores, network, kernel=kernel)
    back = network_hac_variance(scores[order], network[order], kernel=kernel)
    assert back.variance == pytest.approx(there.variance, rel=1e-12)
    assert back.bandwidth == there.bandwidth


def test_size_of_the_blocks_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    network = small_world(80, seed=0)
    scores = smoothed(network, 0)
    whole = network_hac_variance(scores, network, bandwidth=2)
    monkeypatch.setattr(_balls, "_BLOCK_PAIRS", 50)
    assert network_hac_variance(scores, network, bandwidth=2).variance == pytest.approx(
        whole.variance, rel=1e-12
    )


@given(st.integers(0, 2**32 - 1), st.sampled_from(KERNELS))
def test_never_below_iid_in_any_direction(seed: int, kernel: str) -> None:
    rng = np.random.default_rng(seed)
    network = Network.from_networkx(nx.gnp_random_graph(30, 0.05, seed=seed))
    units = 10.0 ** rng.integers(-9, 9, size=3)
    # Neighbours that pull apart: the formula itself is often negative here.
    scores = units * (rng.normal(size=(30, 3)) @ rng.normal(size=(3, 3)))
    scores = scores - network.random_walk() @ scores
    fit = network_hac_variance(scores, network, bandwidth=1, kernel=kernel)
    raw = network_hac_variance(scores, network, bandwidth=1, kernel=kernel, correction=False)
    factor = 1 / (1 - weights_by_pair(network, 1, kernel).sum() / 30**2)
    ratios = relative_eigenvalues(fit.variance, scores)
    expected = relative_eigenvalues(raw.variance * factor, scores)
    np.testing.assert_allclose(ratios, np.maximum(expected, 1), rtol=1e-5)
    assert fit.corrected == (expected.min() < 1)


def relative_eigenvalues(covariance: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Variances in units of those of independent scores, along the directions that both share."""
    standard = scores / scores.std(axis=0)
    root = np.linalg.cholesky(iid_variance(standard))
    scaled = covariance / np.outer(scores.std(axis=0), scores.std(axis=0))
    return np.linalg.eigvalsh(np.linalg.solve(root, np.linalg.solve(root, scaled).T))


def test_one_score_gets_the_larger_variance() -> None:
    ring = Network.from_edges([(i, (i + 1) % 40) for i in range(40)])
    noise = np.random.default_rng(0).normal(size=40)
    apart = noise - np.roll(noise, 1)
    plain = network_hac_variance(apart, ring, bandwidth=1, correction=False)
    fit = network_hac_variance(apart, ring, bandwidth=1)
    assert plain.variance < iid_variance(apart) / 2
    assert fit.variance == pytest.approx(iid_variance(apart), rel=1e-12)
    assert fit.corrected


def test_columns_without_spread() -> None:
    network = small_world(30, seed=0)
    assert network_hac_variance(np.full(30, 2.5), network).variance == 0
    scores = np.column_stack([np.ones(30), smoothed(network, 0)])
    covariance = network_hac_variance(scores, network).variance
    assert covariance[0, 0] == covariance[0, 1] == 0
    assert covariance[1, 1] == pytest.approx(network_hac_variance(scores[:, 1], network).variance)


def test_weights_of_edges_are_not_used() -> None:
    network = small_world(40, seed=0)
    scores = smoothed(network, 0)
    heavier = Network(network.adjacency * 0.25)
    assert network_hac_variance(scores, heavier).variance == network_hac_variance(scores, network).variance


@pytest.mark.parametrize(
    ("n", "kernel", "bandwidth"),
    [
        # log(n) / (2 log 2) on a ring: 2.49 for 32 nodes, 5.5 for 2048; and four times as much.
        (32, "truncated", 2),
        (2048, "truncated", 6),
        (32, "parzen", 10),
        (8, "bartlett", 6),
    ],
)
def test_automatic_bandwidth(n: int, kernel: str, bandwidth: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_network_hac, "_MIN_DEGREES_OF_FREEDOM", 0.0)
    ring = Network.from_edges([(i, (i + 1) % n) for i in range(n)])
    fit = network_hac_variance(np.arange(n), ring, kernel=kernel)
    assert (fit.bandwidth, fit.rule, fit.reduction) == (bandwidth, "automatic", "")


def test_automatic_bandwidth_keeps_degrees_of_freedom() -> None:
    network = Network.from_networkx(nx.gnp_random_graph(60, 0.15, seed=0))
    scores = smoothed(network, 0)
    fit = network_hac_variance(scores, network)
    assert (fit.bandwidth, fit.reduction) == (1, "reduced from 2 to keep degrees of freedom")
    assert network_hac_variance(scores, network, bandwidth=1).degrees_of_freedom >= 4
    assert network_hac_variance(scores, network, bandwidth=2, correction=False).degrees_of_freedom < 4


def test_a_network_without_distance_gives_a_warning() -> None:
    scores = np.random.default_rng(0).normal(size=20)
    with pytest.warns(UserWarning, match="too dense to estimate dependence along it.*give groups"):
        fit = network_hac_variance(scores, Network.from_networkx(nx.complete_graph(20)))
    assert fit.bandwidth == 0
    assert fit.variance == pytest.approx(iid_variance(scores))


def test_work_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    network = small_world(60, seed=0)
    scores = smoothed(network, 0)
    monkeypatch.setattr(_network_hac, "_MAX_WALKS", 60 * 5 * 5)
    assert network_hac_variance(scores, network).reduction == "reduced from 2 to limit the work"
    with pytest.warns(
        UserWarning, match="bandwidth=1 is used, reduced from 3: more than 1,500 walks of 2 steps"
    ):
        assert network_hac_variance(scores, network, bandwidth=3).bandwidth == 1


@pytest.mark.parametrize("bandwidth", [-1, 1.5, "wide", 127, True, None])
def test_bandwidth_is_checked(bandwidth: Any) -> None:
    with pytest.raises(ValueError, match=r"bandwidth must be .*an integer.* got"):
        network_hac_variance(np.arange(10), small_world(10, seed=0), bandwidth=bandwidth)


def test_bad_inputs() -> None:
    network = small_world(10, seed=0)
    with pytest.raises(
        ValueError, match="kernel must be one of 'truncated', 'parzen', 'bartlett'; got 'box'"
    ):
        network_hac_variance(np.arange(10), network, kernel="box")
    with pytest.raises(ValueError, match="network must have a node for each score; got 10 and 9"):
        network_hac_variance(np.arange(9), network)
    with pytest.raises(ValueError, match="scores must be finite; got nan at row 0"):
        network_hac_variance(np.full(10, np.nan), network)
    with pytest.raises(ValueError, match="bandwidth=9 reaches too much of the network: 0 degrees of freedom"):
        network_hac_variance(np.arange(10), network, bandwidth=9)
