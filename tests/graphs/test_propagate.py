import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from causalkit.graphs import HopFeatures, Network
from causalkit.graphs._propagate import hop_arrays


@pytest.fixture
def people():
    return pd.DataFrame(
        {"age": [20.0, 30.0, 50.0, 10.0], "urban": [True, False, False, True]}, index=list("abcd")
    )


@st.composite
def worlds(draw, with_missing=False):
    """A network of up to ten nodes and two columns."""
    n_nodes = draw(st.integers(2, 10))
    node = st.integers(0, n_nodes - 1)
    edges = draw(st.lists(st.tuples(node, node).filter(lambda ends: ends[0] != ends[1]), max_size=20))
    values = st.floats(-100, 100, width=32)
    if with_missing:
        values = st.one_of(values, st.just(np.nan))
    X = draw(hnp.arrays(np.float32, (n_nodes, 2), elements=values))
    return X, Network.from_edges(edges, n_nodes=n_nodes)


def means_by_hand(X, network):
    """Mean over the neighbours that have a value, node by node."""
    out = np.zeros(X.shape)
    for i in range(len(X)):
        neighbours = np.flatnonzero(network.adjacency.toarray()[i])
        for j in range(X.shape[1]):
            seen = [X[k, j] for k in neighbours if not np.isnan(X[k, j])]
            if len(neighbours):
                out[i, j] = np.mean(seen, dtype=np.float64) if seen else np.nan
    return out


def test_a_line_by_hand(people, line):
    table = HopFeatures(n_hops=2).fit(people).transform(people, graph=line)
    hops = [f"{name} (hop {hop})" for hop in (1, 2) for name in ("age", "urban")]
    assert list(table.columns) == ["age", "urban", *hops, "log_degree", "isolated"]
    assert list(table.index) == list("abcd")
    assert set(table.dtypes) == {np.dtype(np.float32)}
    np.testing.assert_array_equal(table["age"], [20, 30, 50, 10])
    np.testing.assert_array_equal(table["age (hop 1)"], [30, 35, 20, 50])
    np.testing.assert_array_equal(table["age (hop 2)"], [35, 25, 42.5, 20])
    np.testing.assert_array_equal(table["urban (hop 1)"], [0, 0.5, 0.5, 0])
    np.testing.assert_allclose(table["log_degree"], np.log([2, 3, 3, 2]), rtol=1e-6)
    np.testing.assert_array_equal(table["isolated"], [0, 0, 0, 0])


def test_node_without_neighbours_has_zeros_and_a_flag(star_and_lone_node):
    X = np.full((5, 1), 7.0)
    table = HopFeatures().fit(X).transform(X, graph=star_and_lone_node)
    assert table.loc[4].tolist() == [7, 0, 0, 0, 1]
    assert table["isolated"].tolist() == [0, 0, 0, 0, 1]


def test_without_a_graph_further_hops_are_zero(people):
    table = HopFeatures(n_hops=1).fit(people).transform(people)
    assert not table[["age (hop 1)", "urban (hop 1)", "log_degree"]].to_numpy().any()
    assert table["isolated"].all()


def test_symmetric_weighting_equals_the_dense_formula(star_and_lone_node):
    X = np.arange(10.0).reshape(5, 2)
    dense = star_and_lone_node.adjacency.toarray()
    root = np.diag(1 / np.sqrt(np.maximum(dense.sum(axis=1), 1)))
    walk = root @ dense @ root
    table = (
        HopFeatures(weighting="symmetric", include_degree=False).fit(X).transform(X, graph=star_and_lone_node)
    )
    np.testing.assert_allclose(table, np.hstack([X, walk @ X, walk @ walk @ X]), rtol=1e-5)


def test_weights_of_edges_weigh_the_mean():
    X = np.array([[0.0], [1.0], [5.0]])
    weighted = sparse.csr_array(np.array([[0, 1, 3], [1, 0, 0], [3, 0, 0]]))
    table = HopFeatures(n_hops=1).fit(X).transform(X, graph=weighted)
    np.testing.assert_allclose(table["x0 (hop 1)"], [4, 0, 0])


