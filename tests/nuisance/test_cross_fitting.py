"""CrossFitter and cross_fit: no row helps to predict itself, whatever the model, the folds and the graph."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import log_loss, r2_score
from sklearn.model_selection import GroupKFold, KFold, ShuffleSplit, cross_val_predict, cross_validate
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from causalkit.graphs import HopFeatures, Network, NetworkKFold
from causalkit.nuisance import CrossFitter, GraphClassifier, GraphRegressor, HopAdditiveRegressor
from causalkit.nuisance._cross_fitting import cross_fit

ENGINE_ROUNDS = {
    "check_sample_weight_equivalence_on_dense_data": "sums in 32 bits agree to 1e-5, the check asks for 1e-7"
}


def expected_failures(fitter):
    return ENGINE_ROUNDS if fitter.estimator == "additive" else {}


@parametrize_with_checks(
    [
        CrossFitter(Ridge(), random_state=0),
        CrossFitter(LogisticRegression(), random_state=0),
        CrossFitter("linear", random_state=0),
        CrossFitter("additive", random_state=0),
    ],
    expected_failed_checks=expected_failures,
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def world():
    """A ring with chords; outcome and treatment follow the neighbours' mean of the first column."""
    rng = np.random.default_rng(0)
    ring = np.column_stack([np.arange(600), np.roll(np.arange(600), -1)])
    far = rng.integers(0, 600, (600, 2))
    network = Network.from_edges(np.vstack([ring, far[far[:, 0] != far[:, 1]]]), n_nodes=600)
    X = pd.DataFrame(rng.normal(size=(600, 4)), columns=list("abcd"))
    mean = network.random_walk() @ X["a"].to_numpy()
    signal = 3 * mean + X["b"].to_numpy()
    y = signal + 0.3 * rng.normal(size=600)
    treatment = (rng.random(600) < 1 / (1 + np.exp(-2 * signal))).astype(int)
    return X, y, treatment, network


MODELS = ["linear", "additive", "pairs", "boosting", "stack", Ridge(), ["linear", KNeighborsRegressor()]]


class TestRegression:
    @pytest.mark.parametrize("model", MODELS, ids=str)
    def test_held_out_predictions_find_the_signal(self, world, model):
        X, y, _, network = world
        fitter = CrossFitter(model, random_state=0).fit(X, y, graph=network)
        assert fitter.out_of_fold_.shape == (600,)
        assert r2_score(y, fitter.out_of_fold_) > 0.7
        assert r2_score(y, fitter.predict(X, graph=network)) >= r2_score(y, fitter.out_of_fold_) - 0.02
        assert is_regressor(fitter) or not hasattr(model, "fit")

    def test_equal_scikit_learns_on_the_same_folds(self, world):
        X, y, _, _ = world
        folds = KFold(4, shuffle=True, random_state=1)
        fitter = CrossFitter(Ridge(), cv=folds).fit(X, y)
        np.testing.assert_allclose(fitter.out_of_fold_, cross_val_predict(Ridge(), X, y, cv=folds))

    def test_new_rows_get_the_mean_of_the_fold_models(self, world):
        X, y, _, _ = world
        fitter = CrossFitter(Ridge(), cv=3, random_state=0).fit(X, y)
        expected = np.mean([model.predict(X) for model in fitter.estimators_["Ridge"]], axis=0)
        np.testing.assert_allclose(fitter.predict(X), expected)
        assert fitter.weights_.to_dict() == {"Ridge": 1.0}

    def test_a_stack_weighs_its_candidates(self, world):
        X, y, _, network = world
        fitter = CrossFitter("stack", random_state=0).fit(X, y, graph=network)
        assert fitter.weights_.sum() == pytest.approx(1) and (fitter.weights_ >= 0).all()
        assert list(fitter.candidates_) == ["linear", "additive", "pairs", "boosting"]
        np.testing.assert_allclose(fitter.out_of_fold_, fitter.candidates_ @ fitter.weights_)
        best = max(r2_score(y, fitter.candidates_[name]) for name in fitter.candidates_)
        assert r2_score(y, fitter.out_of_fold_) >= best - 1e-9

    def test_a_row_has_no_part_in_its_own_prediction(self, world):
        X, y, _, network = world
        folds = NetworkKFold(5, random_state=0)
        wild = y.copy()
        wild[7] += 100
        for model in ("additive", "linear"):
            a, b = (CrossFitter(model, cv=folds, random_state=0).fit(X, v, graph=network) for v in (y, wild))
            assert a.out_of_fold_[7] == b.out_of_fold_[7]
            assert (a.out_of_fold_ != b.out_of_fold_).any()

    @pytest.mark.parametrize("model", ["linear", "additive"])
    def test_permuted_outcomes_cannot_be_predicted(self, world, model):
        X, y, _, network = world
        shuffled = np.random.default_rng(1).permutation(y)
        assert (
            r2_score(
                shuffled, CrossFitter(model, random_state=0).fit(X, shuffled, graph=network).out_of_fold_
            )
            < 0.02
        )


