"""Formulas of the named effects against loops over nodes and neighbours."""

from collections.abc import Callable

import networkx as nx
import numpy as np
import pytest
from scipy.stats import norm

from causalkit.datasets._network_effects import NETWORK_EFFECTS, HopColumns, standardise
from causalkit.graphs import Network

LONER = 39


@pytest.fixture
def graph() -> nx.Graph:
    graph = nx.gnp_random_graph(LONER, 0.15, seed=1)
    graph.add_node(LONER)
    return graph


@pytest.fixture
def hops(graph: nx.Graph) -> HopColumns:
    own = np.random.default_rng(0).normal(size=(graph.number_of_nodes(), 5))
    return HopColumns(own, Network.from_networkx(graph))


def slow_means(graph: nx.Graph, column: np.ndarray) -> np.ndarray:
    means = [np.mean([column[j] for j in graph[i]]) if len(graph[i]) else 0.0 for i in graph]
    return np.array(means)


def slow_hop(graph: nx.Graph, column: np.ndarray, n_hops: int = 1) -> np.ndarray:
    for _ in range(n_hops):
        column = slow_means(graph, column)
    return (column - np.mean(column)) / np.std(column)


FORMULAS: dict[str, Callable[..., np.ndarray]] = {
    "constant": lambda x, H, H2: np.full(len(x), 2.0),
    "one_hop": lambda x, H, H2: 2 + 1.5 * np.sin(H),
    "two_hop": lambda x, H, H2: 2 + 1.5 * np.sin(H2),
    "local": lambda x, H, H2: 2 + 1.5 * np.sin(x[:, 0]),
    "interaction": lambda x, H, H2: 2 + H * x[:, 1],
    "mixed": lambda x, H, H2: 1 + np.sin(H) + 0.8 * x[:, 2] * np.where(x[:, 3] > 0, 1, 0),
    "step": lambda x, H, H2: 1 + 2 * np.array([h > 0 and v > -0.3 for h, v in zip(H, x[:, 2], strict=True)]),
    "product": lambda x, H, H2: 1 + H * x[:, 2],
    "steep": lambda x, H, H2: 2 + np.sin(H),
    "rough": lambda x, H, H2: 2 + np.sin(H),
}


@pytest.mark.parametrize("effect", sorted(FORMULAS))
def test_cate(effect: str, graph: nx.Graph, hops: HopColumns) -> None:
    mechanisms = NETWORK_EFFECTS[effect].mechanisms(hops, 1.0, np.random.default_rng(0))
    H, H2 = slow_hop(graph, hops.own[:, 0]), slow_hop(graph, hops.own[:, 0], 2)
    np.testing.assert_allclose(mechanisms.cate, FORMULAS[effect](hops.own, H, H2), atol=1e-5)


@pytest.mark.parametrize("confounding", [0.0, 1.0, 2.0])
@pytest.mark.parametrize("effect", sorted(set(NETWORK_EFFECTS) - {"steep", "rough", "published"}))
def test_smooth_confounding(effect: str, confounding: float, graph: nx.Graph, hops: HopColumns) -> None:
    mechanisms = NETWORK_EFFECTS[effect].mechanisms(hops, confounding, np.random.default_rng(0))
    C = slow_hop(graph, hops.own[:, 1])
    np.testing.assert_allclose(mechanisms.baseline, confounding * C + 0.5 * hops.own[:, 1], atol=1e-5)
    np.testing.assert_allclose(
        mechanisms.treatment_index, 0.5 * hops.own[:, 0] + 0.7 * confounding * C, atol=1e-5
    )
    index = np.array([-1.0, 0.0, 2.0])
    np.testing.assert_allclose(mechanisms.link(index), 1 / (1 + np.exp(-index)))
    assert mechanisms.noise_scale == 1


def test_steep_confounding(graph: nx.Graph, hops: HopColumns) -> None:
    mechanisms = NETWORK_EFFECTS["steep"].mechanisms(hops, 1.0, np.random.default_rng(0))
    jumps = slow_hop(graph, hops.own[:, 1]) + hops.own[:, 0] > 0.5
    assert 0 < jumps.sum() < len(jumps)
    np.testing.assert_array_equal(mechanisms.baseline, np.where(jumps, 3, 0))
    np.testing.assert_array_equal(mechanisms.treatment_index, np.where(jumps, 1, -1))


