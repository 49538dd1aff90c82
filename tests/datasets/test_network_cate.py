"""The synthetic network as a whole: what is known about its parts, and what it refuses."""

from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from causalkit.datasets import make_network_cate
from causalkit.datasets._network_effects import NETWORK_EFFECTS, standardise
from causalkit.datasets._random_graphs import GRAPH_FAMILIES
from causalkit.graphs import Network

EFFECTS = sorted(NETWORK_EFFECTS)


@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize("graph", sorted(GRAPH_FAMILIES))
def test_every_world(graph: str, effect: str) -> None:
    data = make_network_cate(120, graph=graph, effect=effect, random_state=0)
    assert data.X.shape == (120, 10)
    assert list(data.X.columns) == [f"x{i}" for i in range(10)]
    assert isinstance(data.graph, Network)
    assert data.graph.n_nodes == 120
    assert set(data.treatment) == {0, 1}
    assert data.treatment.dtype == np.int64
    for name in ("cate", "propensity", "outcome_mean", "baseline", "blocks"):
        assert data[name].shape == (120,)
        assert np.isfinite(data[name]).all()
    assert (data.propensity >= 0).all()
    assert (data.propensity <= 1).all()
    np.testing.assert_allclose(data.outcome_mean, data.baseline + data.propensity * data.cate)
    assert data.ate == pytest.approx(data.cate.mean())
    assert data.effect == effect
    assert effect in data.DESCR


@pytest.mark.parametrize("effect", [name for name in EFFECTS if name not in {"constant", "published"}])
@pytest.mark.parametrize("graph", sorted(GRAPH_FAMILIES))
def test_there_is_something_to_learn(graph: str, effect: str) -> None:
    variances = [
        make_network_cate(1000, graph=graph, effect=effect, random_state=seed).cate.var() for seed in range(3)
    ]
    # many_weak adds up 20 squared coefficients from N(0, 0.09): 1.8 on average, give or take 0.33
    assert 0.3 < np.mean(variances) < (3.1 if effect == "many_weak" else 1.6)


def test_outcome_and_treatment_have_their_means_and_variances() -> None:
    data = make_network_cate(40_000, effect="one_hop", noise=2.0, random_state=1)
    noise = data.y - data.baseline - data.treatment * data.cate
    assert noise.mean() == pytest.approx(0, abs=4 * 2 / 200)
    assert noise.std() == pytest.approx(2, abs=4 * 2 / np.sqrt(80_000))
    for low in np.arange(0, 1, 0.1):
        rows = (data.propensity >= low) & (data.propensity < low + 0.1)
        if rows.sum() > 100:
            gap = data.treatment[rows].mean() - data.propensity[rows].mean()
            assert abs(gap) < 4 * np.sqrt(0.25 / rows.sum())


def test_published_noise() -> None:
    data = make_network_cate(20_000, effect="published", random_state=1)
    noise = data.y - data.baseline - data.treatment * data.cate
    assert noise.std() == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(40_000))


@pytest.mark.parametrize("graph", ["barabasi_albert", "watts_strogatz"])
def test_same_seed_same_data(graph: str) -> None:
    first, again, other = (
        make_network_cate(200, graph=graph, effect="dense", random_state=seed) for seed in (3, 3, 4)
    )
    pd.testing.assert_frame_equal(first.X, again.X)
    pd.testing.assert_series_equal(first.y, again.y)
    np.testing.assert_array_equal(first.cate, again.cate)
    np.testing.assert_array_equal(first.graph.edges(), again.graph.edges())
    assert not np.allclose(first.y, other.y)
    assert not np.array_equal(first.graph.edges(), other.graph.edges())


def test_a_setting_changes_only_what_it_governs() -> None:
    plain = make_network_cate(200, random_state=0)
    noisy = make_network_cate(200, noise=3.0, random_state=0)
    pd.testing.assert_frame_equal(plain.X, noisy.X)
    pd.testing.assert_series_equal(plain.treatment, noisy.treatment)
    np.testing.assert_allclose(
        noisy.y - noisy.baseline - noisy.treatment * noisy.cate,
        3 * (plain.y - plain.baseline - plain.treatment * plain.cate),
    )
    local = make_network_cate(200, effect="local", random_state=0)
    np.testing.assert_array_equal(local.propensity, plain.propensity)
    np.testing.assert_array_equal(local.graph.edges(), plain.graph.edges())


def test_no_noise_leaves_the_two_outcomes() -> None:
    data = make_network_cate(200, noise=0, random_state=0)
    np.testing.assert_allclose(data.y, data.baseline + data.treatment * data.cate)


