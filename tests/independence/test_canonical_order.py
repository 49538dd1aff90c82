"""Independent units and the order that the data decide: shuffling and renaming lead to the same arrays."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causalkit.independence._canonical_order import arrange, read_units


def test_without_groups_each_row_is_a_unit() -> None:
    codes, n_groups = read_units(None, 4)
    assert codes.tolist() == [0, 1, 2, 3]
    assert n_groups is None


def test_groups() -> None:
    codes, n_groups = read_units(list("fabcdef"), 7)
    assert codes.tolist() == [5, 0, 1, 2, 3, 4, 5]
    assert n_groups == 6


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ([0, 1, 2, 3, 4, 4], "groups must hold at least 6 different groups .*; got 5"),
        ([0, 1, 2, 3, 4], "groups must have one label for each row; got 5 labels and 6 rows"),
        (["a", "b", "c", "d", "e", None], r"groups must have a label for each row; got 1 missing"),
    ],
)
def test_bad_groups(groups: list[object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_units(groups, 6)


@settings(max_examples=30)
@given(seed=st.integers(0, 500), n_values=st.sampled_from([2, 3, 1000]), grouped=st.booleans())
def test_shuffling_and_renaming_change_nothing(seed: int, n_values: int, grouped: bool) -> None:
    rng = np.random.default_rng(seed)
    x, y, z = (rng.integers(n_values, size=(30, d)).astype(float) for d in (1, 2, 3))
    codes = rng.integers(8, size=30) if grouped else np.arange(30)
    codes = np.unique(codes, return_inverse=True)[1]
    parts, units = arrange([x, y, z], codes)
    rows, names = rng.permutation(30), rng.permutation(codes.max() + 1)
    moved = [x[rows], y[rows][:, ::-1], z[rows][:, rng.permutation(3)]]
    again, units_again = arrange(moved, names[codes[rows]])
    np.testing.assert_array_equal(units, units_again)
    for part, other in zip(parts, again, strict=True):
        np.testing.assert_array_equal(part, other)


def test_the_table_stays_what_it_was() -> None:
    rng = np.random.default_rng(0)
    x, z = rng.normal(size=(20, 1)), rng.normal(size=(20, 2))
    codes = np.repeat(np.arange(10), 2)
    (x_sorted, z_sorted), units = arrange([x, z], codes)
    assert (np.diff(units) >= 0).all()
    back = np.array([np.flatnonzero(x[:, 0] == value)[0] for value in x_sorted[:, 0]])
    # A unit holds the same rows as before, and a row the same values up to the order of columns.
    assert all(len(set(codes[back[units == unit]])) == 1 for unit in range(10))
    np.testing.assert_array_equal(np.sort(z[back], axis=1), np.sort(z_sorted, axis=1))
