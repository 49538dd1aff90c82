"""Contingency tables against SciPy and enumeration; calibration, power, what must not matter."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, chi2, chi2_contingency, hypergeom

from causalkit.independence import discrete_test


def draw(seed: int, n: int, *, effect: float = 0.0, n_strata: int = 3) -> tuple[np.ndarray, ...]:
    """x with three levels and y with two, which both depend on the stratum."""
    rng = np.random.default_rng(seed)
    z = rng.integers(n_strata, size=n)
    share = (z + 1) / (n_strata + 1)
    x = (rng.random(n) < share).astype(int) + (rng.random(n) < 0.3)
    y = rng.random(n) < np.clip(share + effect * (x > 0), 0, 1)
    return x, y.astype(int), z


class TestReference:
    @pytest.mark.parametrize(("kind", "power"), [("pearson", 1), ("g", 0)])
    def test_one_table_against_scipy(self, kind: str, power: int) -> None:
        x, y, _ = draw(0, 120)
        result = discrete_test(x, y, kind=kind, null="chi2")
        expected = chi2_contingency(pd.crosstab(x, y), correction=False, lambda_=power)
        assert result.statistic == pytest.approx(expected.statistic, rel=1e-10)
        assert result.pvalue == pytest.approx(expected.pvalue, rel=1e-10)
        assert result.degrees_of_freedom == expected.dof
        assert result.hypothesis == "x independent of y"

    @pytest.mark.parametrize(("kind", "power"), [("pearson", 1), ("g", 0)])
    def test_strata_add_up(self, kind: str, power: int) -> None:
        x, y, z = draw(1, 300)
        y = np.where(z == 2, 1, y)
        tables = [pd.crosstab(x[z == level], y[z == level]) for level in (0, 1)]
        expected = [chi2_contingency(table, correction=False, lambda_=power) for table in tables]
        result = discrete_test(x, y, z, kind=kind, null="chi2")
        statistic, freedom = (sum(getattr(each, name) for each in expected) for name in ("statistic", "dof"))
        assert result.statistic == pytest.approx(statistic, rel=1e-10)
        assert result.degrees_of_freedom == freedom
        assert result.pvalue == pytest.approx(chi2.sf(statistic, freedom), rel=1e-10)
        assert result.hypothesis == "x independent of y in each of 3 strata"

    def test_levels_that_a_stratum_lacks_cost_no_degree_of_freedom(self) -> None:
        x, y = np.tile([0, 1, 0, 1, 2, 2], 10), np.tile([0, 0, 1, 1, 0, 1], 10)
        z = (x == 2) | (np.arange(60) < 30)
        assert discrete_test(x, y, z, null="chi2").degrees_of_freedom == 2 + 1

    def test_random_tables_against_enumeration(self) -> None:
        # Two by two with margins (5, 7) and (4, 8): one cell decides the table.
        table = np.array([[3, 2], [1, 6]])
        x, y = np.repeat([0, 0, 1, 1], table.ravel()), np.repeat([0, 1, 0, 1], table.ravel())
        cells = np.arange(5)
        distance = np.abs(cells - 5 * 4 / 12)
        exact = hypergeom.pmf(cells, 12, 4, 5)[distance >= distance[3] - 1e-12].sum()
        found = discrete_test(x, y, null="permutation", n_resamples=20_000, random_state=0)
        assert found.pvalue == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 20_000))
        assert found.method == "Pearson test, random tables"

    @pytest.mark.parametrize("kind", ["pearson", "g"])
    def test_random_tables_of_strata_against_shuffles(self, kind: str) -> None:
        x, y, z = draw(3, 40)
        rng = np.random.default_rng(0)
        statistic = discrete_test(x, y, z, kind=kind, null="chi2").statistic
        larger = []
        for _ in range(500):
            shuffled = y.copy()
            for level in range(3):
                shuffled[z == level] = rng.permutation(y[z == level])
            draw_ = discrete_test(x, shuffled, z, kind=kind, null="chi2").statistic
            larger.append(draw_ >= statistic * (1 - 1e-9))
        found = discrete_test(x, y, z, kind=kind, null="permutation", n_resamples=5000, random_state=0).pvalue
        assert abs(np.mean(larger) - found) < 4 * np.sqrt(0.25 * (1 / 500 + 1 / 5000))

    def test_groups_against_loops(self) -> None:
        x, y, z = draw(4, 90)
        site = np.arange(90) // 6
        shares = np.zeros((15, 3, 3, 2))
        for i in range(90):
            same = z == z[i]
            for a in range(3):
                for b in range(2):
                    p, q = np.mean(x[same] == a), np.mean(y[same] == b)
                    if p * q:
                        share = ((x[i] == a) - p) * ((y[i] == b) - q) / np.sqrt(same.sum() * p * q)
                        shares[site[i], z[i], a, b] += share
        shares = shares.reshape(15, -1)
        result = discrete_test(x, y, z, groups=site)
        assert result.statistic == pytest.approx((shares.sum(axis=0) ** 2).sum(), rel=1e-9)
        values = np.linalg.eigvalsh(shares.T @ shares)
        scale, freedom = (values**2).sum() / values.sum(), values.sum() ** 2 / (values**2).sum()
        assert result.pvalue == pytest.approx(chi2.sf(result.statistic / scale, freedom), rel=1e-8)
        assert result.degrees_of_freedom == pytest.approx(freedom, rel=1e-8)
        assert result.n_groups == 15

    def test_cochran_decides_the_null(self) -> None:
        assert discrete_test(*draw(0, 300)[:2]).method == "Pearson test, chi-squared"
        assert discrete_test(*draw(0, 20), kind="g").method == "G test, random tables"


class TestInvariance:
    @pytest.mark.parametrize("options", [{}, {"null": "permutation"}, {"kind": "g"}])
    @pytest.mark.parametrize("n_rows", [30, 300])
    def test_order_of_rows_and_names_of_levels(self, options: dict[str, str], n_rows: int) -> None:
        x, y, z = draw(5, n_rows)
        expected = discrete_test(x, y, z, random_state=3, **options)  # type: ignore[arg-type]
        rows = np.random.default_rng(0).permutation(n_rows)
        texts = np.array(["no", "maybe", "yes"])[x[rows]]
        moved = discrete_test(texts, y[rows] == 0, 5 - z[rows], random_state=3, **options)  # type: ignore[arg-type]
        assert moved == expected
        assert discrete_test(y, x, z, random_state=3, null="chi2") == discrete_test(x, y, z, null="chi2")

    def test_order_of_given_columns(self) -> None:
        x, y, z = draw(6, 60, n_strata=6)
        given = np.column_stack([z // 2, z % 2])
        expected = discrete_test(x, y, z, random_state=0)
        assert discrete_test(x, y, given, random_state=0) == expected
        assert discrete_test(x, y, given[:, ::-1], random_state=0) == expected

    def test_groups_by_any_name(self) -> None:
        x, y, z = draw(7, 90)
        site = np.arange(90) % 9
        expected = discrete_test(x, y, z, groups=site)
        rows = np.random.default_rng(0).permutation(90)
        names = np.array(list("qwertyuio"))[site[rows]]
        assert discrete_test(x[rows], y[rows], z[rows], groups=names) == expected

    def test_categories_without_rows(self) -> None:
        x, y, _ = draw(0, 100)
        category = pd.Categorical(x, categories=[2, 5, 1, 0])
        assert discrete_test(category, y, null="chi2") == discrete_test(x, y, null="chi2")


class TestCalibration:
    @pytest.mark.parametrize(("n_rows", "n_strata"), [(40, 3), (300, 3), (150, 50)])
    def test_level(self, n_rows: int, n_strata: int) -> None:
        pvalues = []
        for seed in range(400, 700):
            x, y, z = draw(seed, n_rows, n_strata=n_strata)
            pvalues.append(discrete_test(x, y, z, n_resamples=99, random_state=seed).pvalue)
        assert np.sum(np.array(pvalues) <= 0.05) <= binom.ppf(0.9999, 300, 0.05)
        assert np.sum(np.array(pvalues) <= 0.5) >= binom.ppf(0.0001, 300, 0.4)

    def test_level_with_groups(self) -> None:
        grouped, naive = [], []
        for seed in range(200):
            rng = np.random.default_rng(seed)
            site = np.repeat(np.arange(60), 6)
            x, y = (rng.normal(size=(2, 60))[:, site] + 0.5 * rng.normal(size=(2, 360)) > 0).astype(int)
            grouped.append(discrete_test(x, y, groups=site).pvalue)
            naive.append(discrete_test(x, y).pvalue)
        assert np.sum(np.array(grouped) <= 0.05) <= binom.ppf(0.9999, 200, 0.06)
        assert np.sum(np.array(naive) <= 0.05) > 50

    @pytest.mark.parametrize("shares", [[2, 2], [1, 2]], ids=["even", "uneven"])
    def test_groups_that_all_show_what_is_expected(self, shares: list[int]) -> None:
        x, y = np.repeat([0, 1], shares), np.repeat([0, 1], shares[::-1])
        cells = np.array([(a, b) for a in x for b in y])
        result = discrete_test(*np.tile(cells.T, 8), groups=np.repeat(np.arange(8), len(cells)))
        assert result.statistic == pytest.approx(0, abs=1e-12)
        assert result.pvalue == 1

    @pytest.mark.parametrize("options", [{}, {"kind": "g"}, {"null": "permutation"}, {"groups": True}])
    def test_power(self, options: dict[str, object]) -> None:
        x, y, z = draw(0, 400, effect=0.4)
        if "groups" in options:
            options = {"groups": np.arange(400) // 4}
        assert discrete_test(x, y, z, random_state=0, **options).pvalue <= 0.001  # type: ignore[arg-type]

    def test_dependence_without_correlation(self) -> None:
        x = np.tile([0, 1, 2], 40)
        assert discrete_test(x, x == 1).pvalue < 1e-10

    def test_random_state(self) -> None:
        x, y, z = draw(2, 25)
        first = discrete_test(x, y, z, random_state=0).pvalue
        assert discrete_test(x, y, z, random_state=0).pvalue == first
        others = {discrete_test(x, y, z, random_state=seed).pvalue for seed in range(1, 6)}
        assert others != {first}


class TestErrors:
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"kind": "fisher"}, "kind must be one of 'pearson', 'g'; got 'fisher'"),
            ({"null": "exact"}, "null must be one of 'auto', 'chi2', 'permutation'; got 'exact'"),
            ({"n_resamples": 5}, "n_resamples must be an integer .*; got 5"),
            ({"x": ["a"] * 8}, "x must have at least two levels; got one in all 8 rows"),
            ({"y": np.arange(8)}, "y must have levels that repeat; got 8 levels in 8 rows"),
            ({"x": ["a", None] * 4}, r"x must not be missing; got 4 missing values \(first at row 1\)"),
            ({"given": np.arange(8)}, "given must leave both x and y two levels in some stratum; got none"),
            ({"given": np.zeros(7)}, "given must have one entry for each row of x; got 7 and 8"),
            ({"groups": np.arange(8) // 2}, "groups must hold at least 6 different groups .*; got 4"),
            ({"groups": np.arange(8), "kind": "g"}, "groups needs kind='pearson' .*; got kind='g'"),
            ({"groups": np.arange(8), "null": "chi2"}, "groups needs .* null='auto'; .* null='chi2'"),
            ({"random_state": -1, "null": "permutation"}, "random_state must be .*; got -1"),
        ],
    )
    def test_bad_input(self, change: dict[str, object], message: str) -> None:
        arguments = {"x": [0, 1] * 4, "y": [0, 0, 1, 1] * 2, **change}
        with pytest.raises(ValueError, match=message):
            discrete_test(**arguments)  # type: ignore[arg-type]
