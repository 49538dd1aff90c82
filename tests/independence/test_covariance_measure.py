"""The generalised covariance measure against loops; level, power, folds, models, what must not matter."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, ttest_1samp
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.model_selection import GroupKFold, KFold
from sklearn.tree import DecisionTreeRegressor

from causalkit.independence import covariance_measure_test

LINEAR = {"x_model": LinearRegression(), "y_model": LinearRegression()}


def draw(seed: int, n: int, effect: float = 0.0) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, 2))
    x = z @ [1.0, 1.0] + rng.laplace(size=n)
    return x, z[:, 0] + effect * x + rng.normal(size=n), z


def residual_products(x: np.ndarray, y: np.ndarray, z: np.ndarray, folds: list) -> np.ndarray:
    products = np.empty(len(x))
    for train, test in folds:
        e, f = (
            part[test] - LinearRegression().fit(z[train], part[train]).predict(z[test]) for part in (x, y)
        )
        products[test] = e * f
    return products


class TestReference:
    def test_rows(self) -> None:
        x, y, z = draw(0, 60, effect=0.2)
        folds = list(KFold(3).split(z))
        expected = ttest_1samp(residual_products(x, y, z, folds), 0)
        for cv in (KFold(3), folds):
            result = covariance_measure_test(x, y, z, cv=cv, **LINEAR)
            np.testing.assert_allclose((result.statistic, result.pvalue), expected, rtol=1e-8)
        assert (result.degrees_of_freedom, result.n_rows, result.n_groups) == (59, 60, None)
        assert result.hypothesis == "x independent of y given 2 columns"

    def test_groups(self) -> None:
        x, y, z = draw(0, 60)
        site = np.arange(60) % 12
        folds = list(GroupKFold(4).split(z, groups=site))
        sums = pd.Series(residual_products(x, y, z, folds)).groupby(site).sum()
        result = covariance_measure_test(x, y, z, cv=GroupKFold(4), groups=site, **LINEAR)
        expected = ttest_1samp(sums, 0)
        np.testing.assert_allclose((result.statistic, result.pvalue), expected, rtol=1e-8)
        assert (result.degrees_of_freedom, result.n_groups) == (11, 12)

    def test_several_columns(self) -> None:
        x, y, z = draw(0, 60)
        table = np.column_stack([y, x + y])
        result = covariance_measure_test(x, table, z, cv=KFold(3), **LINEAR)
        products = [residual_products(x, column, z, list(KFold(3).split(z))) for column in table.T]
        expected = sum(product.sum() ** 2 / (product**2).sum() for product in products)
        assert result.statistic == pytest.approx(expected, rel=1e-8)
        assert result.method == "generalised covariance measure, weighted chi-squared"

    def test_classifier(self) -> None:
        x, y, z = draw(0, 60)
        x = (x > 0).astype(float)
        folds = list(KFold(3).split(z))
        products = np.empty(60)
        for train, test in folds:
            share = LogisticRegression().fit(z[train], x[train]).predict_proba(z[test])[:, 1]
            linear = LinearRegression().fit(z[train], y[train])
            products[test] = (x[test] - share) * (y[test] - linear.predict(z[test]))
        result = covariance_measure_test(
            x, y, z, cv=folds, x_model=LogisticRegression(), y_model=LinearRegression()
        )
        np.testing.assert_allclose((result.statistic, result.pvalue), ttest_1samp(products, 0), rtol=1e-8)


class TestCalibration:
    @pytest.mark.parametrize("n_columns", [1, 2])
    def test_level(self, n_columns: int) -> None:
        pvalues = []
        for seed in range(120):
            x, y, z = draw(seed, 80)
            if n_columns == 2:
                y = np.column_stack([y, np.random.default_rng(seed + 500).normal(size=80) + y])
            pvalues.append(covariance_measure_test(x, y, z, cv=2, random_state=seed, **LINEAR).pvalue)
        assert np.sum(np.array(pvalues) <= 0.05) <= binom.ppf(0.9999, 120, 0.05)
        assert np.sum(np.array(pvalues) <= 0.5) >= binom.ppf(0.0001, 120, 0.4)

    def test_level_with_groups(self) -> None:
        site = np.repeat(np.arange(30), 5)
        grouped, naive = [], []
        for seed in range(100):
            x, y, z = draw(seed, 150)
            rng = np.random.default_rng(seed + 500)
            x, y = np.array([x, y]) + 3 * rng.normal(size=(2, 30))[:, site]
            found = covariance_measure_test(x, y, z, cv=2, groups=site, random_state=seed, **LINEAR)
            grouped.append(found.pvalue)
            naive.append(covariance_measure_test(x, y, z, cv=2, random_state=seed, **LINEAR).pvalue)
        assert np.sum(np.array(grouped) <= 0.05) <= binom.ppf(0.9999, 100, 0.06)
        assert np.sum(np.array(naive) <= 0.05) > 25

    def test_default_model_follows_curves(self) -> None:
        pvalues = []
        for seed in range(30):
            z, *noise = np.random.default_rng(seed).normal(size=(3, 150))
            x, y = np.array([np.cos(2 * z), np.cos(2 * z) + z]) + noise
            pvalues.append(covariance_measure_test(x, y, z, cv=2, random_state=seed).pvalue)
            if not seed:
                assert covariance_measure_test(x, y, z, **LINEAR, cv=2, random_state=0).pvalue < 0.001
        assert np.sum(np.array(pvalues) <= 0.05) <= binom.ppf(0.9999, 30, 0.06)

    def test_power(self) -> None:
        x, y, z = draw(0, 300, effect=0.4)
        assert covariance_measure_test(x, y, z, random_state=0).pvalue < 1e-4
        assert covariance_measure_test(x, y, z, groups=np.arange(300) // 3, random_state=0).pvalue < 1e-3
        wide = np.column_stack([y, np.random.default_rng(5).normal(size=300)])
        assert covariance_measure_test(wide, x, z, random_state=0, **LINEAR).pvalue < 1e-4

    def test_blind_where_the_covariance_cancels_out(self) -> None:
        x, e, z = np.random.default_rng(0).normal(size=(3, 400))
        y = x * np.sign(z) + e
        assert covariance_measure_test(x, y, z, random_state=0).pvalue > 0.01


class TestInvariance:
    @pytest.mark.parametrize("models", [{}, LINEAR], ids=["default", "linear"])
    @pytest.mark.parametrize("grouped", [False, True])
    def test_order_of_rows_and_columns(self, models: dict[str, object], grouped: bool) -> None:
        x, y, z = draw(0, 60)
        wide = np.column_stack([x, np.round(x)])
        site = np.arange(60) % 10 if grouped else None
        rows = np.random.default_rng(0).permutation(60)
        names = None if site is None else np.array(list("qwertyuiop"))[site[rows]]
        expected = covariance_measure_test(wide, y, z, groups=site, random_state=1, **models)
        moved = covariance_measure_test(
            wide[rows][:, ::-1], y[rows], z[rows][:, ::-1], groups=names, random_state=1, **models
        )
        assert moved == expected

    def test_random_state(self) -> None:
        x, y, z = draw(0, 60)
        found = [covariance_measure_test(x, y, z, random_state=seed, **LINEAR).pvalue for seed in (0, 0, 1)]
        assert found[0] == found[1] != found[2]

    def test_groups_stay_together_in_random_folds(self) -> None:
        # A tree that has seen a group knows its level; only folds that keep groups whole leave residuals.
        site = np.repeat(np.arange(40), 5)
        rng = np.random.default_rng(0)
        z, x, y = rng.normal(size=(3, 40))[:, site]
        tree = {"x_model": DecisionTreeRegressor(), "y_model": DecisionTreeRegressor()}
        assert covariance_measure_test(x, y, z, groups=site, random_state=0, **tree).n_groups == 40
        with pytest.raises(ValueError, match="x must vary beyond what x_model predicts from given"):
            covariance_measure_test(x, y, z, random_state=0, **tree)

    def test_models_are_left_as_they_were(self) -> None:
        model = LinearRegression()
        covariance_measure_test(*draw(0, 30), x_model=model, y_model=model, random_state=0)
        assert not hasattr(model, "coef_")

    def test_a_constant_condition(self) -> None:
        x, y, _ = draw(0, 60, effect=1.0)
        assert covariance_measure_test(x, y, np.ones(60), random_state=0).pvalue < 1e-4


class TestErrors:
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"x": np.ones(30)}, "x must vary between rows; got 1 in all 30 rows"),
            ({"y": np.r_[np.nan, np.arange(29)]}, "y must not contain NaN or infinity; got 1 missing value"),
            ({"given": np.arange(29)}, "given must have one entry for each row of x; got 29 and 30"),
            ({"given": None}, r"given must have shape \(n,\) or \(n, d\) .*; got None"),
            ({"cv": 1}, "cv must be an integer .*; got 1"),
            ({"cv": 31}, "cv must be an integer .*; got 31"),
            ({"cv": 7, "groups": np.arange(30) % 6}, "cv must be an integer .*; got 7"),
            ({"cv": [(np.arange(15), np.arange(15, 30))]}, "cv must put every row .*; row 0 is in 0"),
            ({"groups": np.arange(30) // 6}, "groups must hold at least 6 different groups .*; got 5"),
            (
                {"y_model": LogisticRegression()},
                "y must be 0 and 1 .* y_model is a classifier; got values 0, 1, 2",
            ),
            ({"random_state": "a"}, "random_state must be .*; got 'a'"),
        ],
    )
    def test_bad_input(self, change: dict[str, object], message: str) -> None:
        rng = np.random.default_rng(0)
        arguments = {"x": rng.normal(size=30), "y": np.arange(30) % 7, "given": rng.normal(size=30), **change}
        with pytest.raises(ValueError, match=message):
            covariance_measure_test(**arguments)

    def test_few_rows(self) -> None:
        with pytest.raises(ValueError, match=r"x must have at least 20 rows .*; got 19"):
            covariance_measure_test(*draw(0, 19))

    @pytest.mark.parametrize(
        ("model", "methods"),
        [
            ("ridge", "fit and predict"),
            (LinearRegression, "fit and predict"),
            (RidgeClassifier(), "predict_proba"),
        ],
        ids=["text", "class", "classifier"],
    )
    def test_model_that_is_none(self, model: object, methods: str) -> None:
        with pytest.raises(TypeError, match=f"x_model must be an estimator with .*{methods}; got "):
            covariance_measure_test(*draw(0, 30), x_model=model)
