"""The fit that ignores environments against scikit-learn, and the price of robustness by hand."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.tree import DecisionTreeRegressor

from causalkit.estimators._minimax._pooled import fit_pooled, price_of_robustness
from causalkit.estimators._minimax._setting import prepare
from causalkit.estimators._minimax._variables import MutableVariable

RNG = np.random.default_rng(0)
N = 400
Y = RNG.normal(size=N)
M = Y + np.repeat([-1.0, 1.0], N // 2) + RNG.normal(size=N)
X = np.column_stack([RNG.normal(size=N), M, Y * M + RNG.normal(size=N)])
SITE = np.repeat([0, 1], N // 2)
MUTABLE = [MutableVariable(1, (), True, 1, (2,))]


def pooled(x=X, y=Y, site=SITE, mutable=MUTABLE, **arguments):
    setting = prepare(x, y, site, mutable, random_state=0, **arguments)
    return setting, fit_pooled(setting)


@pytest.mark.parametrize(
    "estimator", [LinearRegression(), Ridge(5.0), DecisionTreeRegressor(max_depth=3, random_state=0)]
)
def test_each_fold_is_predicted_by_a_plain_fit_on_the_others(estimator):
    setting, found = pooled(estimator=estimator)
    fold = setting.fold[setting.data.restore]
    expected = np.empty(N)
    for k in range(fold.max() + 1):
        estimator.fit(X[fold != k], Y[fold != k])
        expected[fold == k] = estimator.predict(X[fold == k])
    np.testing.assert_allclose(found.out_of_fold, expected, rtol=1e-9, atol=1e-12)


def test_new_rows_get_the_mean_of_the_folds():
    setting, found = pooled(estimator=LinearRegression())
    fold, new = setting.fold[setting.data.restore], np.random.default_rng(1).normal(size=(7, 3))
    each = [LinearRegression().fit(X[fold != k], Y[fold != k]).predict(new) for k in range(5)]
    np.testing.assert_allclose(found.predict(new), np.mean(each, axis=0), rtol=1e-9)


def test_every_column_and_its_companions_are_used():
    extra = np.random.default_rng(2).normal(size=(N, 1))
    y = Y + 3 * extra[:, 0]
    setting, found = pooled(np.hstack([X, extra]), y, companions={0: (3,)}, estimator=LinearRegression())
    assert sorted(found.columns) == [0, 1, 2, 3]
    assert np.mean((y - found.out_of_fold) ** 2) < 0.7
    assert setting.companions == {0: (3,)}


def test_the_default_regression_beats_a_line_where_products_matter():
    losses = {}
    for name, estimator in (("default", None), ("line", LinearRegression())):
        _, found = pooled(estimator=estimator)
        losses[name] = np.mean((Y - found.out_of_fold) ** 2)
    assert losses["default"] < 0.8 * losses["line"] < Y.var()


def test_orders_change_no_digit():
    rows, columns = np.random.default_rng(3).permutation(N), np.array([2, 0, 1])
    _, first = pooled()
    _, second = pooled(
        X[np.ix_(rows, columns)], Y[rows], (5 - SITE)[rows], [MutableVariable(2, (), True, 1, (0,))]
    )
    np.testing.assert_array_equal(second.out_of_fold, first.out_of_fold[rows])
    np.testing.assert_array_equal(second.predict(X[:, columns]), first.predict(X))


def test_price_is_the_mean_difference_of_losses_in_shares_of_the_variance():
    rng = np.random.default_rng(4)
    robust, other = Y + rng.normal(size=N), Y + 0.5 * rng.normal(size=N)
    found = price_of_robustness(Y, robust, other)
    losses = ((Y - robust) ** 2 - (Y - other) ** 2) / Y.var(ddof=1)
    assert found.estimate == pytest.approx(losses.mean())
    assert found.standard_error == pytest.approx(losses.std() / np.sqrt(N), rel=0.01)
    assert found.estimate > 0
    assert price_of_robustness(Y, other, robust).estimate == pytest.approx(-found.estimate)
    low, high = found.conf_int()
    assert (high + low) / 2 == pytest.approx(found.estimate)


def test_nothing_is_paid_for_the_same_predictions():
    found = price_of_robustness(Y, X[:, 0], X[:, 0])
    assert (found.estimate, found.standard_error) == (0, 0)


def test_price_has_no_unit():
    robust, other = Y + X[:, 0], Y + 0.5 * X[:, 0]
    one = price_of_robustness(Y, robust, other)
    scaled = price_of_robustness(7 * Y - 3, 7 * robust - 3, 7 * other - 3)
    assert scaled.estimate == pytest.approx(one.estimate)