class TestClassification:
    @pytest.mark.parametrize(
        "model", ["linear", "additive", "boosting", "stack", LogisticRegression()], ids=str
    )
    def test_probabilities(self, world, model):
        X, _, treatment, network = world
        fitter = CrossFitter(model, random_state=0).fit(X, treatment, graph=network)
        p = fitter.out_of_fold_
        assert (p > 0).all() and (p < 1).all()
        assert log_loss(treatment, p) < 0.55 < log_loss(treatment, np.full(600, treatment.mean()))
        new = fitter.predict_proba(X, graph=network)
        np.testing.assert_allclose(new.sum(axis=1), 1)
        np.testing.assert_array_equal(fitter.predict(X, graph=network), new[:, 1] > 0.5)
        assert fitter.score(X, treatment, graph=network) > 0.7

    @pytest.mark.parametrize("labels", [["no", "yes"], [False, True], ["a", "b"]])
    def test_classes_keep_their_names(self, world, labels):
        X, _, treatment, _ = world
        named = np.array(labels)[treatment]
        fitter = CrossFitter("linear", random_state=0).fit(X, named)
        assert fitter.classes_.tolist() == labels
        assert {*fitter.predict(X)} <= {*labels}
        np.testing.assert_allclose(
            fitter.out_of_fold_, CrossFitter("linear", random_state=0).fit(X, treatment).out_of_fold_
        )

    def test_certain_candidates_do_not_break_the_stack(self, world):
        X, _, treatment, _ = world
        fitter = CrossFitter([LogisticRegression(), KNeighborsClassifier(1)], random_state=0).fit(
            X, treatment
        )
        assert np.isfinite(fitter.out_of_fold_).all() and (fitter.weights_ >= 0).all()

    def test_both_classes_in_every_fold(self, world):
        X, _, _, _ = world
        rare = np.zeros(600, int)
        rare[:10] = 1
        fitter = CrossFitter(LogisticRegression(), random_state=0).fit(X, rare)
        assert np.bincount(fitter.folds_[:10], minlength=5).tolist() == [2] * 5

    def test_it_is_a_classifier_if_its_estimator_is(self, world):
        assert is_classifier(CrossFitter(LogisticRegression())) and is_regressor(CrossFitter(Ridge()))
        assert hasattr(CrossFitter(LogisticRegression()), "predict_proba")
        assert not hasattr(CrossFitter(Ridge()), "predict_proba")
        assert not hasattr(CrossFitter("linear").fit(*world[:2]), "predict_proba")

    @pytest.mark.parametrize("y", [np.arange(600) % 3, np.arange(600) % 2 + 1, np.linspace(0, 1, 600)])
    def test_names_are_regressors_for_other_numbers(self, world, y):
        assert not hasattr(CrossFitter("linear").fit(world[0], y), "classes_")


