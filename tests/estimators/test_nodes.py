"""What models are shown of the units: hop columns, or own columns and links, by-hand fits beside them."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.utils import Bunch

from causalkit.estimators._engine import Engine
from causalkit.estimators._nodes import HOP_COLUMNS, Units, View, fold_models, held_out, reader_of
from causalkit.graphs import Network
from causalkit.nuisance import HopAdditiveRegressor
from causalkit.nuisance._linear_probability import LinearProbabilityClassifier


class Recorder(RegressorMixin, BaseEstimator):
    """Keeps what it was fitted to; predicts each unit's number of neighbours."""

    def fit(self, X: Any, y: Any, *, graph: Any = None, sample_weight: Any = None) -> "Recorder":
        self.seen_ = Bunch(X=X, y=y, graph=graph, weight=sample_weight)
        return self

    def predict(self, X: Any, *, graph: Any = None) -> np.ndarray:
        assert len(X) == graph.n_nodes
        return graph.degrees.astype(float)


PATH = Network.from_edges([(0, 1), (1, 2), (2, 3), (3, 4)])


class TestView:
    def test_units_outside_stay_neighbours_with_weight_zero(self) -> None:
        rows = np.array([1, 2, 4])
        view = View(np.arange(10.0).reshape(5, 2), PATH, rows)
        model = view.fit(Recorder(), np.array([5.0, 6.0, 7.0]), np.array([0, 2]), np.array([2.0, 3.0, 4.0]))
        assert model.seen_.graph is PATH
        assert len(model.seen_.X) == 5
        np.testing.assert_array_equal(model.seen_.weight, [0, 2, 0, 0, 4])
        np.testing.assert_array_equal(model.seen_.y[[1, 4]], [5, 7])
        assert np.isfinite(model.seen_.y).all()
        np.testing.assert_array_equal(view.predict(model), [2, 2, 1])
        np.testing.assert_array_equal(view.predict(model, at=np.array([2, 0])), [1, 2])

    def test_all_units(self) -> None:
        view = View(np.zeros((5, 1)), PATH)
        model = view.fit(Recorder(), np.arange(5.0), np.array([0, 1]))
        np.testing.assert_array_equal(model.seen_.weight, [1, 1, 0, 0, 0])
        np.testing.assert_array_equal(view.predict(model), PATH.degrees)

    def test_hop_columns_are_rows_of_a_table(self) -> None:
        table = np.random.default_rng(0).normal(size=(6, 2))
        y = table @ [1.0, 2.0]
        model = View(table).fit(Ridge(alpha=1e-9), y, np.arange(5))
        np.testing.assert_allclose(View(table).predict(model, at=np.array([5])), y[5:], rtol=1e-6)


class TestReader:
    def test_models_without_a_graph_see_hop_columns(self, engine: Engine) -> None:
        ridge = Ridge()
        model, reader = reader_of(ridge, engine.data.units)
        assert model is ridge
        assert reader is HOP_COLUMNS
        view = reader.view(engine.data.groups, engine.data.units)
        np.testing.assert_array_equal(view.table, engine.data.columns())
        assert view.network is None

    def test_models_that_read_a_graph_see_own_columns_under_their_names(
        self, engine: Engine, world: Bunch
    ) -> None:
        _, reader = reader_of(Recorder(), engine.data.units)
        view = reader.view(engine.data.groups, engine.data.units)
        pd.testing.assert_frame_equal(view.table, world.X)
        assert view.network == world.graph

    def units_with_holes(self, values: Any) -> Units:
        return Units(values, PATH, may_miss=True)

    def test_models_that_can_are_told_to_take_missing_values(self) -> None:
        holes = pd.DataFrame({"age": [1.0, np.nan, 3.0, 4.0, 5.0]})
        original = HopAdditiveRegressor()
        model, reader = reader_of(original, self.units_with_holes(holes))
        assert (original.missing, model.missing) == ("error", "flag")
        assert reader.imputer is None
        inner, _ = reader_of(
            LinearProbabilityClassifier(HopAdditiveRegressor()), self.units_with_holes(holes)
        )
        assert inner.regressor.missing == "flag"

    def test_models_on_hop_columns_get_means_too(self) -> None:
        units = self.units_with_holes(np.zeros((5, 1)))
        model, reader = reader_of(Ridge(), units)
        assert reader is HOP_COLUMNS
        column = np.array([[1.0], [np.nan], [3.0]])
        fitted = View(column).fit(model, np.array([1.0, 2.0, 3.0]), np.arange(3))
        np.testing.assert_array_equal(fitted.steps[0][1].statistics_, [2])
        boosting = HistGradientBoostingRegressor()
        assert reader_of(boosting, units)[0] is boosting

    @pytest.mark.parametrize("named", [True, False])
    def test_other_models_get_means_in_their_place(self, named: bool) -> None:
        table = pd.DataFrame({"age": [1.0, np.nan, 3.0, 4.0, 4.0]})
        _, reader = reader_of(Recorder(), self.units_with_holes(table if named else table.to_numpy()))
        found = reader.view([], self.units_with_holes(table if named else table.to_numpy())).table
        assert isinstance(found, pd.DataFrame) == named
        np.testing.assert_array_equal(np.ravel(found), [1, 3, 3, 4, 4])


def test_models_of_folds_are_weighted_fits_without_each_fold(world: Bunch) -> None:
    rng = np.random.default_rng(0)
    rows = np.sort(rng.choice(len(world.X), 400, replace=False))
    fold, y = np.arange(400) % 3, world.y.to_numpy()[rows]
    model = HopAdditiveRegressor(n_hops=1, n_fourier=0, random_state=0)
    view = View(world.X, world.graph, rows)
    models = fold_models(view, model, y, fold, refit=True, n_jobs=None, seed=0)
    found = held_out(view, models, fold)
    assert len(models) == 4
    for k in range(3):
        outcome, weight = np.zeros(len(world.X)), np.zeros(len(world.X))
        outcome[rows], weight[rows[fold != k]] = y, 1
        by_hand = HopAdditiveRegressor(n_hops=1, n_fourier=0, random_state=0)
        by_hand.fit(world.X, outcome, graph=world.graph, sample_weight=weight)
        expected = by_hand.predict(world.X, graph=world.graph)[rows[fold == k]]
        np.testing.assert_allclose(found[fold == k], expected, rtol=1e-6)
