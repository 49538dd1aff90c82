"""Noise shared along links: its variance and correlations, against the formula and by simulation."""

import numpy as np
import pytest
from scipy import sparse

from causalkit.datasets._shared_noise import neighbourhood_noise
from causalkit.graphs import Network

PATH_WITH_LONER = Network.from_edges([(0, 1), (1, 2), (2, 3), (3, 4)], n_nodes=6)


def expected_correlations(network: Network, share: float) -> np.ndarray:
    neighbourhoods = [{i, *np.flatnonzero(row)} for i, row in enumerate(network.adjacency.toarray())]
    overlap = [
        [len(one & other) / np.sqrt(len(one) * len(other)) for other in neighbourhoods]
        for one in neighbourhoods
    ]
    return np.where(np.eye(network.n_nodes), 1.0, share * np.array(overlap))


def test_correlations_follow_shared_neighbourhoods() -> None:
    copies = sparse.kron(sparse.eye_array(20_000), PATH_WITH_LONER.adjacency, format="csr")
    draws = neighbourhood_noise(copies, 0.6, np.random.default_rng(0)).reshape(20_000, 6)
    expected = expected_correlations(PATH_WITH_LONER, 0.6)
    np.testing.assert_allclose(draws.T @ draws / 20_000, expected, atol=4 * np.sqrt(2 / 20_000))


def test_members_of_a_clique_have_the_whole_share_in_common() -> None:
    np.testing.assert_allclose(
        expected_correlations(Network.from_groups([0, 0, 0, 1]), 0.3)[:3, :3], 0.3 + 0.7 * np.eye(3)
    )
    draw = neighbourhood_noise(Network.from_groups([0] * 50).adjacency, 0.999999, np.random.default_rng(1))
    assert np.ptp(draw) < 0.01


def test_weights_do_not_matter() -> None:
    adjacency = PATH_WITH_LONER.adjacency
    draws = [neighbourhood_noise(a, 0.5, np.random.default_rng(2)) for a in (adjacency, 3 * adjacency)]
    np.testing.assert_array_equal(*draws)


def test_no_share_is_white_noise() -> None:
    draw = neighbourhood_noise(PATH_WITH_LONER.adjacency, 0, np.random.default_rng(3))
    np.testing.assert_array_equal(draw, np.random.default_rng(3).normal(size=6))
    assert draw.std() == pytest.approx(1, abs=1)
