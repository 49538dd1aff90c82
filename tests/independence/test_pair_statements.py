"""The statements of a pair in a table: those of the test alone, and those given other columns."""

import numpy as np
import pytest

from causalkit.independence import de_finetti_test
from causalkit.independence._de_finetti import judge
from causalkit.independence._pair_statements import PairStatements, pair_statements
from causalkit.independence._table import Table
from causalkit.independence._variables import read_variable


def columns(seed: int = 0) -> tuple[list[np.ndarray], np.ndarray]:
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(40), rng.integers(1, 5, size=40))
    z = rng.normal(size=40)[codes] + rng.normal(size=len(codes))
    x, y = z + rng.normal(size=(2, len(codes)))
    return [x, y, z, (z + rng.normal(size=len(codes)) > 0).astype(float)], codes


def statements(x: int, y: int, *given: int) -> PairStatements:
    parts, codes = columns()
    return pair_statements(Table([read_variable(part, "x") for part in parts], codes), x, y, given)


@pytest.mark.parametrize(("x", "y"), [(0, 1), (1, 0), (2, 3)])
def test_same_numbers_as_the_test_of_two_columns(x: int, y: int) -> None:
    parts, codes = columns()
    found = judge(statements(x, y), alpha=0.05, n_flips=299, random_state=3)
    assert found == de_finetti_test(parts[x], parts[y], codes, n_flips=299, random_state=3)


@pytest.mark.parametrize("given", [(), (2,), (2, 3)])
def test_swapping_marks_the_statements_as_swapped(given: tuple[int, ...]) -> None:
    one, two = statements(0, 1, *given), statements(1, 0, *given)
    assert one.swapped != two.swapped
    np.testing.assert_array_equal(one.forward.observed, two.forward.observed)
    np.testing.assert_array_equal(one.no_edge.observed, two.no_edge.observed)
    assert one.icc == two.icc


def test_what_is_not_tested() -> None:
    categorical = statements(0, 3)
    assert categorical.gate is None
    assert categorical.levels is None
    assert categorical.three_rows is not None
    assert statements(0, 1, 2).three_rows is None


def test_intraclass_correlation_is_of_what_is_left() -> None:
    plain, given = statements(0, 1), statements(0, 1, 2)
    assert max(given.icc) < min(plain.icc)


def test_sizes() -> None:
    sizes = np.bincount(columns()[1])
    found = statements(0, 1, 2)
    assert len(found.rows.sizes) == 40
    assert len(found.repeated.sizes) == (sizes > 1).sum() == len(found.forward.observed)
    three_rows = statements(0, 1).three_rows
    assert three_rows is not None
    assert len(three_rows[0].observed) == (sizes > 2).sum()
