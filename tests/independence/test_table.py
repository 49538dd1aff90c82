"""Many statements on columns read once: the same numbers whatever the order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causalkit.independence._sign_flips import Contributions, flip_tests
from causalkit.independence._table import Table
from causalkit.independence._variables import read_variable


def columns(seed: int) -> tuple[list[np.ndarray], np.ndarray]:
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(25), rng.integers(1, 5, size=25))
    a = rng.normal(size=25)[codes] + rng.normal(size=len(codes))
    b = a + rng.normal(size=len(codes))
    return [a, b, (a + rng.normal(size=len(codes)) > 0).astype(float), b + rng.normal(size=len(codes))], codes


def table(parts: list[np.ndarray], codes: np.ndarray) -> Table:
    return Table([read_variable(part, "x") for part in parts], codes)


def numbers(statement: Contributions) -> tuple[float, float]:
    test = flip_tests([statement], np.random.default_rng(0), n_flips=99)[0]
    return test.statistic, test.pvalue


@settings(max_examples=20)
@given(seed=st.integers(0, 50))
def test_order_of_rows_columns_and_labels_does_not_matter(seed: int) -> None:
    parts, codes = columns(seed)
    rng = np.random.default_rng(seed)
    rows, place, names = rng.permutation(len(codes)), rng.permutation(4), rng.permutation(25)
    one = table(parts, codes)
    two = table([parts[i][rows] for i in place], names[codes][rows])
    at = np.argsort(place).tolist()
    for x, y, z in (
        ([0, 1, 2], [3], [0, 1, 2]),
        ([0], [3], [0, 2]),
        ([0, 2], [1, 3], []),
        ([2], [1], [2, 0]),
    ):
        left = one.cross_statement(x, y, z)
        right = two.cross_statement(*([at[i] for i in reversed(part)] for part in (x, y, z)))
        assert numbers(left) == numbers(right)
    left, right = (
        one.same_row_statement([0], [3], [1, 2]),
        two.same_row_statement([at[0]], [at[3]], [at[2], at[1]]),
    )
    assert numbers(left) == numbers(right)


def test_sizes() -> None:
    parts, codes = columns(0)
    found = table(parts, codes)
    sizes = np.bincount(codes)
    assert found.n_environments == 25
    assert found.n_environments_with_pairs == (sizes > 1).sum()
    assert found.cross_statement([0], [1], [0]).observed.shape[0] == (sizes > 1).sum()
    assert found.same_row_statement([0], [1]).observed.shape[0] == 25


@pytest.mark.parametrize("given_columns", [[0], [0, 2]])
def test_repeated_columns_count_once(given_columns: list[int]) -> None:
    found = table(*columns(1))
    once, twice = (found.cross_statement([0], [3], part) for part in (given_columns, given_columns * 2))
    np.testing.assert_array_equal(once.observed, twice.observed)
