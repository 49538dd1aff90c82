"""The smooth ridge against scikit-learn's ridge without each fold."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from causalkit.estimators._minimax._smooth import SmoothFeatures, cross_fit_smooth

NONE = np.array([], dtype=np.intp)


@pytest.fixture
def data():
    rng = np.random.default_rng(3)
    x = np.column_stack([rng.normal(size=300), rng.integers(3, size=300), rng.random(300)])
    target = np.sin(2 * x[:, 0]) + x[:, 1] * x[:, 2] + 0.1 * rng.normal(size=300)
    return x, target, rng.random(300) + 0.5, np.arange(300) % 4


def test_folds_equal_the_ridge_on_the_other_rows(data):
    x, target, weight, fold = data
    fit = cross_fit_smooth(x, target, weight, fold, np.array([1]))
    features = fit.features.transform(x)
    losses = {}
    for alpha in np.logspace(-2, 4, 7):
        each = np.empty(300)
        for k in range(4):
            model = Ridge(alpha).fit(features[fold != k], target[fold != k], sample_weight=weight[fold != k])
            each[fold == k] = model.predict(features[fold == k])
        losses[alpha] = (weight @ (each - target) ** 2, each)
    best = min(losses.values(), key=lambda pair: pair[0])[1]
    np.testing.assert_allclose(fit.out_of_fold, best, atol=1e-6)


def test_prediction_is_the_mean_of_the_folds(data):
    x, target, weight, fold = data
    fit = cross_fit_smooth(x, target, weight, fold, NONE)
    each = fit.features.transform(x) @ fit.coefficients + fit.intercepts
    np.testing.assert_allclose(fit.predict(x), each.mean(axis=1), atol=1e-9)
    np.testing.assert_allclose(fit.out_of_fold, each[np.arange(300), fold], atol=1e-9)


def test_bending_columns_add_products():
    x = np.random.default_rng(0).normal(size=(100, 3))
    plain, bent, curved = (
        SmoothFeatures(x, columns, by_curves).transform(x).shape[1]
        for columns, by_curves in ((NONE, False), (np.array([0]), False), (np.array([0]), True))
    )
    width = (plain - 6) // 3
    assert bent == plain + 2 * width
    assert curved == plain + 2 * width**2


def test_outside_the_range_it_goes_on_in_a_straight_line():
    x = np.linspace(-1, 1, 200)[:, None]
    fit = cross_fit_smooth(x, x[:, 0] ** 2, np.ones(200), np.arange(200) % 3, NONE)
    steps = np.diff(fit.predict(np.array([[2.0], [3.0], [4.0]])))
    assert steps[0] == pytest.approx(steps[1])


def test_a_column_of_few_values_with_a_heap_has_indicators():
    x = np.r_[np.zeros(190), np.arange(1.0, 21.0)][:, None]
    features = SmoothFeatures(x, NONE).transform(x)
    assert np.isfinite(features).all()
    assert set(np.unique(features[:, 1:])) <= {0.0, 1.0}
