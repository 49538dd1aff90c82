"""HopAdditiveRegressor: scikit-learn's checks, what it finds, what must not matter, odd and bad inputs."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import r2_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from causalkit.graphs import Network
from causalkit.nuisance import HopAdditiveRegressor

EXPECTED_FAILURES = {
    "check_sample_weight_equivalence_on_dense_data": "sums in 32 bits agree to 1e-5, the check asks for 1e-7"
}


@parametrize_with_checks(
    [
        HopAdditiveRegressor(random_state=0),
        HopAdditiveRegressor(n_hops=0, n_pairs=2, n_fourier=0, random_state=0),
        HopAdditiveRegressor(missing="flag", random_state=0),
    ],
    expected_failed_checks=lambda estimator: EXPECTED_FAILURES,
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def world():
    """800 nodes; the outcome follows the neighbours' mean of x1 and, less, the node's own x0."""
    rng = np.random.default_rng(0)
    edges = rng.integers(0, 800, (2400, 2))
    network = Network.from_edges(edges[edges[:, 0] != edges[:, 1]], n_nodes=800)
    X = pd.DataFrame(rng.normal(size=(800, 6)), columns=[f"x{i}" for i in range(6)])
    mean = network.random_walk() @ X["x1"].to_numpy()
    mean = (mean - mean.mean()) / mean.std()
    signal = 1.5 * np.sin(2 * mean) + 0.7 * X["x0"].to_numpy()
    return X, signal + 0.4 * rng.normal(size=800), network, signal


@pytest.fixture(scope="module")
def plain():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(300, 4))
    return X, np.sin(2 * X[:, 0]) + X[:, 1] + 0.2 * rng.normal(size=300)


@pytest.fixture(scope="module")
def model(world):
    X, y, network, _ = world
    return HopAdditiveRegressor(random_state=0).fit(X, y, graph=network)


def fitted(X, y, **settings):
    weight = settings.pop("sample_weight", None)
    return HopAdditiveRegressor(random_state=0, **settings).fit(X, y, sample_weight=weight)


class TestRecovery:
    def test_finds_a_function_of_the_neighbours(self, world, model):
        X, _, network, signal = world
        assert r2_score(signal, model.predict(X, graph=network)) > 0.97

    def test_graph_blind_does_not(self, world):
        X, y, _, signal = world
        assert r2_score(signal, fitted(X, y).predict(X)) < 0.5

    def test_says_which_hop(self, model):
        relevance = model.hop_relevance_
        assert relevance.index.tolist().count("1") == 1 and relevance.idxmax() == "1"
        assert relevance["1"] > 0.6 and relevance["0"] > 0.1 and relevance["2"] < 0.05
        assert relevance.sum() == pytest.approx(1)

    def test_says_which_columns(self, model):
        relevance = model.feature_relevance_
        assert relevance.index[0] == "x1" and relevance["x1"] > 0.5
        assert relevance.reindex(["x2", "x3", "x4", "x5"]).fillna(0).max() < 0.02
        assert relevance.sum() == pytest.approx(1)

    def test_noise_is_found_in_units_of_the_outcome(self, model):
        assert model.noise_variance_ == pytest.approx(0.16, rel=0.2)

    def test_table_of_blocks(self, model):
        table = model.block_variances_
        assert {"kind", "hop", "feature", "variance", "degrees_of_freedom", "share"} <= {*table.columns}
        assert table.loc[table["share"].idxmax(), "hop"] == "1"

    def test_deviation_is_that_of_the_function(self, world, model):
        X, _, network, signal = world
        mean, std = model.predict(X, graph=network, return_std=True)
        assert 0.85 < np.mean(np.abs(mean - signal) < 1.96 * std) <= 1

    def test_out_of_fold_predicts_nodes_it_has_not_seen(self, world, model):
        _, y, _, signal = world
        held_out = model.out_of_fold(np.arange(800) % 5)
        assert r2_score(signal, held_out) > 0.94
        assert r2_score(y, held_out) < r2_score(y, model.predict(world[0], graph=world[2]))

    def test_pairs_find_an_interaction(self):
        rng = np.random.default_rng(2)
        X = rng.normal(size=(1500, 8))
        signal = X[:, 2] * (X[:, 5] > 0) * 2 + X[:, 0]
        y = signal + 0.5 * rng.normal(size=1500)
        with_pairs = fitted(X, y, n_pairs=4, n_fourier=0)
        assert (
            r2_score(signal, with_pairs.predict(X))
            > r2_score(signal, fitted(X, y, n_fourier=0).predict(X)) + 0.1
        )
        pairs = with_pairs.block_variances_.query("kind == 'pair'").sort_values("share")
        assert pairs["feature"].iloc[-1] == "x2 x x5"
        held_out = with_pairs.out_of_fold(np.arange(1500) % 5)
        assert r2_score(signal, held_out) > 0.85


class TestHonesty:
    @pytest.mark.parametrize("n_pairs", [0, 12])
    def test_permuted_outcomes_cannot_be_predicted(self, world, n_pairs):
        X, y, network, _ = world
        scores = []
        for seed in range(4):
            shuffled = np.random.default_rng(seed).permutation(y)
            model = HopAdditiveRegressor(n_pairs=n_pairs, random_state=0).fit(X, shuffled, graph=network)
            scores.append(r2_score(shuffled, model.out_of_fold(np.arange(800) % 5)))
        assert max(scores) <= 0.02

    def test_a_fold_is_close_to_a_fit_on_the_other_rows(self, plain):
        X, y = plain
        fold = np.arange(300) % 4
        held_out = fitted(X, y).out_of_fold(fold)
        for k in range(4):
            again = fitted(X[fold != k], y[fold != k]).predict(X[fold == k])
            assert np.mean((held_out[fold == k] - again) ** 2) < 0.05 * np.var(y)

    def test_an_outcome_has_no_part_in_its_own_prediction(self, plain):
        """The variances of blocks are shared, so that a trace is left; nothing like the change itself."""
        X, y = plain
        wild = y.copy()
        wild[0] += 3.0
        fold = np.arange(300) % 5
        assert abs(fitted(X, wild).out_of_fold(fold)[0] - fitted(X, y).out_of_fold(fold)[0]) < 0.03


class TestInvariance:
    def test_order_of_the_nodes(self, world):
        X, y, network, _ = world
        order = np.random.default_rng(3).permutation(len(y))
        a = HopAdditiveRegressor(random_state=0).fit(X, y, graph=network)
        b = HopAdditiveRegressor(random_state=0).fit(X.iloc[order], y[order], graph=network[order])
        expected = a.predict(X, graph=network)[order]
        np.testing.assert_allclose(b.predict(X.iloc[order], graph=network[order]), expected, atol=2e-3)

    def test_names_of_rows_and_of_nodes_agree(self, world):
        X, y, network, _ = world
        named = X.set_axis([f"n{i}" for i in range(800)])
        edges = network.edges()
        ties = pd.DataFrame({"source": named.index[edges[:, 0]], "target": named.index[edges[:, 1]]})
        a = HopAdditiveRegressor(random_state=0).fit(X, y, graph=network).predict(X, graph=network)
        b = HopAdditiveRegressor(random_state=0).fit(named, y, graph=ties).predict(named, graph=ties)
        np.testing.assert_array_equal(a, b)

    def test_rows_in_a_list_have_no_names(self):
        X = [[0.0, 1.0], [1.0, 0.0], [2.0, 1.0], [3.0, 2.0]]
        ties = pd.DataFrame({"source": [0, 1], "target": [1, 2]})
        model = HopAdditiveRegressor(random_state=0).fit(X, [0, 1, 2, 3], graph=ties)
        assert model.predict(X, graph=ties).shape == (4,)

    def test_an_isolated_node_more(self, world):
        X, y, network, _ = world
        more = Network.from_edges(network.edges(), n_nodes=801)
        a = HopAdditiveRegressor(random_state=0).fit(X, y, graph=network)
        wider = pd.concat([X, X.iloc[[0]]], ignore_index=True)
        np.testing.assert_allclose(a.predict(wider, graph=more)[:800], a.predict(X, graph=network), atol=1e-5)

    @pytest.mark.parametrize("n_pairs", [0, 3])
    def test_number_of_threads(self, world, n_pairs):
        X, y, network, _ = world
        answers = [
            HopAdditiveRegressor(n_pairs=n_pairs, n_jobs=n, random_state=0).fit(X, y, graph=network)
            for n in (1, 2)
        ]
        a, b = (model.predict(X, graph=network) for model in answers)
        np.testing.assert_array_equal(a, b)

    @pytest.mark.parametrize(("shift", "scale"), [(1e9, 1.0), (0.0, 1e-15), (0.0, 1e150), (-3.0, -2.0)])
    def test_units_of_the_outcome(self, plain, shift, scale):
        X, y = plain
        moved = fitted(X, y * scale + shift)
        expected = fitted(X, y).predict(X)
        np.testing.assert_allclose((moved.predict(X) - shift) / scale, expected, atol=1e-4)
        held_out = (moved.out_of_fold(np.arange(300) % 3) - shift) / scale
        np.testing.assert_allclose(held_out, fitted(X, y).out_of_fold(np.arange(300) % 3), atol=1e-4)

    @pytest.mark.parametrize(("shift", "scale"), [(1e9, 1.0), (0.0, 1e-200), (0.0, 1e300), (1e6, 10.0)])
    def test_units_of_a_column(self, plain, shift, scale):
        X, y = plain
        moved = X * scale + shift
        np.testing.assert_allclose(fitted(moved, y).predict(moved), fitted(X, y).predict(X), atol=1e-3)

    def test_a_constant_column_more(self, plain):
        X, y = plain
        wider = np.column_stack([X, np.full(300, 5.0)])
        np.testing.assert_allclose(
            fitted(wider, y, n_fourier=0).predict(wider), fitted(X, y, n_fourier=0).predict(X), atol=1e-6
        )


class TestWeights:
    @pytest.mark.parametrize("n_pairs", [0, 3])
    @pytest.mark.parametrize("skewed", [False, True])
    def test_whole_weights_are_repeated_rows(self, plain, n_pairs, skewed):
        X, y = plain
        X = np.exp(1.5 * X) if skewed else X
        weight = np.random.default_rng(4).integers(0, 4, 300)
        a = fitted(X, y, n_pairs=n_pairs, sample_weight=weight)
        b = fitted(np.repeat(X, weight, axis=0), np.repeat(y, weight), n_pairs=n_pairs)
        np.testing.assert_allclose(a.predict(X), b.predict(X), atol=1e-3)
        assert a.log_marginal_likelihood_ == pytest.approx(b.log_marginal_likelihood_, abs=0.05)

    def test_equal_weights_are_none(self, plain):
        X, y = plain
        np.testing.assert_array_equal(
            fitted(X, y, sample_weight=np.ones(300)).predict(X), fitted(X, y).predict(X)
        )

    def test_rows_of_weight_zero_have_no_outcome(self, plain):
        X, y = plain
        weight = (np.arange(300) % 3 > 0).astype(float)
        wild = np.where(weight == 0, 1e3, y)
        a, b = (fitted(X, outcome, sample_weight=weight).predict(X) for outcome in (wild, y))
        np.testing.assert_allclose(a, b, atol=1e-5)

    def test_out_of_fold(self, plain):
        X, y = plain
        weight = np.random.default_rng(5).integers(1, 3, 300)
        fold = np.arange(300) % 3
        a = fitted(X, y, sample_weight=weight).out_of_fold(fold)
        b = fitted(np.repeat(X, weight, axis=0), np.repeat(y, weight)).out_of_fold(np.repeat(fold, weight))
        np.testing.assert_allclose(np.repeat(a, weight), b, atol=1e-3)


class TestOddData:
    @pytest.mark.parametrize("n_rows", [2, 3, 5, 10])
    def test_few_rows(self, plain, n_rows):
        X, y = (a[:n_rows] for a in plain)
        model = fitted(X, y, n_pairs=3)
        assert np.isfinite(model.predict(plain[0])).all()
        assert np.isfinite(model.out_of_fold(np.arange(n_rows) % 2)).all()

    def test_more_columns_than_rows(self):
        rng = np.random.default_rng(6)
        X, y = rng.normal(size=(40, 200)), rng.normal(size=40)
        assert np.abs(fitted(X, y).predict(X)).max() < np.abs(y).max()

    def test_hundreds_of_columns(self):
        rng = np.random.default_rng(7)
        X = rng.normal(size=(600, 250))
        signal = np.sin(2 * X[:, 3]) + X[:, 200]
        model = fitted(X, signal + 0.3 * rng.normal(size=600))
        assert r2_score(signal, model.predict(X)) > 0.9
        assert {*model.feature_relevance_.index[:2]} == {"x3", "x200"}

    def test_copies_of_a_column(self, plain):
        X, y = plain
        copies = np.column_stack([X] * 5)
        assert r2_score(fitted(X, y).predict(X), fitted(copies, y).predict(copies)) > 0.99

    @pytest.mark.parametrize("n_pairs", [0, 4])
    def test_no_noise_and_copies_on_many_rows(self, n_pairs):
        X = np.random.default_rng(8).normal(size=(50_000, 3))
        copies = np.column_stack([X] * 3)
        model = fitted(copies, X[:, 1], n_pairs=n_pairs, n_fourier=20)
        assert r2_score(X[:, 1], model.predict(copies)) > 0.999

    def test_wild_values(self, plain):
        X, y = plain
        wild = X.copy()
        wild[5, 2] = 1e30
        assert r2_score(y, fitted(wild, y).predict(wild)) > 0.9
        rng = np.random.default_rng(9)
        heavy = rng.standard_cauchy((500, 3))
        y = np.sign(heavy[:, 0]) + 0.1 * rng.normal(size=500)
        assert r2_score(y, fitted(heavy, y).predict(heavy)) > 0.7

    def test_skewed_binary_and_few_valued_columns(self):
        rng = np.random.default_rng(10)
        z = rng.normal(size=(1000, 4))
        X = np.column_stack([np.exp(2 * z[:, 0]), z[:, 1] > 1, np.round(z[:, 2]), np.full(1000, 3.0)])
        signal = np.sin(2 * z[:, 0]) + X[:, 1] + np.abs(X[:, 2])
        assert r2_score(signal, fitted(X, signal + 0.3 * rng.normal(size=1000)).predict(X)) > 0.95

    def test_constant_outcome(self, plain):
        np.testing.assert_allclose(fitted(plain[0], np.full(300, 7.0)).predict(plain[0]), 7.0)

    def test_constant_columns(self, plain):
        model = fitted(np.ones((300, 2)), plain[1])
        np.testing.assert_allclose(model.predict(np.ones((5, 2))), plain[1].mean(), rtol=1e-6)
        assert model.feature_relevance_.sum() == 0

    def test_predictions_far_away_stay_bounded(self, plain):
        X, y = plain
        far = fitted(X, y, n_pairs=3).predict(np.full((1, 4), 1e12))
        assert np.abs(far).max() < 50

    def test_missing_values_are_flagged(self):
        rng = np.random.default_rng(11)
        X = rng.normal(size=(800, 3))
        gone = rng.random(800) < 0.3
        y = np.where(gone, 2.0, np.sin(X[:, 0])) + 0.2 * rng.normal(size=800)
        X[gone, 0] = np.nan
        model = fitted(pd.DataFrame(X, columns=["a", "b", "c"]), y, missing="flag")
        assert r2_score(y, model.predict(pd.DataFrame(X, columns=["a", "b", "c"]))) > 0.9
        assert model.feature_relevance_.index[0] == "missing(a)"


class TestPickle:
    def test_a_saved_model_predicts_the_same_without_its_training_rows(self, plain):
        X, y = plain
        model = fitted(X, y)
        again = pickle.loads(pickle.dumps(model))
        np.testing.assert_array_equal(again.predict(X), model.predict(X))

    def test_out_of_fold_of_a_saved_model_is_an_error(self, plain):
        model = pickle.loads(pickle.dumps(fitted(*plain)))
        with pytest.raises(
            ValueError, match="out_of_fold needs the training rows; got a model that was pickled"
        ):
            model.out_of_fold(np.arange(300) % 2)

    def test_size_does_not_grow_with_the_rows(self, plain):
        X, y = plain
        sizes = [len(pickle.dumps(fitted(np.tile(X, (k, 1)), np.tile(y, k)))) for k in (1, 10)]
        assert sizes[1] < 1.3 * sizes[0]

    def test_clone_is_not_fitted(self, plain):
        with pytest.raises(NotFittedError):
            clone(fitted(*plain)).predict(plain[0])


class TestBadInput:
    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"n_hops": -1}, "n_hops must be an integer at least 0; got -1"),
            ({"n_hops": 1.5}, "n_hops must be an integer at least 0; got 1.5"),
            ({"n_pairs": -2}, "n_pairs must be an integer at least 0; got -2"),
            ({"n_fourier": None}, "n_fourier must be an integer at least 0; got None"),
            ({"missing": "drop"}, "missing must be one of 'error', 'flag'; got 'drop'"),
            ({"random_state": "x"}, "random_state must be None, a non-negative integer"),
        ],
    )
    def test_settings(self, plain, settings, message):
        with pytest.raises(ValueError, match=message):
            HopAdditiveRegressor(**settings).fit(*plain)

    @pytest.mark.parametrize(
        ("y", "message"),
        [
            (None, "target y is None"),
            (np.ones(299), "y must have one value for each row of X; got 299 values and 300 rows"),
            (np.r_[np.nan, np.ones(299)], "y must not contain"),
            (np.r_[np.inf, np.ones(299)], "y must not contain"),
            (np.ones((300, 2)), "y should be a 1d array"),
            (["a"] * 300, "y must be numeric"),
        ],
    )
    def test_outcome(self, plain, y, message):
        with pytest.raises(ValueError, match=message):
            HopAdditiveRegressor().fit(plain[0], y)

    def test_features(self, plain):
        X, y = plain
        for bad, message in (
            (np.where(np.arange(4) == 1, np.nan, X), "X must not contain NaN"),
            (np.where(np.arange(4) == 1, np.inf, X), "X must not contain .*infinit"),
            (X[:, 0], "2D array"),
            (pd.DataFrame(X).assign(text="a"), "X must have numeric or boolean columns; column 'text'"),
        ):
            with pytest.raises(ValueError, match=message):
                HopAdditiveRegressor().fit(bad, y)
        with pytest.raises(ValueError, match="minimum of 2 is required"):
            HopAdditiveRegressor().fit(X[:1], y[:1])

    def test_weights(self, plain):
        X, y = plain
        for bad, message in (
            (-np.ones(300), "sample_weight must not be negative; got -1 at row 0"),
            (np.zeros(300), "sample_weight must have a positive value"),
            (np.ones(5), "sample_weight must have one value for each row of X; got 5"),
        ):
            with pytest.raises(ValueError, match=message):
                HopAdditiveRegressor().fit(X, y, sample_weight=bad)

    def test_graph(self, plain):
        X, y = plain
        with pytest.raises(ValueError, match="one node for each row of X; got 3 nodes and 300 rows"):
            HopAdditiveRegressor().fit(X, y, graph=Network.from_edges([(0, 1), (1, 2)]))
        with pytest.raises(TypeError, match="graph must be a Network"):
            HopAdditiveRegressor().fit(X, y, graph="friends")
        model = HopAdditiveRegressor(random_state=0).fit(X, y)
        with pytest.raises(ValueError, match="one node for each row of X; got 3 nodes and 300 rows"):
            model.predict(X, graph=Network.from_edges([(0, 1), (1, 2)]))

    def test_other_columns_at_prediction(self, world):
        X, y, network, _ = world
        model = HopAdditiveRegressor(random_state=0).fit(X, y, graph=network)
        with pytest.raises(ValueError, match="feature names should match"):
            model.predict(X.rename(columns={"x0": "z"}), graph=network)

    @pytest.mark.parametrize(
        ("folds", "message"),
        [
            (np.zeros(300), "folds must have at least 2 different labels; got 1"),
            (np.arange(4), "folds must have one label for each row; got 4 labels and 300 rows"),
            (np.full(300, np.nan), "folds must have a label for each row"),
            (None, "folds must be one-dimensional"),
        ],
    )
    def test_folds(self, plain, folds, message):
        with pytest.raises(ValueError, match=message):
            fitted(*plain).out_of_fold(folds)

    def test_not_fitted(self, plain):
        with pytest.raises(NotFittedError):
            HopAdditiveRegressor().predict(plain[0])
        with pytest.raises(NotFittedError):
            HopAdditiveRegressor().out_of_fold([0, 1])
