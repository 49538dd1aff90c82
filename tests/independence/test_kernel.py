"""The kernel test against dense matrices; calibration, power against any shape, what must not matter."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, norm, rankdata

from causalkit.independence import kernel_test


def pvalues(draw: Callable[[np.random.Generator], float], n_trials: int) -> np.ndarray:
    return np.array([draw(np.random.default_rng(seed)) for seed in range(n_trials)])


def with_a_common_cause(rng: np.random.Generator, n: int, effect: float = 0.0) -> tuple[np.ndarray, ...]:
    z = rng.normal(size=n)
    x = np.sin(2 * z) + rng.normal(size=n)
    return x, z**2 + rng.normal(size=n) + effect * np.abs(x), z


@pytest.mark.parametrize("d", [1, 2])
def test_statistic_against_dense_matrices(d: int) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(80, d)), rng.normal(size=(80, 1))
    y[:, 0] += x[:, 0] ** 2
    kernels = []
    for part in (x, y):
        scores = norm.ppf((rankdata(part, axis=0) - 0.5) / 80)
        distances = ((scores[:, None] - scores[None]) ** 2).sum(axis=2)
        kernels.append(np.exp(-distances / (2 * part.shape[1])))
    centre = np.eye(80) - 1 / 80
    expected = np.trace(kernels[0] @ centre @ kernels[1] @ centre) / 80
    result = kernel_test(x, y)
    assert 0.97 * expected < result.statistic < expected * (1 + 1e-6)
    assert result.hypothesis == "x independent of y"


class TestCalibration:
    @pytest.mark.parametrize("n_rows", [20, 100, 300])
    def test_level(self, n_rows: int) -> None:
        found = pvalues(lambda rng: kernel_test(*rng.laplace(size=(2, n_rows))).pvalue, 200)
        assert np.sum(found <= 0.05) <= binom.ppf(0.9999, 200, 0.05)
        # Caution with few rows leaves something to reject with.
        assert np.sum(found <= 0.5) >= binom.ppf(0.0001, 200, 0.35)

    @pytest.mark.parametrize("n_rows", [100, 300])
    def test_level_given_a_common_cause(self, n_rows: int) -> None:
        def draw(rng: np.random.Generator) -> float:
            return kernel_test(*with_a_common_cause(rng, n_rows)).pvalue

        found = pvalues(draw, 150)
        assert np.sum(found <= 0.05) <= binom.ppf(0.9999, 150, 0.06)
        assert np.sum(found <= 0.5) >= binom.ppf(0.0001, 150, 0.4)

    @pytest.mark.parametrize("n_groups", [10, 60])
    def test_level_with_groups(self, n_groups: int) -> None:
        site = np.repeat(np.arange(n_groups), 5)

        def draw(rng: np.random.Generator) -> float:
            x, y = rng.normal(size=(2, n_groups))[:, site] + 0.5 * rng.normal(size=(2, len(site)))
            return kernel_test(x, y, groups=site).pvalue

        assert np.sum(pvalues(draw, 150) <= 0.05) <= binom.ppf(0.9999, 150, 0.06)

    def test_groups_make_a_difference(self) -> None:
        site = np.repeat(np.arange(60), 5)

        def draw(rng: np.random.Generator) -> float:
            x, y = rng.normal(size=(2, 60))[:, site] + 0.5 * rng.normal(size=(2, 300))
            return kernel_test(x, y).pvalue

        assert np.sum(pvalues(draw, 50) <= 0.05) > 12


class TestPower:
    @pytest.mark.parametrize(
        "function",
        [
            lambda x, e: x / 2 + e,
            lambda x, e: x**2 / 2 + e,
            lambda x, e: np.sin(3 * x) + e / 2,
            lambda x, e: x * e,
        ],
        ids=["linear", "square", "wave", "scale"],
    )
    def test_any_shape(self, function: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> None:
        x, e = np.random.default_rng(0).normal(size=(2, 300))
        assert kernel_test(x, function(x, e)).pvalue < 0.001
        assert kernel_test(x, function(x, e), groups=np.arange(300) // 3).pvalue < 0.01

    def test_given_a_common_cause(self) -> None:
        rng = np.random.default_rng(0)
        assert kernel_test(*with_a_common_cause(rng, 400, effect=0.5)).pvalue < 0.001

    def test_effect_that_changes_its_sign_with_the_condition(self) -> None:
        x, e, z = np.random.default_rng(0).normal(size=(3, 400))
        assert kernel_test(x, x * np.sign(z) + e, z).pvalue < 1e-6

    def test_two_causes_together(self) -> None:
        a, b, e = np.random.default_rng(0).normal(size=(3, 400))
        y = np.sign(a * b) + 0.3 * e
        assert kernel_test(a, y).pvalue > 0.01
        assert kernel_test(np.column_stack([a, b]), y).pvalue < 1e-6
        assert kernel_test(a, y, b).pvalue < 1e-6

    def test_binary_columns(self) -> None:
        rng = np.random.default_rng(0)
        z = rng.random(300) < 0.5
        x, y = rng.random((2, 300)) < np.where(z, 0.8, 0.2)
        assert kernel_test(x, y).pvalue < 1e-6
        assert kernel_test(x, y, z).pvalue > 0.01


class TestInvariance:
    @pytest.mark.parametrize("conditional", [False, True])
    @pytest.mark.parametrize("grouped", [False, True])
    def test_order_of_rows_and_columns(self, conditional: bool, grouped: bool) -> None:
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=(60, 2)), rng.integers(3, size=60)
        z = rng.normal(size=(60, 2)) if conditional else None
        site = np.arange(60) % 10 if grouped else None
        expected = kernel_test(x, y, z, groups=site)
        rows = rng.permutation(60)
        moved_z = None if z is None else z[rows][:, ::-1]
        names = None if site is None else np.array(list("qwertyuiop"))[site[rows]]
        assert kernel_test(x[rows][:, ::-1], y[rows], moved_z, groups=names) == expected

    def test_monotone_functions(self) -> None:
        rng = np.random.default_rng(1)
        x, y, z = with_a_common_cause(rng, 100)
        expected = kernel_test(x, y, z).pvalue
        # Another order of equal scores may start the factorisation elsewhere.
        assert kernel_test(np.exp(x), 1e9 * y, z**3).pvalue == pytest.approx(expected, rel=0.02)

    def test_a_constant_condition_is_none(self) -> None:
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=(2, 200))
        result = kernel_test(x, y + x, np.ones(200))
        assert result.pvalue < 1e-6
        assert result.hypothesis == "x independent of y given 1 column"

    def test_frames(self) -> None:
        x, y, z = with_a_common_cause(np.random.default_rng(0), 50)
        found = kernel_test(pd.Series(x), y.tolist(), pd.DataFrame({"z": z}, index=np.arange(50) + 3))
        assert found == kernel_test(x, y, z)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": np.ones(30)}, "x must vary between rows; got 1 in all 30 rows"),
        ({"y": np.r_[np.inf, np.arange(29)]}, "y must not contain NaN or infinity; got 1 infinite value"),
        ({"given": list("ab") * 15}, "given must be numeric; got "),
        ({"given": np.arange(29)}, "given must have one entry for each row of x; got 29 and 30"),
        ({"groups": np.arange(30) // 6}, "groups must hold at least 6 different groups .*; got 5"),
        ({"x": np.arange(19), "y": np.arange(19)}, "x must have at least 20 rows for a kernel test; got 19"),
    ],
)
def test_bad_input(change: dict[str, object], message: str) -> None:
    arguments = {"x": np.arange(30), "y": np.arange(30) % 7, **change}
    with pytest.raises(ValueError, match=message):
        kernel_test(**arguments)  # type: ignore[arg-type]