@given(worlds(with_missing=True))
def test_missing_values_are_left_out_of_the_means(world):
    X, network = world
    _, first, second = hop_arrays(X, network, 2)
    np.testing.assert_allclose(first, means_by_hand(X, network), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(second, means_by_hand(first, network), rtol=1e-4, atol=1e-4)


def test_missing_values_under_symmetric_weighting_keep_the_scale(star_and_lone_node):
    X = np.array([[0.0], [3.0], [3.0], [np.nan], [0.0]], dtype=np.float32)
    complete = np.array([[0.0], [3.0], [3.0], [3.0], [0.0]], dtype=np.float32)
    with_gap, without = (
        hop_arrays(x, star_and_lone_node, 1, weighting="symmetric")[1] for x in (X, complete)
    )
    np.testing.assert_allclose(with_gap[[0, 4]], without[[0, 4]], rtol=1e-6)


@given(worlds(with_missing=True), st.randoms(use_true_random=False))
def test_order_of_the_nodes_changes_only_the_order_of_the_rows(world, random):
    X, network = world
    order = list(range(len(X)))
    random.shuffle(order)
    for there, here in zip(hop_arrays(X, network, 3), hop_arrays(X[order], network[order], 3), strict=True):
        np.testing.assert_allclose(here, there[order], rtol=1e-4, atol=1e-4)


@given(worlds(with_missing=True))
def test_a_new_node_without_neighbours_changes_no_other_node(world):
    X, network = world
    larger = Network.from_edges(network.edges(), n_nodes=len(X) + 1)
    added = np.vstack([X, np.full((1, 2), 50, dtype=np.float32)])
    for before, after in zip(hop_arrays(X, network, 2), hop_arrays(added, larger, 2), strict=True):
        np.testing.assert_array_equal(after[:-1], before)


@given(worlds())
def test_own_value_returns_only_after_two_hops(world):
    X, network = world
    changed = X.copy()
    changed[0] += 1000
    first, other = hop_arrays(X, network, 1)[1], hop_arrays(changed, network, 1)[1]
    np.testing.assert_array_equal(first[0], other[0])


def test_first_array_is_not_a_copy(line):
    X = np.ones((4, 2), dtype=np.float32)
    assert hop_arrays(X, line, 0)[0] is X
    assert np.shares_memory(hop_arrays(X, line, 2)[0], X)


def test_column_groups(people):
    features = HopFeatures(n_hops=1).fit(people)
    groups = features.column_groups()
    names = features.get_feature_names_out()
    assert list(groups) == [0, 1, "degree"]
    assert names[groups[1]].tolist() == ["age (hop 1)", "urban (hop 1)"]
    assert names[groups["degree"]].tolist() == ["log_degree", "isolated"]
    assert sorted(np.concatenate(list(groups.values()))) == list(range(len(names)))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_hops": -1}, "n_hops must be an integer at least 0; got -1"),
        ({"n_hops": 1.5}, "n_hops must be an integer at least 0; got 1.5"),
        ({"weighting": "mean"}, "weighting must be one of 'random_walk', 'symmetric'; got 'mean'"),
    ],
)
def test_bad_settings(people, settings, message):
    with pytest.raises(ValueError, match=message):
        HopFeatures(**settings).fit(people)


def test_name_that_is_taken(people):
    with pytest.raises(
        ValueError, match=r"X must not have columns named like hop features; got 'age \(hop 1\)'"
    ):
        HopFeatures().fit(people.assign(**{"age (hop 1)": 1.0}))


def test_graph_of_another_size(people):
    with pytest.raises(
        ValueError, match="graph must have one node for each row of X; got 2 nodes and 4 rows"
    ):
        HopFeatures().fit(people).transform(people, graph=Network.from_edges([(0, 1)]))


def test_number_too_large_for_32_bits(people, line):
    people.loc["b", "age"] = -1e300
    with pytest.raises(
        ValueError, match=r"X must fit into 32-bit numbers; column 'age' has -1e\+300 at row 1"
    ):
        HopFeatures().fit(people).transform(people, graph=line)


def test_other_input_features(people):
    with pytest.raises(
        ValueError, match=r"input_features must be the columns seen in fit, \['age', 'urban'\]"
    ):
        HopFeatures().fit(people).get_feature_names_out(["age"])


def test_in_a_pipeline_with_routing_the_graph_is_passed_on():
    rng = np.random.default_rng(0)
    ring = Network.from_edges([(i, (i + 1) % 60) for i in range(60)])
    X = rng.normal(size=(60, 2))
    y = (ring.random_walk() @ X)[:, 0]
    with sklearn.config_context(enable_metadata_routing=True):
        model = make_pipeline(HopFeatures(n_hops=1), LinearRegression()).fit(X, y, graph=ring)
        np.testing.assert_allclose(model.predict(X, graph=ring), y, atol=1e-5)
        scores = cross_validate(model, X, y, params={"graph": ring}, cv=3)["test_score"]
    assert scores.min() > 0.8


# The check for other array libraries only runs where an environment variable of SciPy is set.
@parametrize_with_checks(
    [HopFeatures()], expected_failed_checks=lambda _: {"check_array_api_input": "NumPy only"}
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_scikit_learn_checks(estimator, check):
    check(estimator)
