"""Sums over groups and tests of their total, against loops, SciPy and simulation."""

import numpy as np
import pytest
from scipy.stats import binom, chi2, ttest_1samp

from causalkit.independence._group_sums import mean_zero_test, quadratic_test, sum_over_groups


@pytest.mark.parametrize("codes", [[2, 0, 1, 0, 2, 2], [3, 0, 5, 1, 4, 2], [0, 0, 0, 0, 0, 0]])
def test_sums(codes: list[int]) -> None:
    values = np.random.default_rng(0).normal(size=(6, 2))
    expected = np.zeros((max(codes) + 1, 2))
    for code, row in zip(codes, values, strict=True):
        expected[code] += row
    np.testing.assert_allclose(sum_over_groups(values, np.array(codes)), expected, atol=1e-14)


def test_terms_that_cancel_out_sum_to_zero() -> None:
    values = np.array([[0.1, 1.0], [0.2, 1.0], [-0.3, 1.0], [0.1, 0.0], [0.1, 1e-14]])
    assert sum_over_groups(values, np.array([0, 0, 0, 1, 1])).tolist() == [[0.0, 3.0], [0.2, 1e-14]]


def test_mean_zero_against_scipy() -> None:
    sums = np.random.default_rng(0).exponential(size=15) - 0.6
    expected = ttest_1samp(sums, 0)
    np.testing.assert_allclose(mean_zero_test(sums), (expected.statistic, expected.pvalue), rtol=1e-10)
    np.testing.assert_allclose(mean_zero_test(-sums), (-expected.statistic, expected.pvalue), rtol=1e-10)


def test_mean_zero_without_variation() -> None:
    assert mean_zero_test(np.zeros(5)) == (0.0, 1.0)
    assert mean_zero_test(np.full(4, -2.0)) == (-np.inf, 0.0)


@pytest.mark.parametrize("shape", [(30, 3), (8, 40)])
def test_quadratic_statistic_and_rotation(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    sums = rng.normal(size=shape)
    statistic, pvalue = quadratic_test(sums)
    assert statistic == pytest.approx(sum(column.sum() ** 2 for column in sums.T))
    rotation = np.linalg.qr(rng.normal(size=(shape[1], shape[1])))[0]
    np.testing.assert_allclose(quadratic_test(sums @ rotation), (statistic, pvalue), rtol=1e-8)
    # Columns of zeros add nothing.
    np.testing.assert_allclose(quadratic_test(np.hstack([sums, 0 * sums])), (statistic, pvalue), rtol=1e-8)


def test_quadratic_of_orthonormal_columns_is_chi_squared() -> None:
    columns = np.linalg.qr(np.random.default_rng(1).normal(size=(50, 4)))[0]
    statistic, pvalue = quadratic_test(columns)
    assert pvalue == pytest.approx(chi2.sf(statistic, 4), rel=0.02)


def test_quadratic_of_zeros() -> None:
    assert quadratic_test(np.zeros((9, 2))) == (0.0, 1.0)


@pytest.mark.parametrize(("n_groups", "n_columns"), [(100, 1), (100, 20), (20, 60)])
def test_level(n_groups: int, n_columns: int) -> None:
    pvalues = []
    for seed in range(400):
        rng = np.random.default_rng(seed)
        mixed = rng.laplace(size=(n_groups, n_columns)) @ rng.normal(size=(n_columns, n_columns))
        pvalues.append(quadratic_test(mixed)[1])
    assert np.sum(np.array(pvalues) <= 0.05) <= binom.ppf(0.9999, 400, 0.05)
    # Its caution leaves something to reject with.
    assert np.sum(np.array(pvalues) <= 0.3) >= binom.ppf(0.0001, 400, 0.2)
