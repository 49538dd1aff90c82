"""Predictors: the stack, a user's regressor with and without weights, no column at all."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from causalkit.estimators._minimax._predictor import fit_predictor

M = np.array([1])


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1500, 2))
    y = x[:, 0] * x[:, 1] + (x[:, 0] > 0) + 0.2 * rng.normal(size=1500)
    return x, y, rng.random(1500) + 0.5, np.arange(1500) % 5


def test_the_stack_predicts_out_of_fold(data):
    x, y, weight, fold = data
    fit = fit_predictor(x, y, weight, fold, M)
    assert np.mean((y - fit.out_of_fold) ** 2) < 0.12
    fresh = np.random.default_rng(1).normal(size=(500, 2))
    error = fit.predict(fresh) - fresh[:, 0] * fresh[:, 1] - (fresh[:, 0] > 0)
    assert np.mean(error**2) < 0.08


def test_out_of_fold_values_do_not_see_their_own_outcome(data):
    x, _, weight, fold = data
    noise = np.random.default_rng(2).normal(size=1500)
    fit = fit_predictor(x, noise, weight, fold, M)
    assert np.mean((noise - fit.out_of_fold) ** 2) > 0.97 * noise.var()


def test_a_given_regressor_gets_the_weights(data):
    x, y, weight, fold = data
    fit = fit_predictor(x, y, weight, fold, M, LinearRegression())
    held = fold == 2
    own = LinearRegression().fit(x[~held], y[~held], sample_weight=weight[~held])
    np.testing.assert_allclose(fit.out_of_fold[held], own.predict(x[held]))
    pipeline = make_pipeline(StandardScaler(), LinearRegression())
    np.testing.assert_allclose(fit_predictor(x, y, weight, fold, M, pipeline).predict(x), fit.predict(x))


def test_a_regressor_without_weights_gets_rows_drawn_by_weight(data):
    x, _, _, fold = data
    y, weight = np.tile([0.0, 1.0], 750), np.tile([0.2, 1.8], 750)
    fit = fit_predictor(np.zeros_like(x), y, weight, fold, M, KNeighborsRegressor(1200))
    assert fit.predict(x[:1] * 0)[0] == pytest.approx(0.9, abs=0.04)


def test_an_open_seed_is_closed(data):
    forest = RandomForestRegressor(5, max_depth=3)
    first, second = (fit_predictor(*data, M, forest, seed=3).out_of_fold for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert forest.random_state is None


def test_without_columns_it_is_the_mean_of_the_other_folds(data):
    x, y, weight, fold = data
    fit = fit_predictor(x[:, :0], y, weight, fold, np.array([], dtype=np.intp))
    others = fold != 1
    assert fit.out_of_fold[1] == pytest.approx(np.average(y[others], weights=weight[others]))
    np.testing.assert_allclose(fit.predict(x[:3, :0]), np.average(y, weights=weight), atol=0.01)
