"""The no-edge statement: places inside environments against SciPy's ranks, level and power."""

import numpy as np
import pytest
from scipy.stats import binom, rankdata

from causalkit.independence._pairs import arrange
from causalkit.independence._same_row import place_within, same_row_statement
from causalkit.independence._sign_flips import flip_tests
from causalkit.independence._variables import read_variable


def statement_pvalue(x: np.ndarray, y: np.ndarray, codes: np.ndarray, seed: int = 0) -> float:
    pair = arrange(read_variable(x, "x"), read_variable(y, "y"), codes)
    return flip_tests([same_row_statement(pair)], np.random.default_rng(seed), n_flips=199)[0].pvalue


def test_place_within_against_ranks() -> None:
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(10), rng.integers(1, 7, size=10))
    x = np.round(rng.normal(size=len(codes)), 1)
    pair = arrange(read_variable(x, "x"), read_variable(rng.normal(size=len(codes)), "y"), codes)
    for variable in (pair.first, pair.second):
        found = place_within(variable, pair)
        for e, size in enumerate(pair.sizes):
            rows = pair.codes == e
            expected = (rankdata(variable.key[rows]) - (size + 1) / 2) / size
            np.testing.assert_allclose(found[rows], expected, atol=1e-12)


def test_place_of_a_category_is_the_deviation_of_its_indicator() -> None:
    codes = np.repeat(np.arange(4), 3)
    pair = arrange(read_variable(np.tile([0, 1, 1], 4), "x"), read_variable(np.arange(12.0), "y"), codes)
    category = pair.first if pair.first.categorical else pair.second
    np.testing.assert_allclose(np.sort(place_within(category, pair)), np.sort(np.tile([2, -1, -1], 4) / 3))


@pytest.mark.parametrize("n_rows", [1, 2, 5])
def test_level_with_parameters_that_vary(n_rows: int) -> None:
    found = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        codes = np.repeat(np.arange(80), n_rows)
        x, y = rng.normal(size=(2, 80))[:, codes] + rng.laplace(size=(2, len(codes)))
        found.append(statement_pvalue(x, y, codes, seed))
    assert np.sum(np.array(found) <= 0.05) <= binom.ppf(0.9999, 150, 0.08)


@pytest.mark.parametrize("n_rows", [1, 3])
def test_dependence_is_found_with_one_row_as_well(n_rows: int) -> None:
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(150), n_rows)
    x = rng.normal(size=len(codes))
    for y in (
        0.5 * x + rng.normal(size=len(x)),
        np.abs(x) + 0.5 * rng.normal(size=len(x)),
        x + rng.normal(size=len(x)) > 0,
    ):
        assert statement_pvalue(x, np.asarray(y, dtype=float), codes) <= 0.01


def test_dependence_within_is_seen_behind_large_levels() -> None:
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(60), 4)
    x = 100 * rng.normal(size=60)[codes] + rng.normal(size=240)
    y = 100 * rng.normal(size=60)[codes] + x - 100 * np.round(x / 100)
    y = 100 * rng.normal(size=60)[codes] + (x - np.bincount(codes, x)[codes] / 4)
    assert statement_pvalue(x, y, codes) <= 0.01
