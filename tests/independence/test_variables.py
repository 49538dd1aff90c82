"""Columns as functions: what is read as categorical, what is refused, and what does not matter."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, rankdata

from causalkit.independence._variables import read_variable

RNG = np.random.default_rng(0)
NUMBERS = RNG.normal(size=40)


def test_continuous() -> None:
    variable = read_variable(NUMBERS, "x")
    z = norm.ppf((rankdata(NUMBERS) - 0.5) / 40)
    assert not variable.categorical
    np.testing.assert_allclose(variable.score, z, atol=1e-12)
    np.testing.assert_allclose(variable.features.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(variable.features[:, 1], np.abs(z) - np.abs(z).mean())
    np.testing.assert_array_equal(variable.key, NUMBERS)
    knots = norm.ppf([0.25, 0.5, 0.75])
    expected = np.column_stack([np.ones(40), z, *(np.maximum(z - knot, 0) for knot in knots)])
    np.testing.assert_allclose(variable.basis, expected, atol=1e-12)


def test_monotone_transformations_change_the_key_only() -> None:
    one, two = read_variable(NUMBERS, "x"), read_variable(np.exp(3 * NUMBERS), "x")
    np.testing.assert_array_equal(one.features, two.features)
    np.testing.assert_array_equal(one.basis, two.basis)


def test_order_of_the_rows_does_not_matter_to_the_last_bit() -> None:
    order = RNG.permutation(40)
    straight, shuffled = read_variable(NUMBERS, "x"), read_variable(NUMBERS[order], "x")
    np.testing.assert_array_equal(straight.take(order).features, shuffled.features)


@pytest.mark.parametrize(
    "values",
    [
        ["b", "a", "a", "b", "a"],
        pd.Series(["b", "a", "a", "b", "a"], index=[9, 8, 7, 6, 5]),
        pd.Categorical(["b", "a", "a", "b", "a"], categories=["b", "a", "unused"]),
        [True, False, False, True, False],
        [3, 1, 1, 3, 1],
        np.array([3.0, 1, 1, 3, 1], dtype=object),
    ],
)
def test_categorical(values: Any) -> None:
    variable = read_variable(values, "x")
    assert variable.categorical
    # The most frequent level has no indicator of its own among the features.
    np.testing.assert_allclose(variable.features[:, 0], np.array([1, 0, 0, 1, 0]) - 0.4)
    assert variable.features.shape == (5, 1)
    np.testing.assert_array_equal(variable.basis.sum(axis=1), 1)


def test_rare_levels_are_pooled() -> None:
    values = np.repeat(list("abcdefgh"), [9, 8, 7, 6, 5, 4, 3, 2])
    variable = read_variable(values, "x")
    assert variable.basis.sum(axis=0).tolist() == [9, 8, 7, 6, 5, 9]
    assert len(np.unique(variable.key)) == 8


def test_few_numbers_are_levels_and_many_are_not() -> None:
    assert read_variable(np.tile(np.arange(6), 5), "x").categorical
    assert not read_variable(np.tile(np.arange(7), 5), "x").categorical


@pytest.mark.parametrize(
    ("values", "match"),
    [
        (None, "y must be one-dimensional with one value for each row; got None"),
        ("text", "y must be one-dimensional .*; got 'text'"),
        (np.zeros((3, 2)), r"y must be one-dimensional .*; got shape \(3, 2\)"),
        ([], "y must have at least one row; got none"),
        ([1.0, np.nan, 2.0], r"y must have no missing values; got 1 missing \(first at row 1\)"),
        (["a", None, "b"], r"y must have no missing values; got 1 missing \(first at row 1\)"),
        (pd.array([1, 2, None], dtype="Int64"), "y must have no missing values; got 1 missing"),
        ([1.0, np.inf, -np.inf], r"y must be finite; got 2 infinite \(first at row 1\)"),
        ([1 + 2j, 2.0, 3.0], "y must be real numbers or categories; got dtype complex128"),
        ([4, 4, 4], "y must vary; got 4 in all 3 rows"),
        (["a", "a"], "y must vary; got 'a' in all 2 rows"),
        (
            [f"person {i}" for i in range(9)],
            "y must be numeric or have levels that repeat; got 9 levels in 9",
        ),
    ],
)
def test_refused_columns(values: Any, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        read_variable(values, "y")
