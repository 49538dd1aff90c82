"""Companion rows and values of an intervention as codes: readings and refusals."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from causalkit.estimators._interventional._companions import companion_values, pattern_counts, set_values

LEVELS = {"colour": ("blue", "red"), "size": None, "grade": (1, 2, 5)}
ROWS = pd.DataFrame({"grade": [5, 1], "colour": ["red", "red"], "size": [0.5, 3.0]})


def test_values_become_codes_and_numbers() -> None:
    values = companion_values(ROWS, LEVELS)
    assert list(values) == ["colour", "size", "grade"]
    assert {name: column.tolist() for name, column in values.items()} == {
        "colour": [1, 1],
        "size": [0.5, 3],
        "grade": [2, 0],
    }


@pytest.mark.parametrize("nothing", [None, ROWS.iloc[:0]], ids=["None", "no rows"])
def test_no_companions(nothing: Any) -> None:
    assert all(len(column) == 0 for column in companion_values(nothing, LEVELS).values())


def test_categoricals_and_floats_match_their_levels() -> None:
    rows = ROWS.assign(colour=pd.Categorical(["blue", "red"]), grade=[1.0, 2.0])
    values = companion_values(rows, LEVELS)
    assert values["colour"].tolist() == [0, 1]
    assert values["grade"].tolist() == [0, 1]


def test_set_values() -> None:
    assert set_values({"colour": "red", "size": -2, "grade": np.int64(5)}, LEVELS) == {
        "colour": 1.0,
        "size": -2.0,
        "grade": 2.0,
    }


def test_pattern_counts_with_the_last_parent_fastest() -> None:
    a, b, v = np.array([0.0, 1, 1, 1]), np.array([2.0, 0, 0, 1]), np.array([1.0, 0, 1, 1])
    counts = pattern_counts([a, b], v, [2, 3, 2])
    expected = np.zeros((2, 3, 2))
    for i, j, k in zip(a.astype(int), b.astype(int), v.astype(int), strict=True):
        expected[i, j, k] += 1
    assert np.array_equal(counts, expected.reshape(6, 2))
    assert np.array_equal(pattern_counts([], v, [2]), [[1, 3]])


@pytest.mark.parametrize(
    ("companions", "message"),
    [
        ([[1, 2, 3]], "companions must be a DataFrame or None; got list"),
        (ROWS.drop(columns="size"), r"exactly the columns \['colour', 'size', 'grade'\].*without \['size'\]"),
        (ROWS.assign(age=3), r"with the unknown \['age'\]"),
        (ROWS.rename(columns={"size": "sise"}), r"without \['size'\] and with the unknown \['sise'\]"),
        (pd.concat([ROWS, ROWS[["size"]]], axis=1), "repeated names in"),
        (
            ROWS.assign(colour=["red", "green"]),
            r"'colour'\) must hold the levels \['blue', 'red'\]; got 'green' at",
        ),
        (ROWS.assign(colour=["red", None]), "'colour'.* must hold the levels .*; got (None|nan) at row 1"),
        (ROWS.assign(grade=[5, np.nan]), r"'grade'\) must hold the levels \[1, 2, 5\]; got nan at row 1"),
        (
            ROWS.assign(size=[1, np.inf]),
            r"companions \(column 'size'\) must not contain .*; got 1 infinite value",
        ),
        (
            ROWS.assign(size=[np.nan, 1]),
            r"companions \(column 'size'\) must not contain .*; got 1 missing value",
        ),
        (ROWS.assign(size=["a", "b"]), r"companions \(column 'size'\) must be numeric"),
    ],
    ids=range(11),
)
def test_companions_refused(companions: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        companion_values(companions, LEVELS)


@pytest.mark.parametrize(
    ("do", "message"),
    [
        ({"colour": "green"}, r"do\['colour'\] must be one of the levels \['blue', 'red'\]; got 'green'"),
        ({"grade": 3}, r"do\['grade'\] must be one of the levels \[1, 2, 5\]; got 3"),
        ({"grade": [1]}, r"do\['grade'\] must be one of the levels \[1, 2, 5\]; got \[1\]"),
        ({"size": np.nan}, r"do\['size'\] must be a number; got nan"),
        ({"size": "big"}, r"do\['size'\] must be a number; got 'big'"),
    ],
    ids=range(5),
)
def test_settings_refused(do: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        set_values(do, LEVELS)
