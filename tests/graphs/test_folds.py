import networkx as nx
import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import clone
from sklearn.dummy import DummyRegressor
from sklearn.model_selection import cross_validate

from causalkit.graphs import Network, NetworkKFold
from causalkit.graphs._folds import fold_labels, within_steps
from tests.oracles import path_distances


def _inner_share(network, folds):
    edges = network.edges()
    return np.mean(folds[edges[:, 0]] == folds[edges[:, 1]])


GRAPHS = {
    "none": lambda: Network(sparse.csr_array((403, 403))),
    "star": lambda: Network.from_networkx(nx.star_graph(402)),
    "complete": lambda: Network.from_groups(np.zeros(203)),
    "pairs": lambda: Network.from_groups(np.arange(402) // 2),
    "villages": lambda: Network.from_groups(np.random.default_rng(0).integers(0, 40, 800)),
    "scale-free": lambda: Network.from_networkx(nx.barabasi_albert_graph(600, 4, seed=0)),
    "small world": lambda: Network.from_networkx(nx.watts_strogatz_graph(600, 8, 0.1, seed=0)),
    "two blocks": lambda: Network.from_networkx(nx.planted_partition_graph(2, 300, 0.05, 0.005, seed=0)),
}


@pytest.mark.parametrize("n_splits", [2, 5, 10])
@pytest.mark.parametrize("name", GRAPHS)
def test_sizes_are_within_ten_percent(name, n_splits):
    network = GRAPHS[name]()
    sizes = np.bincount(fold_labels(network, n_splits, 0), minlength=n_splits)
    even = network.n_nodes / n_splits
    assert sizes.sum() == network.n_nodes and len(sizes) == n_splits
    assert sizes.min() >= min(0.9 * even, np.floor(even)) and sizes.max() <= max(1.1 * even, np.ceil(even))


@given(st.integers(2, 30), st.integers(2, 8), st.integers(0, 60), st.integers(0, 5))
def test_every_fold_has_a_row(n_nodes, n_splits, n_edges, seed):
    n_splits = min(n_splits, n_nodes)
    edges = np.random.default_rng(seed).integers(0, n_nodes, (n_edges, 2))
    network = Network.from_edges(edges[edges[:, 0] != edges[:, 1]], n_nodes=n_nodes)
    assert set(fold_labels(network, n_splits, seed)) == set(range(n_splits))


@pytest.mark.parametrize("name", ["villages", "pairs"])
def test_small_components_stay_whole(name):
    network = GRAPHS[name]()
    assert _inner_share(network, fold_labels(network, 5, 0)) == 1


@pytest.mark.parametrize(("name", "share"), [("small world", 0.8), ("scale-free", 0.4), ("two blocks", 0.35)])
def test_far_more_edges_stay_inside_than_in_random_folds(name, share):
    network = GRAPHS[name]()
    random = np.random.default_rng(0).integers(0, 5, network.n_nodes)
    assert _inner_share(network, random) == pytest.approx(0.2, abs=0.04)
    assert _inner_share(network, fold_labels(network, 5, 0)) > share


def test_community_larger_than_a_fold_is_cut_where_it_is_thin():
    # One connected component of ten cliques in a ring: every fold can have two whole cliques.
    network = Network.from_networkx(nx.ring_of_cliques(10, 8))
    folds = fold_labels(network, 5, 0).reshape(10, 8)
    assert (folds == folds[:, :1]).all()
    assert np.bincount(folds[:, 0]).tolist() == [2] * 5


def test_same_seed_same_folds_and_other_seeds_other_folds():
    network = GRAPHS["scale-free"]()
    np.testing.assert_array_equal(fold_labels(network, 5, 1), fold_labels(network, 5, 1))
    assert (fold_labels(network, 5, 1) != fold_labels(network, 5, 2)).any()
    empty = GRAPHS["none"]()
    assert (fold_labels(empty, 5, None) != fold_labels(empty, 5, None)).any()


class TestGroups:
    def test_groups_stay_whole(self):
        network = GRAPHS["small world"]()
        groups = np.random.default_rng(1).integers(0, 60, 600)
        folds = fold_labels(network, 5, 0, groups=groups)
        assert pd.Series(folds).groupby(groups).nunique().max() == 1
        sizes = np.bincount(folds)
        assert sizes.min() >= 108 and sizes.max() <= 132

    def test_linked_groups_share_a_fold(self):
        # Groups a1-a2, b1-b2, ... are linked in pairs.
        groups = np.repeat([f"{letter}{i}" for letter in "abcdef" for i in (1, 2)], 3)
        network = Network.from_edges([(6 * i, 6 * i + 3) for i in range(6)], n_nodes=36)
        folds = fold_labels(network, 3, 0, groups=groups).reshape(6, 6)
        assert (folds == folds[:, :1]).all()

    def test_a_group_larger_than_a_fold_has_one_of_its_own(self):
        groups = np.repeat([0, 1, 2, 3], [90, 4, 3, 3])
        folds = fold_labels(Network(sparse.csr_array((100, 100))), 3, 0, groups=groups)
        assert sorted(np.bincount(folds)) == [4, 6, 90]

    @pytest.mark.parametrize(
        ("groups", "message"),
        [
            ([0, 0, 1, 1], "n_splits must be at most the number of groups; got 3 folds and 2 groups"),
            ([0, 1, 2], "groups must have one label for each row; got 3 labels and 4 rows"),
            ([0, 1, 2, None], r"groups must have a label for each row; got 1 missing \(first at row 3\)"),
        ],
    )
    def test_bad_groups(self, line, groups, message):
        with pytest.raises(ValueError, match=message):
            fold_labels(line, 3, 0, groups=groups)


class TestSplit:
    def test_test_rows_are_a_partition_and_training_rows_the_rest(self):
        network = GRAPHS["scale-free"]()
        splits = list(NetworkKFold(4, random_state=0).split(np.zeros((600, 2)), graph=network))
        assert len(splits) == 4
        np.testing.assert_array_equal(np.sort(np.concatenate([test for _, test in splits])), np.arange(600))
        for train, test in splits:
            np.testing.assert_array_equal(np.sort(np.concatenate([train, test])), np.arange(600))

    @pytest.mark.parametrize("buffer", [1, 2, 3])
    def test_buffer_keeps_its_distance(self, buffer):
        network = Network.from_networkx(nx.cycle_graph(80))
        distances = path_distances(network.adjacency.toarray())
        for train, test in NetworkKFold(4, buffer=buffer, random_state=0).split(
            np.zeros((80, 1)), graph=network
        ):
            nearest = distances[:, test].min(axis=1)
            np.testing.assert_array_equal(train, np.flatnonzero(nearest > buffer))

    def test_without_a_graph(self):
        splits = list(NetworkKFold(2, random_state=0).split(np.zeros((4, 1))))
        assert [len(test) for _, test in splits] == [2, 2]

    def test_edge_table_with_the_names_of_the_rows(self):
        X = pd.DataFrame({"age": range(4)}, index=list("abcd"))
        ties = pd.DataFrame({"source": ["a", "b"], "target": ["d", "c"]})
        tests = [test.tolist() for _, test in NetworkKFold(2, random_state=0).split(X, graph=ties)]
        assert sorted(tests) == [[0, 3], [1, 2]]

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"n_splits": 1}, "n_splits must be an integer at least 2; got 1"),
            ({"n_splits": 2.0}, "n_splits must be an integer at least 2; got 2.0"),
            ({"n_splits": 5}, "n_splits must be at most the number of rows; got 5 folds and 4 rows"),
            ({"n_splits": 2, "buffer": -1}, "buffer must be an integer at least 0; got -1"),
            ({"n_splits": 2, "buffer": 3}, "buffer must leave training rows in every fold; got buffer=3"),
            ({"n_splits": 2, "random_state": "x"}, "random_state must be None, a non-negative integer"),
        ],
    )
    def test_bad_settings(self, line, settings, message):
        with pytest.raises(ValueError, match=message):
            list(NetworkKFold(**settings).split(np.zeros((4, 1)), graph=line))

    def test_graph_of_another_size(self, line):
        with pytest.raises(
            ValueError, match="graph must have one node for each row of X; got 4 nodes and 5 rows"
        ):
            list(NetworkKFold(2).split(np.zeros((5, 1)), graph=line))


def test_in_cross_validate_with_routing():
    network = GRAPHS["villages"]()
    X = np.zeros((800, 1))
    with sklearn.config_context(enable_metadata_routing=True):
        result = cross_validate(
            DummyRegressor(),
            X,
            np.arange(800.0),
            cv=NetworkKFold(4, random_state=0),
            params={"graph": network},
            return_indices=True,
        )
    expected = [test for _, test in NetworkKFold(4, random_state=0).split(X, graph=network)]
    for test, same in zip(result["indices"]["test"], expected, strict=True):
        np.testing.assert_array_equal(test, same)


def test_settings_are_shown():
    folds = NetworkKFold(3, buffer=1)
    assert repr(folds) == "NetworkKFold(buffer=1, n_splits=3, random_state=None)"
    assert folds.get_n_splits() == 3
    assert clone(folds, safe=False).buffer == 1


def test_within_steps(line):
    start = np.array([True, False, False, False])
    for steps, reached in enumerate([[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 1, 1], [1, 1, 1, 1]]):
        np.testing.assert_array_equal(within_steps(line.adjacency, start, steps), np.array(reached, bool))