class TestFolds:
    def test_edges_keep_communities_together(self, world):
        X, y, _, _ = world
        villages = Network.from_groups(np.arange(600) // 20)
        fitter = CrossFitter(Ridge(), random_state=0).fit(X, y, graph=villages)
        assert (fitter.folds_.reshape(30, 20) == fitter.folds_[::20, None]).all()

    def test_groups_stay_together_without_a_graph(self, world):
        X, y, treatment, _ = world
        groups = np.arange(600) % 40
        for model, outcome in ((Ridge(), y), (LogisticRegression(), treatment)):
            fold = CrossFitter(model, random_state=0).fit(X, outcome, groups=groups).folds_
            assert all(len(set(fold[groups == g])) == 1 for g in range(40))

    def test_splitters_get_groups_or_graph(self, world):
        X, y, _, network = world
        by_group = CrossFitter(Ridge(), cv=GroupKFold(3)).fit(X, y, groups=np.arange(600) % 9)
        assert all(len(set(by_group.folds_[i::9])) == 1 for i in range(9))
        buffered = CrossFitter(Ridge(), cv=NetworkKFold(3, buffer=1, random_state=0)).fit(X, y, graph=network)
        assert set(buffered.folds_) == {0, 1, 2}

    def test_lists_of_splits(self, world):
        X, y, _, _ = world
        splits = list(KFold(3).split(X))
        assert CrossFitter(Ridge(), cv=splits).fit(X, y).folds_.tolist() == [0] * 200 + [1] * 200 + [2] * 200


class TestGraph:
    def test_models_without_links_get_hop_features(self, world):
        X, y, _, network = world
        folds = KFold(5, shuffle=True, random_state=0)
        fitter = CrossFitter(Ridge(), cv=folds, n_hops=1).fit(X, y, graph=network)
        table = HopFeatures(n_hops=1).fit_transform(X, graph=network)
        np.testing.assert_allclose(fitter.out_of_fold_, cross_val_predict(Ridge(), table, y, cv=folds))
        assert "a (hop 1)" in fitter.estimators_["Ridge"][0].feature_names_in_

    def test_models_with_links_lose_nothing_at_the_cuts(self, world):
        """As good as the engine's own refits, which see every link, on random folds that cut most of them."""
        X, y, _, network = world
        fold = np.arange(600) % 5
        splits = [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(5)]
        ours = (
            CrossFitter(HopAdditiveRegressor(random_state=0), cv=splits).fit(X, y, graph=network).out_of_fold_
        )
        engine = HopAdditiveRegressor(random_state=0).fit(X, y, graph=network).out_of_fold(fold)
        assert r2_score(y, ours) > r2_score(y, engine) - 0.01

    def test_a_routed_pipeline_gets_the_graph_itself(self, world):
        X, y, _, network = world
        with config_context(enable_metadata_routing=True):
            pipeline = make_pipeline(HopFeatures(n_hops=1), StandardScaler(), LinearRegression())
            fitter = CrossFitter(pipeline, random_state=0).fit(X, y, graph=network)
            assert fitter.estimators_["Pipeline"][0][0].n_features_in_ == 4
            assert r2_score(y, fitter.out_of_fold_) > 0.7

    def test_graph_travels_through_cross_validate(self, world):
        X, y, _, network = world
        with config_context(enable_metadata_routing=True):
            scores = cross_validate(
                CrossFitter("linear", cv=3, random_state=0),
                X,
                y,
                cv=NetworkKFold(3, random_state=0),
                params={"graph": network},
                error_score="raise",
            )["test_score"]
        assert scores.min() > 0.5

    def test_order_of_the_nodes(self, world):
        X, y, _, network = world
        order = np.random.default_rng(2).permutation(600)
        fold = np.arange(600) % 4
        a, b = (
            CrossFitter("linear", cv=[(np.flatnonzero(f != k), np.flatnonzero(f == k)) for k in range(4)])
            .fit(table, outcome, graph=links)
            .out_of_fold_
            for f, table, outcome, links in (
                (fold, X, y, network),
                (fold[order], X.iloc[order], y[order], network[order]),
            )
        )
        np.testing.assert_allclose(a[order], b, atol=1e-4)

    def test_odd_column_names_reach_boosting(self, world):
        X, y, _, network = world
        odd = X.rename(columns={"a": 'a [kg, "net"]'})
        assert CrossFitter("boosting", random_state=0).fit(odd, y, graph=network).out_of_fold_.shape == (600,)


CHEAP = {
    "n_hidden": 16,
    "n_members": 1,
    "learning_rate": 0.02,
    "penalty_factors": (0.1,),
    "max_epochs": 40,
    "random_state": 0,
}


@pytest.fixture(scope="module")
def small():
    """200 nodes of a ring with chords."""
    rng = np.random.default_rng(5)
    ring = np.column_stack([np.arange(200), np.roll(np.arange(200), -1)])
    far = rng.integers(0, 200, (200, 2))
    network = Network.from_edges(np.vstack([ring, far[far[:, 0] != far[:, 1]]]), n_nodes=200)
    X = pd.DataFrame(rng.normal(size=(200, 3)), columns=list("abc"))
    y = 3 * (network.random_walk() @ X["a"].to_numpy()) + X["b"].to_numpy()
    return X, y + 0.3 * rng.normal(size=200), network


class TestNetworks:
    @pytest.mark.parametrize("name", ["sign", "gcn"])
    def test_by_name(self, small, name):
        X, y, network = small
        fitter = CrossFitter(name, cv=2, n_hops=1, random_state=0).fit(X, y, graph=network)
        assert list(fitter.candidates_) == [name]
        assert r2_score(y, fitter.out_of_fold_) > 0.85
        inner = fitter.estimators_[name][0]
        assert isinstance(inner, GraphRegressor) and inner.n_hops == 1 and inner.n_features_in_ == 3

    def test_two_classes_by_name(self, small):
        X, y, network = small
        fitter = CrossFitter("sign", cv=2, n_hops=1, random_state=0).fit(X, y > 0, graph=network)
        assert isinstance(fitter.estimators_["sign"][0], GraphClassifier)
        assert log_loss(y > 0, fitter.out_of_fold_) < 0.4
        np.testing.assert_allclose(fitter.predict_proba(X, graph=network).sum(axis=1), 1)

    @pytest.mark.parametrize("architecture", ["sign", "sage", "gat"])
    def test_regressors_find_what_neighbours_carry(self, world, architecture):
        X, y, _, network = world
        model = GraphRegressor(architecture, **{**CHEAP, "n_hops": 1})
        fitter = CrossFitter(model, cv=3, random_state=0).fit(X, y, graph=network)
        assert r2_score(y, fitter.out_of_fold_) > 0.85
        assert r2_score(y, fitter.predict(X, graph=network)) > r2_score(y, fitter.out_of_fold_) - 0.02
        assert fitter.estimators_["GraphRegressor"][0].n_features_in_ == 4  # own columns, no hop columns

    def test_classifiers(self, world):
        X, _, treatment, network = world
        model = GraphClassifier(**{**CHEAP, "max_epochs": 15})
        fitter = CrossFitter(model, cv=3, random_state=0).fit(X, treatment, graph=network)
        assert is_classifier(fitter)
        assert log_loss(treatment, fitter.out_of_fold_) < 0.55
        assert fitter.score(X, treatment, graph=network) > 0.7

    def test_in_a_stack(self, world):
        X, y, _, network = world
        listed = ["linear", GraphRegressor(**CHEAP), GraphRegressor("mlp", **CHEAP)]
        fitter = CrossFitter(listed, cv=3, random_state=0).fit(X, y, graph=network)
        assert list(fitter.weights_.index) == ["linear", "GraphRegressor", "GraphRegressor 2"]
        assert fitter.weights_.sum() == pytest.approx(1)
        assert fitter.weights_["GraphRegressor 2"] < 0.2  # blind to neighbours
        best = max(r2_score(y, fitter.candidates_[name]) for name in fitter.candidates_)
        assert r2_score(y, fitter.out_of_fold_) >= best - 1e-9

    @pytest.mark.parametrize("architecture", ["sign", "sage"])
    def test_a_row_has_no_part_in_its_own_prediction(self, world, architecture):
        X, y, _, network = world
        wild = y.copy()
        wild[7] += 100
        model = GraphRegressor(architecture, **{**CHEAP, "max_epochs": 2})
        folds = NetworkKFold(3, random_state=0)
        a, b = (CrossFitter(model, cv=folds).fit(X, v, graph=network).out_of_fold_ for v in (y, wild))
        assert a[7] == b[7] and (a != b).any()

    def test_permuted_outcomes_cannot_be_predicted(self, small):
        X, y, network = small
        shuffled = np.random.default_rng(6).permutation(y)
        model = GraphRegressor(n_members=2, max_epochs=60, random_state=0)
        fitter = CrossFitter(model, random_state=0).fit(X, shuffled, graph=network)
        assert r2_score(shuffled, fitter.out_of_fold_) < 0.05

    def test_number_of_threads(self, world):
        """Fits of one thread and fits that use torch's threads run beside each other."""
        X, y, _, network = world
        short = {**CHEAP, "max_epochs": 2}
        listed = [GraphRegressor(kind, **short) for kind in ("sign", "gcn", "gat")]
        a, b = (
            CrossFitter(listed, n_jobs=n, random_state=0).fit(X, y, graph=network).candidates_ for n in (1, 2)
        )
        pd.testing.assert_frame_equal(a, b, check_exact=True)

    def test_missing_values(self, world):
        X, y, _, network = world
        gaps = X.mask(np.random.default_rng(7).random(X.shape) < 0.1)
        model = GraphRegressor(missing="flag", **CHEAP)
        fitter = CrossFitter(model, cv=3, random_state=0).fit(gaps, y, graph=network)
        assert r2_score(y, fitter.out_of_fold_) > 0.4
        with pytest.raises(ValueError, match="X must not contain NaN"):
            CrossFitter(GraphRegressor(**CHEAP), cv=3).fit(gaps, y, graph=network)

    def test_without_a_graph(self, world):
        X, y, _, _ = world
        fitter = CrossFitter(GraphRegressor(**CHEAP), cv=3, random_state=0).fit(X, y)
        assert 0.1 < r2_score(y, fitter.out_of_fold_) < 0.7

    def test_pickle(self, world):
        X, y, _, network = world
        model = GraphRegressor("sage", **{**CHEAP, "max_epochs": 2})
        fitter = CrossFitter(model, cv=3, random_state=0).fit(X, y, graph=network)
        again = pickle.loads(pickle.dumps(fitter))
        np.testing.assert_array_equal(again.predict(X, graph=network), fitter.predict(X, graph=network))

    def test_errors_of_the_network_come_through(self, world):
        X, y, _, network = world
        with pytest.raises(ValueError, match="architecture must be one of 'sign'"):
            CrossFitter(GraphRegressor("transformer"), cv=3).fit(X, y, graph=network)


class TestHabits:
    @pytest.mark.parametrize("model", ["stack", Ridge()], ids=str)
    def test_number_of_threads(self, world, model):
        X, y, _, network = world
        a, b = (CrossFitter(model, n_jobs=n, random_state=0).fit(X, y, graph=network) for n in (1, 2))
        np.testing.assert_array_equal(a.out_of_fold_, b.out_of_fold_)
        np.testing.assert_array_equal(a.predict(X, graph=network), b.predict(X, graph=network))

    def test_seed(self, world):
        X, y, _, _ = world
        folds = [CrossFitter(Ridge(), random_state=s).fit(X, y).folds_ for s in (0, 0, 1)]
        assert (folds[0] == folds[1]).all() and (folds[0] != folds[2]).any()

    def test_pickle_and_clone(self, world):
        X, y, _, network = world
        fitter = CrossFitter(["linear", "additive"], random_state=0).fit(X, y, graph=network)
        again = pickle.loads(pickle.dumps(fitter))
        np.testing.assert_array_equal(again.predict(X, graph=network), fitter.predict(X, graph=network))
        np.testing.assert_array_equal(again.out_of_fold_, fitter.out_of_fold_)
        with pytest.raises(NotFittedError):
            clone(fitter).predict(X)

    def test_a_second_fit_forgets_the_first(self, world):
        X, y, treatment, network = world
        fitter = CrossFitter("linear", random_state=0).fit(X, treatment, graph=network).fit(X, y)
        assert not hasattr(fitter, "classes_") and r2_score(y, fitter.out_of_fold_) < 0.7

    def test_weights_are_repeated_rows(self, world):
        X, y, _, _ = world
        weight = np.random.default_rng(3).integers(0, 3, 600)
        fold = np.arange(600) % 3
        a = CrossFitter(["linear", Ridge(50.0)], cv=_splits(fold)).fit(X, y, sample_weight=weight)
        rows = np.repeat(np.arange(600), weight)
        b = CrossFitter(["linear", Ridge(50.0)], cv=_splits(fold[rows])).fit(X.iloc[rows], y[rows])
        np.testing.assert_allclose(a.out_of_fold_[rows], b.out_of_fold_, atol=1e-6)
        np.testing.assert_allclose(a.weights_, b.weights_, atol=1e-5)

    @pytest.mark.parametrize("model", ["stack", Ridge()], ids=str)
    def test_missing_values(self, world, model):
        X, y, _, network = world
        gaps = X.mask(np.random.default_rng(4).random(X.shape) < 0.1)
        gaps.loc[0] = np.nan
        fitter = CrossFitter(model, random_state=0).fit(gaps, y, graph=network)
        assert np.isfinite(fitter.out_of_fold_).all() and r2_score(y, fitter.out_of_fold_) > 0.4


def _splits(fold):
    return [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(fold.max() + 1)]


class TestBadInput:
    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"estimator": "forest"}, "estimator must be an estimator, a list, or one of 'linear'"),
            ({"estimator": []}, "estimator must name at least one model; got an empty list"),
            ({"estimator": Ridge}, "estimator must be a regressor or a name; got <class"),
            ({"estimator": ["linear", LogisticRegression()]}, "y must be of two classes"),
            ({"cv": 1}, "cv must be an integer at least 2; got 1"),
            ({"cv": 601}, "n_splits=601 greater than the number of samples"),
            ({"cv": ShuffleSplit(3, random_state=0)}, "cv must hold out each row exactly once; got row"),
            ({"cv": [(np.arange(600), np.arange(600))]}, "fold 0 has rows in both"),
            ({"n_hops": -1}, "n_hops must be an integer at least 0; got -1"),
        ],
    )
    def test_settings(self, world, settings, message):
        X, y, _, _ = world
        with pytest.raises(ValueError, match=message):
            CrossFitter(**{"estimator": "linear", **settings}).fit(X, np.round(y))

    @pytest.mark.parametrize(
        ("model", "y", "message"),
        [
            ("linear", None, "target y is None"),
            ("linear", np.ones(5), "y must have one value for each row of X; got 5 values and 600 rows"),
            ("linear", np.full(600, np.nan), "y must not contain NaN"),
            ("linear", np.array(["a", "b", "c"] * 200), "y must be of two classes .*; got 3 classes"),
            (LogisticRegression(), np.zeros(600), "y must be of two classes .*; got 1 class"),
            (LogisticRegression(), [True, False], "y must have one label for each row; got 2 labels"),
            (
                LogisticRegression(),
                np.r_[np.nan, np.arange(599) % 2],
                "y must not contain NaN",
            ),
        ],
    )
    def test_outcome(self, world, model, y, message):
        with pytest.raises(ValueError, match=message):
            CrossFitter(model).fit(world[0], y)

    def test_a_fold_that_takes_a_class_away(self, world):
        X, _, _, _ = world
        y = (np.arange(600) < 200).astype(int)
        with pytest.raises(
            ValueError, match="both classes in the training rows of every fold; those of fold 0 are all"
        ):
            CrossFitter("linear", cv=KFold(3)).fit(X, y)

    def test_lengths_graph_and_columns(self, world):
        X, y, _, network = world
        with pytest.raises(ValueError, match="one node for each row of X; got 600 nodes and 500 rows"):
            CrossFitter("linear").fit(X[:500], y[:500], graph=network)
        with pytest.raises(ValueError, match="groups must have one label for each row; got 3 labels"):
            CrossFitter("linear").fit(X, y, groups=[1, 2, 3])
        with pytest.raises(ValueError, match="sample_weight must not be negative"):
            CrossFitter("linear").fit(X, y, sample_weight=-np.ones(600))
        with pytest.raises(ValueError, match="feature names should match"):
            CrossFitter("linear").fit(X, y).predict(X.rename(columns={"a": "z"}))
        with pytest.raises(ValueError, match=r"sample_weight must be None .* got KNeighborsRegressor"):
            CrossFitter(KNeighborsRegressor()).fit(X, y, sample_weight=np.ones(600))