@pytest.mark.parametrize("overlap", [0.5, 2.0])
def test_overlap_divides_the_logit(overlap: float) -> None:
    plain, changed = (make_network_cate(200, overlap=v, random_state=0) for v in (1.0, overlap))
    np.testing.assert_allclose(logit(changed.propensity), logit(plain.propensity) / overlap)


@pytest.mark.parametrize("effect", EFFECTS)
def test_larger_overlap_is_closer_to_a_coin(effect: str) -> None:
    distance = [
        np.abs(make_network_cate(300, effect=effect, overlap=v, random_state=0).propensity - 0.5).mean()
        for v in (0.5, 1.0, 2.0, 50.0)
    ]
    assert (np.diff(distance) < 0).all()
    assert distance[-1] < 0.1


def test_without_confounding_only_own_features_matter() -> None:
    data = make_network_cate(500, confounding=0, random_state=0)
    np.testing.assert_allclose(data.propensity, expit(0.5 * data.X["x0"]))
    np.testing.assert_allclose(data.baseline, 0.5 * data.X["x1"])


def test_confounding_biases_the_difference_in_means() -> None:
    def difference(confounding: float) -> float:
        data = make_network_cate(20_000, effect="constant", confounding=confounding, random_state=0)
        treated = data.treatment == 1
        return float(data.y[treated].mean() - data.y[~treated].mean() - data.ate)

    assert difference(1.0) > 0.3
    assert abs(difference(0.0)) < 4 * 2 * np.sqrt(1.25 / 20_000)


