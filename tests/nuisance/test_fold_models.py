"""One model on some rows: what it is given of links, weights and missing values."""

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from causalkit.graphs import HopFeatures, Network
from causalkit.nuisance import GraphClassifier, GraphRegressor, HopAdditiveRegressor
from causalkit.nuisance._fold_models import complete_cases, fit_part, predict_part, takes_graph, takes_weight


class Masked(RegressorMixin, BaseEstimator):
    """Takes links and weights, and remembers what it saw."""

    def fit(self, X, y, *, graph=None, sample_weight=None):
        self.seen_ = np.asarray(X), np.asarray(y), graph, sample_weight
        return self

    def predict(self, X, *, graph=None):
        return graph.degrees + np.asarray(X)[:, 0]


class Induced(Masked):
    """Takes links but no weights."""

    def fit(self, X, y, *, graph=None):
        return super().fit(X, y, graph=graph)


@pytest.fixture
def X():
    return np.random.default_rng(0).normal(size=(8, 2))


@pytest.fixture
def y():
    return np.arange(8.0)


@pytest.fixture
def ring():
    return Network.from_edges([(i, (i + 1) % 8) for i in range(8)])


TRAIN = np.array([0, 1, 2, 5, 6])


class TestWithoutLinks:
    def test_only_the_training_rows_are_fitted(self, X, y):
        model = fit_part(Ridge(), X, y, TRAIN)
        np.testing.assert_allclose(model.coef_, Ridge().fit(X[TRAIN], y[TRAIN]).coef_)

    def test_some_rows_are_predicted(self, X, y):
        model = fit_part(Ridge(), X, y, TRAIN)
        np.testing.assert_allclose(
            predict_part(model, X, task="regression", rows=np.array([3, 4])), model.predict(X[[3, 4]])
        )
        assert predict_part(model, X, task="regression").shape == (8,)

    def test_frames_keep_their_names(self, X, y):
        frame = pd.DataFrame(X, columns=["a", "b"], index=list("stuvwxyz"))
        model = fit_part(Ridge(), frame, y, TRAIN)
        assert model.feature_names_in_.tolist() == ["a", "b"]
        assert predict_part(model, frame, task="regression", rows=np.array([7])).shape == (1,)

    def test_classifiers_give_the_second_class(self, X, y):
        model = fit_part(LogisticRegression(), X, y > 2, TRAIN)
        np.testing.assert_allclose(
            predict_part(model, X, task="classification"), model.predict_proba(X)[:, 1]
        )

    def test_the_prototype_is_not_touched(self, X, y):
        prototype = Ridge()
        fit_part(prototype, X, y, TRAIN)
        assert not hasattr(prototype, "coef_")


