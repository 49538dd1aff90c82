"""Random signs against the list of all of them, and the level of the combination."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import binom

from causalkit.independence import _sign_flips
from causalkit.independence._sign_flips import Contributions, flip_tests


def one_test(values: np.ndarray, groups: tuple[np.ndarray, ...], seed: int = 0, n_flips: int = 999) -> float:
    tests = [Contributions(values, values, groups)]
    return flip_tests(tests, np.random.default_rng(seed), n_flips=n_flips)[0].pvalue


@pytest.mark.parametrize("seed", range(5))
def test_one_column_against_all_signs(seed: int) -> None:
    values = np.random.default_rng(seed).normal(0.4, 1, size=(9, 1))
    sums = np.array([np.dot(signs, values[:, 0]) for signs in product([-1, 1], repeat=9)])
    exact = np.mean(np.abs(sums) >= abs(values.sum()) - 1e-9)
    found = one_test(values, (np.arange(1),), n_flips=9999)
    assert abs(found - exact) < 4 * np.sqrt(exact * (1 - exact) / 9999) + 1e-4


@pytest.mark.parametrize("block_bits", [2**8, 2**23])
def test_level_in_any_block_size(block_bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_sign_flips, "_BLOCK_BITS", block_bits)
    rng = np.random.default_rng(0)
    groups = (np.arange(4), np.arange(1))
    pvalues = [one_test(rng.laplace(size=(40, 4)), groups, seed, n_flips=199) for seed in range(300)]
    low, high = binom.interval(0.9999, 300, 0.1)
    assert low <= np.sum(np.array(pvalues) <= 0.1) <= high


def test_a_shift_is_found_in_any_column() -> None:
    rng = np.random.default_rng(0)
    for column in range(4):
        values = rng.normal(size=(200, 4))
        values[:, column] += 0.5
        assert one_test(values, (np.arange(4),)) == 1 / 1000


def test_scale_of_a_column_does_not_matter() -> None:
    values = np.random.default_rng(1).normal(0.2, 1, size=(50, 3))
    scaled = values * [1, 100, 0.01]
    assert one_test(values, (np.arange(3),)) == one_test(scaled, (np.arange(3),))


def test_columns_of_nothing_are_left_out() -> None:
    values = np.random.default_rng(2).normal(0.2, 1, size=(50, 2))
    empty = np.column_stack([values[:, 0], np.full(50, 1e-15), values[:, 1]])
    assert one_test(values, (np.arange(2), np.arange(1))) == one_test(empty, (np.arange(3), np.arange(1)))
    assert one_test(np.zeros((50, 2)), (np.arange(2),)) == 1.0


def test_hypotheses_share_their_signs() -> None:
    values = np.random.default_rng(3).normal(0.2, 1, size=(50, 2))
    test = Contributions(values, values, (np.arange(2),))
    first, second = flip_tests([test, test], np.random.default_rng(0), n_flips=99)
    assert first == second


def test_enlarged_reference_makes_the_test_careful() -> None:
    values = np.random.default_rng(4).normal(0.15, 1, size=(100, 1))
    plain, careful = (Contributions(values, values * factor, (np.arange(1),)) for factor in (1, 1.2))
    first, second = flip_tests([plain, careful], np.random.default_rng(0), n_flips=999)
    assert second.pvalue > first.pvalue