class TestCrossFit:
    """The function that learners call on a table of their own."""

    def test_one_table(self, world):
        X, y, _, _ = world
        table, fold = X.to_numpy(), np.arange(600) % 4
        ours = cross_fit(Ridge(), table, y, fold, task="regression", n_jobs=2, seed=0)
        np.testing.assert_allclose(ours, cross_val_predict(Ridge(), table, y, cv=_splits(fold)))

    def test_a_table_for_each_fold(self, world):
        X, y, _, _ = world
        fold = np.arange(600) % 2
        tables = [X.to_numpy()[:, :2], X.to_numpy()]
        ours = cross_fit(Ridge(), tables, y, fold, task="regression", n_jobs=None, seed=0)
        for k in range(2):
            expected = Ridge().fit(tables[k][fold != k], y[fold != k]).predict(tables[k][fold == k])
            np.testing.assert_allclose(ours[fold == k], expected)

    def test_classifier(self, world):
        X, _, treatment, _ = world
        fold = np.arange(600) % 4
        ours = cross_fit(
            LogisticRegression(), X.to_numpy(), treatment, fold, task="classification", n_jobs=None, seed=0
        )
        expected = cross_val_predict(
            LogisticRegression(), X.to_numpy(), treatment, cv=_splits(fold), method="predict_proba"
        )
        np.testing.assert_allclose(ours, expected[:, 1])

    def test_training_rows_can_be_capped(self, world):
        X, y, _, _ = world

        class Counting(Ridge):
            n_rows: list = []  # noqa: RUF012

            def fit(self, X, y, sample_weight=None):
                self.n_rows.append(len(X))
                return super().fit(X, y)

        fold = np.arange(600) % 2
        settings = {"task": "regression", "n_jobs": 1, "max_rows": 50}
        first = cross_fit(Counting(), X.to_numpy(), y, fold, seed=0, **settings)
        again = cross_fit(Counting(), X.to_numpy(), y, fold, seed=0, **settings)
        assert Counting.n_rows == [50] * 4
        np.testing.assert_array_equal(first, again)
