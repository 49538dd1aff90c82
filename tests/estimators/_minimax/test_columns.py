"""Levels become codes that new rows share; wrong ones are refused."""

import re

import numpy as np
import pandas as pd
import pytest

from causalkit.estimators._minimax._columns import check_kinds, read_columns

TABLE = pd.DataFrame(
    {
        "number": [1.5, -2.0, 0.0, 4.0],
        "whole": [3, 1, 2, 3],
        "text": ["mild", "severe", "mild", "none"],
        "flag": [True, False, False, True],
        "grade": pd.Categorical(["low", "high", "low", "low"], categories=["low", "middle", "high"]),
    }
)


@pytest.fixture
def codes():
    return read_columns(TABLE)


def test_levels_have_the_order_of_their_values_or_categories(codes):
    assert codes.levels.keys() == {"text", "flag", "grade"}
    assert codes.levels["text"] == ("mild", "none", "severe")
    assert codes.levels["flag"] == (False, True)
    assert codes.levels["grade"] == ("low", "high")


def test_codes(codes):
    found = codes.transform(TABLE)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(
        found, [[1.5, 3, 0, 1, 0], [-2, 1, 2, 0, 1], [0, 2, 0, 0, 0], [4, 3, 1, 1, 0]]
    )


def test_a_part_of_the_rows_has_the_same_codes(codes):
    for rows in ([2], [3, 1], [1, 1, 0]):
        np.testing.assert_array_equal(codes.transform(TABLE.iloc[rows]), codes.transform(TABLE)[rows])


def test_other_types_with_the_same_levels_are_taken(codes):
    other = TABLE.assign(
        text=TABLE["text"].astype("category"),
        grade=TABLE["grade"].astype(str),
        flag=TABLE["flag"].astype(object),
        whole=TABLE["whole"].astype("float32"),
        number=TABLE["number"].astype("Float64"),
    )
    np.testing.assert_array_equal(codes.transform(other), codes.transform(TABLE))


def test_the_order_of_the_rows_gives_no_other_codes(codes):
    for rows in ([3, 2, 1, 0], [1, 3, 0, 2]):
        assert read_columns(TABLE.iloc[rows]).levels == codes.levels


def test_unknown_levels_are_refused(codes):
    message = "X (column 'text') must have the levels of the fit, ['mild', 'none', 'severe']; got 'grave'"
    with pytest.raises(ValueError, match=re.escape(message)):
        codes.transform(TABLE.assign(text=["mild", "grave", "none", "mild"]))
    with pytest.raises(ValueError, match=r"levels of the fit, \['low', 'high'\]; got 'middle'"):
        codes.transform(TABLE.assign(grade="middle"))
    with pytest.raises(ValueError, match=r"levels of the fit, \[False, True\]; got 2"):
        codes.transform(TABLE.assign(flag=[0, 1, 2, 0]))


@pytest.mark.parametrize(
    ("column", "dtype"), [(["a", "b", "a", "b"], "str"), ([True, False, True, True], "bool")]
)
def test_numbers_that_become_levels_are_refused(codes, column, dtype):
    message = r"X \(column 'whole'\) must hold numbers, as in the fit; got dtype " + dtype
    with pytest.raises(ValueError, match=message):
        codes.transform(TABLE.assign(whole=pd.Series(column, dtype=dtype)))


def test_levels_that_become_numbers_are_refused(codes):
    with pytest.raises(ValueError, match=r"must have the levels of the fit.*got 0\.0"):
        codes.transform(TABLE.assign(text=[0.0, 1.0, 2.0, 0.0]))


def test_too_many_levels_are_refused():
    with pytest.raises(ValueError, match=r"X \(column 'ward'\) must have at most 12 levels.*; got 13"):
        read_columns(pd.DataFrame({"ward": [f"ward {i}" for i in range(13)] * 2}))


@pytest.mark.parametrize("values", [["north"] * 4, [2.5] * 4, [True] * 4])
def test_a_column_with_one_value_is_refused(values):
    message = f"X (column 'ward') must vary between rows; got {values[0]!r} in every row"
    with pytest.raises(ValueError, match=re.escape(message)):
        read_columns(pd.DataFrame({"ward": values}))


@pytest.mark.parametrize(
    "values",
    [
        np.array([1j, 2j]),
        pd.to_datetime(["2020-01-01", "2021-01-01"]),
        pd.to_datetime(["2020-01-01", "2021-01-01"]).tz_localize("UTC"),
        pd.to_timedelta([1, 2], unit="D"),
    ],
    ids=["complex", "times", "times of a zone", "durations"],
)
def test_complex_numbers_and_times_are_refused(values):
    with pytest.raises(ValueError, match=r"X \(column 'when'\) must hold numbers or levels; got dtype "):
        check_kinds(pd.DataFrame({"first": [0, 1], "when": values}))
    if isinstance(values, np.ndarray):
        with pytest.raises(ValueError, match="X must hold numbers or levels; got dtype complex128"):
            check_kinds(values[:, None])


def test_numbers_and_levels_are_of_the_right_kind():
    check_kinds(TABLE)
    check_kinds(TABLE[["number"]].to_numpy())
    check_kinds([[1.0, 2.0]])


def test_twelve_levels_and_numbers_with_many_values_are_taken():
    table = pd.DataFrame({"ward": [f"w{i:02d}" for i in range(12)] * 3, "age": np.arange(36)})
    np.testing.assert_array_equal(read_columns(table).transform(table)[:, 0], np.tile(np.arange(12), 3))