class TestDependence:
    """Noise and treatments that linked nodes share."""

    @pytest.mark.parametrize("share", [0.0, 0.4])
    def test_noise_in_cliques(self, share: float) -> None:
        data = make_network_cate(40_000, graph="cliques", mean_degree=3, shared_noise=share, random_state=0)
        noise = (data.y - data.baseline - data.treatment * data.cate).to_numpy().reshape(-1, 4)
        assert noise.std() == pytest.approx(1, abs=0.03)
        correlation = np.corrcoef(noise.T)[np.triu_indices(4, k=1)]
        np.testing.assert_allclose(correlation, share, atol=4 / np.sqrt(10_000))

    def test_treatments_in_cliques_keep_their_propensities(self) -> None:
        data = make_network_cate(
            60_000, graph="cliques", mean_degree=1, shared_treatment=0.8, confounding=0, random_state=0
        )
        apart = make_network_cate(60_000, graph="cliques", mean_degree=1, confounding=0, random_state=0)
        np.testing.assert_array_equal(data.propensity, apart.propensity)
        surprise = (data.treatment - data.propensity).to_numpy()
        for rows in (data.propensity < 0.4, data.propensity > 0.6):
            assert surprise[rows].mean() == pytest.approx(0, abs=4 * np.sqrt(2 * 0.25 / rows.sum()))

    def test_treatments_in_cliques_are_alike(self) -> None:
        data = make_network_cate(
            60_000, graph="cliques", mean_degree=1, shared_treatment=0.8, overlap=1e6, random_state=0
        )
        pairs = data.treatment.to_numpy().reshape(-1, 2)
        # Fair coins that are the signs of normal variables with correlation r have (2 / pi) arcsin(r).
        expected = 2 / np.pi * np.arcsin(0.8)
        error = (1 - expected**2) / np.sqrt(30_000)
        assert np.corrcoef(pairs.T)[0, 1] == pytest.approx(expected, abs=4 * error)

    def test_dependence_falls_with_distance(self) -> None:
        products: dict[int, list[float]] = {1: [], 2: [], 3: []}
        for seed in range(40):
            data = make_network_cate(
                400, graph="watts_strogatz", mean_degree=4, shared_noise=0.9, random_state=seed
            )
            noise = (data.y - data.baseline - data.treatment * data.cate).to_numpy()
            distances = data.graph.path_distances(3).tocoo()
            for distance, found in products.items():
                pairs = distances.data == distance
                found.append(np.mean(noise[distances.row[pairs]] * noise[distances.col[pairs]]))
        means = {distance: np.mean(found) for distance, found in products.items()}
        errors = {distance: np.std(found) / np.sqrt(40) for distance, found in products.items()}
        assert means[1] > means[2] + 4 * errors[2] > 4 * errors[2]
        assert abs(means[3]) < 4 * errors[3]

    def test_blocks_are_components(self) -> None:
        data = make_network_cate(23, graph="cliques", mean_degree=4, random_state=0)
        np.testing.assert_array_equal(data.blocks, np.arange(23) // 5)


class TestGivenGraph:
    """A graph of one's own."""

    def test_number_of_nodes_follows(self) -> None:
        graph = nx.karate_club_graph()
        data = make_network_cate(7, graph=graph, random_state=0)
        assert len(data.X) == data.graph.n_nodes == 34
        assert data.graph.n_edges == 78

    def test_names_of_nodes_become_the_index(self) -> None:
        network = Network.from_edges([("a", "b"), ("b", "c")], node_ids=["c", "a", "b", "d"])
        data = make_network_cate(graph=network, random_state=0)
        assert list(data.X.index) == list(data.y.index) == list(data.treatment.index) == ["c", "a", "b", "d"]

    def test_no_edges(self) -> None:
        data = make_network_cate(50, graph=None, effect="one_hop", random_state=0)
        assert data.graph.n_edges == 0
        np.testing.assert_array_equal(data.cate, 2.0)

    def test_weights_enter_the_neighbours_means(self) -> None:
        ties = pd.DataFrame(
            {"source": [0, 1, 2, 3, 0], "target": [1, 2, 3, 4, 2], "weight": [1.0, 5, 1, 2, 7]}
        )
        data = make_network_cate(graph=ties, effect="interaction", random_state=0)
        weights = data.graph.adjacency.toarray()
        means = weights @ data.X["x0"] / weights.sum(axis=1)
        H = (means - means.mean()) / means.std()
        np.testing.assert_allclose(data.cate, 2 + H * data.X["x1"], atol=1e-5)

    def test_one_node_is_too_few(self) -> None:
        with pytest.raises(ValueError, match="number of nodes of graph must be an integer at least 2; got 1"):
            make_network_cate(graph=np.zeros((1, 1)))

    def test_something_else(self) -> None:
        with pytest.raises(TypeError, match="graph must be a Network"):
            make_network_cate(graph=5)


class TestGivenFeatures:
    """Columns of one's own."""

    def test_the_first_columns_standardised_are_those_of_the_formulas(self) -> None:
        columns = pd.DataFrame(np.random.default_rng(0).uniform(20, 60, size=(300, 4)), columns=list("abcd"))
        data = make_network_cate(graph="watts_strogatz", effect="mixed", X=columns, random_state=0)
        assert data.graph.n_nodes == 300
        a, b, c, d = ((columns - columns.mean()) / columns.std(ddof=0)).to_numpy().T
        H, C = (standardise(data.graph.random_walk() @ column) for column in (a, b))
        np.testing.assert_allclose(data.cate, 1 + np.sin(H) + 0.8 * c * (d > 0), atol=1e-5)
        np.testing.assert_allclose(data.baseline, C + 0.5 * b, atol=1e-5)
        np.testing.assert_allclose(logit(data.propensity), 0.5 * a + 0.7 * C, atol=1e-5)

    @pytest.mark.parametrize("effect", EFFECTS)
    def test_units_do_not_matter(self, effect: str) -> None:
        columns = np.random.default_rng(0).normal(size=(200, 5))
        rescaled = 1000 + columns * [1, 10, 0.01, 3, 7]
        plain, other = (make_network_cate(X=X, effect=effect, random_state=0) for X in (columns, rescaled))
        for name in ("cate", "propensity", "baseline"):
            np.testing.assert_allclose(plain[name], other[name], atol=1e-5)

    def test_only_the_features_are_replaced(self) -> None:
        drawn = make_network_cate(200, random_state=0)
        data = make_network_cate(X=drawn.X, random_state=0)
        pd.testing.assert_frame_equal(data.X, drawn.X)
        np.testing.assert_array_equal(data.graph.edges(), drawn.graph.edges())
        # The means of neighbours are standardised, so that the units of own columns do not enter H and C.
        np.testing.assert_allclose(data.cate, drawn.cate, atol=1e-5)
        deviation, drawn_deviation = (d.y - d.baseline - d.treatment * d.cate for d in (data, drawn))
        np.testing.assert_allclose(deviation, drawn_deviation, atol=1e-5)

    def test_they_come_back_as_they_were(self) -> None:
        columns = pd.DataFrame({"age": [30, 40, 50, 60], "rich": [True, False, False, True]})
        data = make_network_cate(graph=None, X=columns, effect="local", random_state=0)
        pd.testing.assert_frame_equal(data.X, columns.astype("float64"))
        assert "4 nodes, 0 links, 2 features" in data.DESCR

    def test_a_networkx_graph_is_put_in_the_order_of_the_index(self) -> None:
        columns = pd.DataFrame({"u": [1.0, 2, 4], "v": [0.0, 1, 0]}, index=["cy", "ann", "bo"])
        data = make_network_cate(graph=nx.Graph([("ann", "bo"), ("bo", "cy")]), X=columns, random_state=0)
        np.testing.assert_array_equal(data.graph.edges(), [[0, 2], [1, 2]])
        assert list(data.X.index) == list(data.y.index) == list(data.treatment.index) == ["cy", "ann", "bo"]

    def test_rows_without_names_get_those_of_the_network(self) -> None:
        network = Network.from_edges([("a", "b")], node_ids=["c", "a", "b"])
        data = make_network_cate(graph=network, X=np.arange(6.0).reshape(3, 2), random_state=0)
        assert list(data.X.index) == list(data.y.index) == ["c", "a", "b"]

    def test_another_number_of_rows(self) -> None:
        with pytest.raises(ValueError, match="one node for each row of X; got 34 nodes and 3 rows"):
            make_network_cate(graph=nx.karate_club_graph(), X=np.arange(6.0).reshape(3, 2))

    def test_too_few_columns(self) -> None:
        with pytest.raises(ValueError, match="X must have at least 2 columns for effect='one_hop'; got 1"):
            make_network_cate(X=np.arange(5.0).reshape(5, 1))

    def test_both_features_and_their_number(self) -> None:
        with pytest.raises(ValueError, match=r"n_features must not be given together with X, .*; got 10"):
            make_network_cate(n_features=10, X=np.arange(6.0).reshape(3, 2))


# x1 of the sixth node, sum of y, number of treated, tau and propensity of the fourth node, number of links,
# as the first release drew them: whoever reports a seed must get the same data again.
@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, (0.2179019, 234.5961397, 100, 0.9293892, 0.5592838, 784)),
        (
            {"effect": "dense", "graph": "watts_strogatz"},
            (0.2179019, 254.6896076, 103, 0.9080649, 0.4670079, 800),
        ),
        (
            {
                "effect": "mixed",
                "graph": "erdos_renyi",
                "n_features": 4,
                "shared_noise": 0.3,
                "shared_treatment": 0.3,
            },
            (-0.3902535, 138.6722008, 101, 0.8696929, 0.1509355, 784),
        ),
        ({"effect": "published", "graph": "sbm"}, (0.2179019, 262.6482749, 117, 2.0, 0.8072446, 813)),
        (
            {"effect": "many_weak", "graph": "cliques", "n_features": 3},
            (-1.0589391, 130.8241714, 110, 0.1788689, 0.3663627, 793),
        ),
    ],
)
def test_drawn_worlds_stay_as_they_were(settings: dict[str, Any], expected: tuple[float, ...]) -> None:
    data = make_network_cate(200, random_state=7, **settings)
    found = [data.X.iloc[5, 1], data.y.sum(), data.treatment.sum(), data.cate[3], data.propensity[3]]
    assert [*found, data.graph.n_edges] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_nodes": 1}, "n_nodes must be an integer at least 2; got 1"),
        ({"n_nodes": 100.5}, "n_nodes must be an integer at least 2; got 100.5"),
        ({"graph": "ring"}, "graph must be one of 'barabasi_albert', .*; got 'ring'"),
        ({"effect": "huge"}, "effect must be one of 'constant', .*; got 'huge'"),
        ({"n_features": 0}, "n_features must be an integer at least 1; got 0"),
        ({"n_features": 1}, "n_features must be at least 2 for effect='one_hop'; got 1"),
        ({"n_features": 2, "effect": "step"}, "n_features must be at least 3 for effect='step'; got 2"),
        ({"n_features": 3, "effect": "mixed"}, "n_features must be at least 4 for effect='mixed'; got 3"),
        ({"overlap": 0}, "overlap must be a number greater than 0; got 0"),
        ({"overlap": "good"}, "overlap must be a number greater than 0; got 'good'"),
        ({"confounding": -1.0}, "confounding must be a number at least 0; got -1.0"),
        ({"noise": float("nan")}, "noise must be a number at least 0; got nan"),
        ({"shared_noise": 1.0}, "shared_noise must be less than 1; got 1.0"),
        ({"shared_noise": -0.1}, "shared_noise must be a number at least 0 and at most 1; got -0.1"),
        ({"shared_treatment": 1.5}, "shared_treatment must be a number at least 0 and at most 1; got 1.5"),
        ({"mean_degree": 0}, "mean_degree must be an integer at least 1; got 0"),
        ({"mean_degree": 7}, "mean_degree must be even for graph='barabasi_albert'; got 7"),
        ({"mean_degree": 7, "graph": "watts_strogatz"}, "must be even for graph='watts_strogatz'; got 7"),
        ({"n_nodes": 8}, "mean_degree must be less than n_nodes; got 8 and 8 nodes"),
        ({"random_state": "seed"}, "random_state must be None, .*; got 'seed'"),
    ],
)
def test_bad_settings(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_network_cate(**settings)


@pytest.mark.parametrize(("effect", "n_features"), [("one_hop", 2), ("step", 3), ("mixed", 4), ("dense", 2)])
def test_fewest_features(effect: str, n_features: int) -> None:
    data = make_network_cate(60, effect=effect, n_features=n_features, random_state=0)
    assert data.X.shape == (60, n_features)
