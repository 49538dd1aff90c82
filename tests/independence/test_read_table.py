"""Reading columns into a table: where each argument's columns are, and what is refused."""

import numpy as np
import pytest

from causalkit.independence._read_table import read_table
from causalkit.independence._variables import read_variable

RNG = np.random.default_rng(0)
X, Y, Z = (read_variable(values, "x") for values in RNG.normal(size=(3, 20)))
SITES = np.repeat(np.arange(10), 2)


def test_copies_share_a_place() -> None:
    copy = read_variable(X.key.copy(), "copy")
    table, places = read_table(SITES, {"x": [X], "y": [Y], "given": [Z, copy, Y]})
    assert places == {"x": [0], "y": [1], "given": [2, 0, 1]}
    assert len(table.variables) == 3


def test_a_category_is_no_copy_of_a_number() -> None:
    codes = np.arange(20) % 7
    number, category = read_variable(codes.astype(float), "x"), read_variable(codes.astype(str), "y")
    assert (number.categorical, category.categorical) == (False, True)
    np.testing.assert_array_equal(number.key, category.key)
    assert read_table(SITES, {"x": [number], "y": [category]})[1] == {"x": [0], "y": [1]}


def test_pairs_of_rows() -> None:
    with pytest.raises(ValueError, match="at least one environment of two or more rows"):
        read_table(np.arange(20), {"x": [X]})
    assert read_table(np.arange(20), {"x": [X]}, pairs=False)[0].n_environments == 20


@pytest.mark.parametrize(
    ("environments", "match"),
    [
        (np.zeros(20), r"at least two environments; got one \(.*0.0.*\) in all 20 rows"),
        (SITES[:5], "environments must have one label for each row; got 5 labels and 20 rows"),
    ],
)
def test_refused(environments: np.ndarray, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        read_table(environments, {"x": [X]})


def test_lengths() -> None:
    short = read_variable(RNG.normal(size=15), "y")
    with pytest.raises(ValueError, match="y must have one entry for each row of x; got 15 and 20"):
        read_table(SITES, {"x": [X], "y": [short]})
