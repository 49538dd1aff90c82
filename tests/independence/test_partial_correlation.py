"""Partial correlation against SciPy and regression t tests; calibration, power, what must not matter."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import binom, pearsonr, rankdata, spearmanr, ttest_1samp

from causalkit.independence import partial_correlation_test


@pytest.fixture
def columns() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    z = rng.normal(size=(40, 2))
    x = z @ [1.0, -1.0] + rng.normal(size=40)
    return x, 0.3 * x + z[:, 0] + rng.laplace(size=40), z


class TestReference:
    def test_pearson_against_scipy(self, columns: tuple[np.ndarray, ...]) -> None:
        result = partial_correlation_test(*columns[:2])
        expected = pearsonr(*columns[:2])
        np.testing.assert_allclose((result.statistic, result.pvalue), expected, rtol=1e-9)
        assert result.degrees_of_freedom == 38

    def test_spearman_against_scipy(self, columns: tuple[np.ndarray, ...]) -> None:
        x, y = np.round(columns[0]), np.round(columns[1])
        result = partial_correlation_test(x, y, kind="spearman")
        np.testing.assert_allclose((result.statistic, result.pvalue), spearmanr(x, y), rtol=1e-9)

    @pytest.mark.parametrize("kind", ["pearson", "spearman"])
    def test_given_columns_against_a_regression(self, columns: tuple[np.ndarray, ...], kind: str) -> None:
        x, y, z = columns
        result = partial_correlation_test(x, y, z, kind=kind)
        if kind == "spearman":
            x, y, z = (rankdata(part, axis=0) for part in (x, y, z))
        fit = sm.OLS(y, sm.add_constant(np.column_stack([x, z]))).fit()
        assert result.pvalue == pytest.approx(fit.pvalues[1], rel=1e-8)
        t = fit.tvalues[1]
        assert result.statistic == pytest.approx(t / np.sqrt(t**2 + fit.df_resid), rel=1e-8)
        assert result.degrees_of_freedom == fit.df_resid
        assert result.hypothesis == "x independent of y given 2 columns"

    def test_groups_against_a_t_test_of_their_sums(self, columns: tuple[np.ndarray, ...]) -> None:
        x, y, z = columns
        site = np.arange(40) % 9
        result = partial_correlation_test(x, y, z, groups=site)
        e, f = (sm.OLS(part, sm.add_constant(z)).fit().resid for part in (x, y))
        expected = ttest_1samp(pd.Series(e * f).groupby(site).sum(), 0)
        assert result.pvalue == pytest.approx(expected.pvalue, rel=1e-8)
        assert result.statistic == pytest.approx(partial_correlation_test(x, y, z).statistic, rel=1e-12)
        assert (result.degrees_of_freedom, result.n_groups) == (8, 9)
        assert "rows of different groups are independent" in result.summary()


class TestInvariance:
    @pytest.mark.parametrize("kind", ["pearson", "spearman"])
    @pytest.mark.parametrize("grouped", [False, True])
    def test_order_of_rows_and_columns(
        self, columns: tuple[np.ndarray, ...], kind: str, grouped: bool
    ) -> None:
        x, y, z = columns
        site = np.arange(40) % 8 if grouped else None
        expected = partial_correlation_test(x, y, z, kind=kind, groups=site)
        rows = np.random.default_rng(1).permutation(40)
        names = None if site is None else np.array(list("hbcaedgf"))[site[rows]]
        moved = partial_correlation_test(x[rows], y[rows], z[rows][:, ::-1], kind=kind, groups=names)
        assert moved == expected

    def test_x_and_y_may_be_swapped(self, columns: tuple[np.ndarray, ...]) -> None:
        x, y, z = columns
        one, other = partial_correlation_test(x, y, z), partial_correlation_test(y, x, z)
        assert one.pvalue == pytest.approx(other.pvalue, rel=1e-10)

    def test_units_of_measurement(self, columns: tuple[np.ndarray, ...]) -> None:
        x, y, z = columns
        expected = partial_correlation_test(x, y, z)
        moved = partial_correlation_test(1e200 * x, -1e-3 * y, 1e6 + z * [1e-2, 1e150])
        assert moved.statistic == pytest.approx(-expected.statistic, rel=1e-6)
        assert moved.pvalue == pytest.approx(expected.pvalue, rel=1e-6)

    def test_monotone_functions_change_no_rank_correlation(self, columns: tuple[np.ndarray, ...]) -> None:
        x, y, z = columns
        expected = partial_correlation_test(x, y, z, kind="spearman")
        moved = partial_correlation_test(np.exp(x), y**3, z, kind="spearman")
        assert moved.pvalue == pytest.approx(expected.pvalue, rel=1e-10)

    def test_redundant_columns(self, columns: tuple[np.ndarray, ...]) -> None:
        x, y, z = columns
        expected = partial_correlation_test(x, y, z)
        wide = np.column_stack([z, z.sum(axis=1), np.full(40, 7.1), z[:, 0]])
        found = partial_correlation_test(x, y, wide)
        assert found.pvalue == pytest.approx(expected.pvalue, rel=1e-8)
        assert found.degrees_of_freedom == expected.degrees_of_freedom

    def test_kinds_of_input(self, columns: tuple[np.ndarray, ...]) -> None:
        x, y, z = columns
        frame = pd.DataFrame(z, columns=["a", "b"], index=np.arange(40) + 7)
        found = partial_correlation_test(x.tolist(), pd.Series(y, index=frame.index), frame)
        assert found == partial_correlation_test(x, y, z)


class TestCalibration:
    @pytest.mark.parametrize("n_rows", [6, 100])
    def test_level_is_exact_for_normal_columns(self, n_rows: int) -> None:
        pvalues = []
        for seed in range(400):
            x, y, z = np.random.default_rng(seed).normal(size=(3, n_rows))
            pvalues.append(partial_correlation_test(x + z, y + z, z).pvalue)
        for level in (0.05, 0.5):
            low, high = binom.ppf([0.0001, 0.9999], 400, level)
            assert low <= np.sum(np.array(pvalues) <= level) <= high

    @pytest.mark.parametrize("n_groups", [6, 50])
    def test_level_with_groups(self, n_groups: int) -> None:
        grouped, naive = [], []
        for seed in range(200):
            rng = np.random.default_rng(seed)
            site = np.repeat(np.arange(n_groups), 6)
            x, y = rng.normal(size=(2, n_groups))[:, site] + 0.5 * rng.normal(size=(2, len(site)))
            grouped.append(partial_correlation_test(x, y, groups=site).pvalue)
            naive.append(partial_correlation_test(x, y).pvalue)
        assert np.sum(np.array(grouped) <= 0.05) <= binom.ppf(0.9999, 200, 0.06)
        # Rows that are taken as independent reject far too often: groups are what makes the difference.
        assert np.sum(np.array(naive) <= 0.05) > 50

    def test_power(self, columns: tuple[np.ndarray, ...]) -> None:
        rng = np.random.default_rng(0)
        x, noise, z = rng.normal(size=(3, 200))
        y = 0.5 * x + z + noise
        site = np.arange(200) // 4
        assert partial_correlation_test(x, y, z).pvalue < 1e-6
        assert partial_correlation_test(x, y, z, groups=site).pvalue < 1e-4
        assert partial_correlation_test(x, np.exp(3 * y), z, kind="spearman").pvalue < 1e-6

    def test_perfect_correlation(self) -> None:
        x = np.arange(10.0)
        result = partial_correlation_test(x, -2 * x)
        assert result.statistic == pytest.approx(-1)
        assert result.pvalue < 1e-12

    def test_products_that_are_all_zero(self) -> None:
        x, y = np.tile([1, -1, 0, 0], 6), np.tile([0, 0, 1, -1], 6)
        result = partial_correlation_test(x, y, groups=np.arange(24) // 4)
        assert (result.statistic, result.pvalue) == (0, 1)

    def test_groups_without_correlation(self) -> None:
        cells = np.array([(a, b) for a in (0.1, 0.2, 0.7) for b in (0.3, 0.5, 1.1)])
        result = partial_correlation_test(*np.tile(cells.T, 8), groups=np.repeat(np.arange(8), len(cells)))
        assert abs(result.statistic) < 1e-12
        assert result.pvalue == 1


class TestErrors:
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"kind": "kendall"}, "kind must be one of 'pearson', 'spearman'; got 'kendall'"),
            ({"x": np.zeros((8, 2)) + np.arange(8)[:, None]}, "x must be one column .*; got 2 columns"),
            ({"y": np.ones(8)}, "y must vary between rows; got 1 in all 8 rows"),
            ({"y": np.r_[np.nan, np.arange(7)]}, "y must not contain NaN or infinity; got 1 missing value"),
            ({"x": list("abcdefgh")}, "x must be numeric; got "),
            ({"x": np.arange(7)}, "y must have one entry for each row of x; got 8 and 7"),
            ({"given": np.arange(7)}, "given must have one entry for each row of x; got 7 and 8"),
            ({"given": np.arange(8)}, "x must vary beyond a linear function of given; got nothing"),
            ({"given": np.eye(8)[:, :6]}, "x must have at least 9 rows .* given 6 columns; got 8"),
            ({"groups": np.arange(8) // 2}, "groups must hold at least 6 different groups .*; got 4"),
            ({"groups": np.arange(7)}, "groups must have one label for each row; got 7 labels and 8 rows"),
        ],
    )
    def test_bad_input(self, change: dict[str, object], message: str) -> None:
        arguments = {"x": np.arange(8), "y": np.random.default_rng(0).normal(size=8), **change}
        with pytest.raises(ValueError, match=message):
            partial_correlation_test(**arguments)  # type: ignore[arg-type]