def test_rough_confounding(graph: nx.Graph, hops: HopColumns) -> None:
    mechanisms = NETWORK_EFFECTS["rough"].mechanisms(hops, 1.0, np.random.default_rng(0))
    wave = np.sin(2 * slow_hop(graph, hops.own[:, 1]) * hops.own[:, 0])
    np.testing.assert_allclose(mechanisms.baseline, 3 * wave, atol=1e-5)
    np.testing.assert_allclose(mechanisms.treatment_index, 2 * wave, atol=1e-5)


@pytest.mark.parametrize("effect", ["steep", "rough"])
def test_hard_confounding_can_be_switched_off(effect: str, hops: HopColumns) -> None:
    mechanisms = NETWORK_EFFECTS[effect].mechanisms(hops, 0.0, np.random.default_rng(0))
    assert not mechanisms.baseline.any()
    assert not mechanisms.treatment_index.any()


def test_dense_reads_all_neighbours_means(graph: nx.Graph, hops: HopColumns) -> None:
    rng = np.random.default_rng(5)
    directions, read_out = rng.normal(size=(5, 8)), rng.normal(size=8)
    means = np.column_stack([slow_hop(graph, column) for column in hops.own.T])
    hidden = [np.maximum(standardise(means @ direction), 0) for direction in directions.T]
    score = sum(weight * unit for weight, unit in zip(read_out, hidden, strict=True))
    expected = 2 + 1.5 * np.sin((score - score.mean()) / score.std())
    mechanisms = NETWORK_EFFECTS["dense"].mechanisms(hops, 1.0, np.random.default_rng(5))
    np.testing.assert_allclose(mechanisms.cate, expected, atol=1e-5)


def test_many_weak_is_linear_in_own_and_neighbours_columns(graph: nx.Graph, hops: HopColumns) -> None:
    means = np.column_stack([slow_hop(graph, column) for column in hops.own.T])
    design = np.column_stack([np.ones(len(means)), hops.own, means])
    mechanisms = NETWORK_EFFECTS["many_weak"].mechanisms
    draws = np.column_stack([mechanisms(hops, 1.0, np.random.default_rng(seed)).cate for seed in range(300)])
    weights, *_ = np.linalg.lstsq(design, draws)
    np.testing.assert_allclose(design @ weights, draws, atol=1e-5)
    np.testing.assert_allclose(weights[0], 1, atol=1e-6)
    # 10 x 300 coefficients: the standard deviation .2 is known to about .2 / sqrt(6000).
    assert weights[1:].std() == pytest.approx(0.3, abs=4 * 0.3 / np.sqrt(6000))


def test_published_world_is_two_graph_convolutions(graph: nx.Graph, hops: HopColumns) -> None:
    rng = np.random.default_rng(9)
    first = rng.uniform(-1, 1, size=(5, 32)) * np.sqrt(6 / 37)
    second = rng.uniform(-1, 1, size=(32, 32)) * np.sqrt(6 / 64)
    loops = nx.to_numpy_array(graph, nodelist=range(len(graph))) + np.eye(len(graph))
    degrees = loops.sum(axis=1)
    convolution = loops / np.sqrt(np.outer(degrees, degrees))
    hidden = np.maximum(convolution @ np.maximum(convolution @ hops.own @ first, 0) @ second, 0)
    mechanisms = NETWORK_EFFECTS["published"].mechanisms(hops, 1.0, np.random.default_rng(9))
    np.testing.assert_allclose(mechanisms.cate, 2 + 1.5 * np.sin(hidden[:, 0]))
    np.testing.assert_allclose(mechanisms.baseline, hidden[:, 0] + 0.5 * hops.own[:, 1])
    np.testing.assert_allclose(
        mechanisms.link(mechanisms.treatment_index),
        norm.cdf((0.5 * hops.own[:, 0] - 0.7 * hidden[:, 1]) / 0.3),
    )
    assert mechanisms.noise_scale == 0.5


def test_columns_without_variation_become_zero() -> None:
    columns = standardise(np.array([[1.0, 5.0], [3.0, 5.0]]))
    np.testing.assert_array_equal(columns, [[-1, 0], [1, 0]])