class TestWithLinks:
    def test_a_model_with_weights_sees_all_rows_but_not_their_outcomes(self, X, y, ring):
        rows, outcome, graph, weight = fit_part(Masked(), X, y, TRAIN, network=ring).seen_
        held_out = np.setdiff1d(np.arange(8), TRAIN)
        np.testing.assert_array_equal(rows, X)
        assert graph is ring
        assert weight.tolist() == [1, 1, 1, 0, 0, 1, 1, 0]
        assert outcome[TRAIN].tolist() == y[TRAIN].tolist()
        assert len(set(outcome[held_out])) == 1 and outcome[held_out[0]] in y[TRAIN]

    def test_given_weights_stay(self, X, y, ring):
        weight = np.arange(8.0) + 1
        seen = fit_part(Masked(), X, y, TRAIN, network=ring, weight=weight).seen_[3]
        assert seen.tolist() == [1, 2, 3, 0, 0, 6, 7, 0]

    def test_a_model_without_weights_gets_the_induced_subgraph(self, X, y, ring):
        rows, outcome, graph, _ = fit_part(Induced(), X, y, TRAIN, network=ring).seen_
        np.testing.assert_array_equal(rows, X[TRAIN])
        assert outcome.tolist() == y[TRAIN].tolist() and graph == ring[TRAIN]

    def test_predictions_see_all_links(self, X, y, ring):
        model = fit_part(Induced(), X, y, TRAIN, network=ring)
        rows = np.array([3, 7])
        predicted = predict_part(model, X, task="regression", rows=rows, network=ring)
        np.testing.assert_allclose(predicted, 2 + X[rows, 0])

    def test_it_is_the_fit_on_the_training_rows(self):
        rng = np.random.default_rng(1)
        X, network = rng.normal(size=(300, 3)), Network.from_groups(np.arange(300) // 6)
        y = network.random_walk() @ X[:, 0] * 3 + 0.1 * rng.normal(size=300)
        train = np.flatnonzero(np.arange(300) // 6 % 5 > 0)  # whole groups, so that no link is cut
        masked = fit_part(HopAdditiveRegressor(random_state=0, n_fourier=0), X, y, train, network=network)
        alone = HopAdditiveRegressor(random_state=0, n_fourier=0).fit(
            X[train], y[train], graph=network[train]
        )
        np.testing.assert_allclose(
            masked.predict(X, graph=network), alone.predict(X, graph=network), atol=5e-3
        )


class TestNetworks:
    """Outcomes of held-out rows have no influence at all, their columns and links have."""

    SETTINGS = {"n_members": 1, "penalty_factors": (0.3,), "max_epochs": 2, "random_state": 0}  # noqa: RUF012

    @pytest.mark.parametrize("architecture", ["sign", "sage"])
    def test_regression(self, X, y, ring, architecture):
        model = GraphRegressor(architecture, **self.SETTINGS)
        held_out = np.setdiff1d(np.arange(8), TRAIN)
        wild = y.copy()
        wild[held_out] = 1e9
        a, b = (
            predict_part(
                fit_part(model, X, v, TRAIN, network=ring), X, task="regression", rows=held_out, network=ring
            )
            for v in (y, wild)
        )
        assert a.shape == (3,)
        np.testing.assert_array_equal(a, b)
        moved = X.copy()
        moved[held_out] += 5
        c = fit_part(model, moved, y, TRAIN, network=ring)
        d = fit_part(model, X, y, TRAIN, network=ring)
        assert (c.predict(X, graph=ring) != d.predict(X, graph=ring)).any()

    def test_classification(self, X, ring):
        label = np.array([0, 1, 0, 1, 1, 0, 1, 0])
        other = label.copy()
        other[[3, 4, 7]] = 1 - label[[3, 4, 7]]
        a, b = (
            predict_part(
                fit_part(GraphClassifier(**self.SETTINGS), X, v, TRAIN, network=ring),
                X,
                task="classification",
                network=ring,
            )
            for v in (label, other)
        )
        assert a.shape == (8,) and ((a > 0) & (a < 1)).all()
        np.testing.assert_array_equal(a, b)

    def test_weights_arrive(self, X, y, ring):
        model = GraphRegressor(**self.SETTINGS)
        a = fit_part(model, X, y, TRAIN, network=ring, weight=np.arange(8.0) + 1)
        direct = np.where(np.isin(np.arange(8), TRAIN), np.arange(8.0) + 1, 0)
        b = GraphRegressor(**self.SETTINGS).fit(X, y, graph=ring, sample_weight=direct)
        np.testing.assert_array_equal(a.predict(X, graph=ring), b.predict(X, graph=ring))


class TestWhatAModelTakes:
    @pytest.mark.parametrize(
        ("model", "graph", "weight"),
        [
            (HopAdditiveRegressor(), True, True),
            (GraphRegressor(), True, True),
            (GraphClassifier("gcn"), True, True),
            (Induced(), True, False),
            (Ridge(), False, True),
            (KNeighborsRegressor(), False, False),
            (make_pipeline(StandardScaler(), Ridge()), False, False),
        ],
    )
    def test_by_signature(self, model, graph, weight):
        assert (takes_graph(model), takes_weight(model)) == (graph, weight)

    def test_through_routing(self):
        with config_context(enable_metadata_routing=True):
            linked = make_pipeline(HopFeatures(), Ridge())
            assert takes_graph(linked) and not takes_weight(linked)
            linked[-1].set_fit_request(sample_weight=True)
            assert takes_weight(linked)


class TestWeights:
    @pytest.mark.parametrize("routing", [False, True])
    def test_reach_all_steps_of_a_pipeline(self, X, y, routing):
        weight = np.array([1.0, 2, 3, 0, 1, 2, 1, 2])
        steps = make_pipeline(make_pipeline(StandardScaler()), Pipeline([("model", LinearRegression())]))
        with config_context(enable_metadata_routing=routing):
            model = fit_part(steps, X, y, TRAIN, weight=weight)
        expected = LinearRegression().fit(X[TRAIN], y[TRAIN], weight[TRAIN])
        np.testing.assert_allclose(model.predict(X), expected.predict(X))

    def test_that_nobody_takes_are_an_error(self, X, y):
        with pytest.raises(ValueError, match=r"sample_weight must be None .* got KNeighborsRegressor"):
            fit_part(KNeighborsRegressor(2), X, y, TRAIN, weight=np.ones(8))


class TestMissing:
    def test_values_are_imputed_by_the_mean_over_the_training_rows(self, X, y):
        X[3, 0] = np.nan
        model = fit_part(Ridge(), X, y, TRAIN)
        filled = np.nan_to_num(X, nan=X[TRAIN, 0].mean())
        plain = Ridge().fit(X[TRAIN], y[TRAIN])
        np.testing.assert_allclose(predict_part(model, X, task="regression"), plain.predict(filled))

    def test_models_that_take_them_are_left_alone(self, X):
        X[3, 0] = np.nan
        model = HistGradientBoostingRegressor()
        assert complete_cases(model, X) is model

    def test_complete_tables_need_nothing(self, X):
        model = Ridge()
        assert complete_cases(model, X) is model

    def test_names_survive(self, X, y):
        frame = pd.DataFrame(X, columns=["a", "b"])
        frame.iloc[3, 0] = np.nan
        model = fit_part(Ridge(), frame, y, TRAIN)
        assert model[-1].feature_names_in_.tolist() == ["a", "b"]
