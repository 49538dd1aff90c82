"""Random graphs: what each family promises, and the vectorised steps against loops."""

import networkx as nx
import numpy as np
import pytest

from causalkit.datasets._random_graphs import (
    EVEN_DEGREE_FAMILIES,
    GRAPH_FAMILIES,
    _barabasi_albert,
    _collides,
    _decode_pairs,
    _follow,
    _pairs_between,
    _pairs_within,
    _repeated_targets,
    _watts_strogatz,
    random_graph,
)
from causalkit.graphs import Network

FAMILIES = sorted(GRAPH_FAMILIES)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


SIZES = [(2, 1), (3, 2), (9, 8), (50, 4), (301, 12), (40, 7)]
CASES = [
    (family, *size)
    for family in FAMILIES
    for size in SIZES
    if family not in EVEN_DEGREE_FAMILIES or size[1] % 2 == 0
]


@pytest.mark.parametrize(("family", "n_nodes", "mean_degree"), CASES)
def test_simple_undirected_graph(
    family: str, n_nodes: int, mean_degree: int, rng: np.random.Generator
) -> None:
    adjacency = random_graph(family, n_nodes, mean_degree, rng)
    assert adjacency.shape == (n_nodes, n_nodes)
    assert set(adjacency.data) <= {1.0}
    assert not adjacency.diagonal().any()
    assert (adjacency != adjacency.T).nnz == 0


@pytest.mark.parametrize("family", FAMILIES)
def test_mean_degree(family: str) -> None:
    degrees = [random_graph(family, 1000, 8, np.random.default_rng(seed)).nnz / 1000 for seed in range(10)]
    # A mean over 10 x 1000 nodes; the number of links of a random graph has at most the binomial's variance.
    assert np.mean(degrees) == pytest.approx(8, abs=4 * np.sqrt(2 * 8 / 10_000) + 0.03)


class TestBarabasiAlbert:
    """Growth by preferential attachment."""

    def test_every_newcomer_chooses_distinct_older_nodes(self, rng: np.random.Generator) -> None:
        pairs = _barabasi_albert(400, 6, rng)
        newcomer, target = pairs.T
        assert (target < newcomer).all()
        assert len(np.unique(pairs, axis=0)) == len(pairs) == 3 + 396 * 3
        np.testing.assert_array_equal(np.bincount(newcomer)[:5], [0, 1, 1, 1, 3])
        assert (np.bincount(newcomer)[4:] == 3).all()

    def test_degrees_are_those_of_networkx(self) -> None:
        def second_moment(degrees: np.ndarray) -> float:
            return float(np.log(np.mean(np.square(degrees, dtype=np.float64))))

        ours = [
            second_moment(random_graph("barabasi_albert", 400, 8, np.random.default_rng(seed)).sum(axis=1))
            for seed in range(60)
        ]
        theirs = [
            second_moment(np.array([d for _, d in nx.barabasi_albert_graph(400, 4, seed=seed).degree]))
            for seed in range(60)
        ]
        spread = np.sqrt((np.var(ours, ddof=1) + np.var(theirs, ddof=1)) / 60)
        assert abs(np.mean(ours) - np.mean(theirs)) < 4 * spread
        # Attachment that ignores degrees would be far away: its degrees are almost geometric.
        assert np.mean(ours) > np.log(8**2 + 40)

    def test_first_newcomer_chooses_either_end_of_the_first_edge(self) -> None:
        targets = [_barabasi_albert(3, 2, np.random.default_rng(seed))[1, 1] for seed in range(400)]
        assert np.mean(targets) == pytest.approx(0.5, abs=4 * np.sqrt(0.25 / 400))

    def test_places_are_followed_like_a_list_of_ends(self, rng: np.random.Generator) -> None:
        n_links, newcomers = 2, np.array([1, 2, 3, 3, 4, 4, 5, 5, 6, 6])
        places = rng.integers(0, 2 * n_links * (newcomers[n_links:] - n_links))
        ends = [1, 0, 2, 0]
        expected = []
        for newcomer, place in zip(newcomers[n_links:], places, strict=True):
            expected.append(ends[place])
            ends += [newcomer, ends[place]]
        np.testing.assert_array_equal(_follow(places, newcomers, n_links), expected)

    def test_repeated_targets(self) -> None:
        targets = np.array([4, 4, 4, 1, 2, 3, 5, 0, 5])
        assert sorted(_repeated_targets(targets, 3)) == [1, 2, 8]


class TestPairs:
    """Numbers turned into pairs of nodes."""

    def test_all_pairs_within(self, rng: np.random.Generator) -> None:
        pairs = _pairs_within(60, 1.0, rng)
        assert {tuple(pair) for pair in pairs} == {(i, j) for j in range(60) for i in range(j)}

    def test_all_pairs_between(self, rng: np.random.Generator) -> None:
        pairs = _pairs_between(3, 4, 1.0, rng)
        assert {tuple(pair) for pair in pairs} == {(i, j) for i in range(3) for j in range(4)}

    def test_large_numbers_do_not_lose_digits(self) -> None:
        larger = np.concatenate([np.arange(2, 1000), np.arange(29_999_000, 30_000_000)])
        first = larger * (larger - 1) // 2
        np.testing.assert_array_equal(_decode_pairs(first), np.column_stack([0 * larger, larger]))
        np.testing.assert_array_equal(_decode_pairs(first - 1), np.column_stack([larger - 2, larger - 1]))

    def test_each_pair_has_its_chance(self) -> None:
        rngs = [np.random.default_rng(seed) for seed in range(800)]
        draws = [random_graph("erdos_renyi", 5, 2, rng).toarray() for rng in rngs]
        share = np.mean(draws, axis=0)[np.triu_indices(5, k=1)]
        np.testing.assert_allclose(share, 0.5, atol=4 * np.sqrt(0.25 / 800))


def test_sbm_links_within_three_times_as_often() -> None:
    adjacency = random_graph("sbm", 4000, 10, np.random.default_rng(1))
    within = adjacency[:2000, :2000].nnz + adjacency[2000:, 2000:].nnz
    assert within / adjacency.nnz == pytest.approx(0.75, abs=4 * np.sqrt(0.75 * 0.25 / 20_000))


class TestWattsStrogatz:
    """A ring with some links moved."""

    def test_number_of_links_stays(self, rng: np.random.Generator) -> None:
        pairs = np.sort(_watts_strogatz(500, 6, rng), axis=1)
        assert len(np.unique(pairs, axis=0)) == len(pairs) == 1500

    def test_a_tenth_is_rewired(self, rng: np.random.Generator) -> None:
        near, far = _watts_strogatz(5000, 8, rng).T
        steps = np.minimum((far - near) % 5000, (near - far) % 5000)
        assert np.mean(steps > 4) == pytest.approx(0.1, abs=4 * np.sqrt(0.09 / 20_000) + 8 / 5000)

    def test_complete_graph_ends(self, rng: np.random.Generator) -> None:
        assert 15 <= len(_watts_strogatz(7, 6, rng)) <= 21

    def test_collisions(self) -> None:
        near, far = np.array([0, 1, 2, 3, 1]), np.array([1, 0, 3, 3, 2])
        assert _collides(near, far, 4).tolist() == [False, True, False, True, False]


def test_cliques_are_groups(rng: np.random.Generator) -> None:
    adjacency = random_graph("cliques", 23, 4, rng)
    expected = Network.from_groups(np.arange(23) // 5).adjacency
    np.testing.assert_array_equal(adjacency.toarray(), expected.toarray())
