"""Features of one's own: what is checked, and how the formulas see them."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from causalkit.datasets._given_features import check_given_features, default_names, for_formulas

TABLE = np.array([[1.0, 0, 5], [3, 1, 5], [5, 0, 5], [7, 0, 5]])


def test_an_array_gets_default_names() -> None:
    table = check_given_features(TABLE, "one_hop")
    assert list(table.columns) == default_names(3) == ["x0", "x1", "x2"]
    np.testing.assert_array_equal(table, TABLE)


def test_a_table_keeps_names_and_values() -> None:
    words = pd.DataFrame(TABLE[:, :2], index=list("abcd"), columns=["age", "rich"]).astype({"rich": bool})
    table = check_given_features(words, "one_hop")
    pd.testing.assert_frame_equal(table, words.astype("float64"))


def test_formulas_see_standardised_columns() -> None:
    columns = for_formulas(pd.DataFrame(TABLE))
    root = np.sqrt(5)
    np.testing.assert_allclose(columns[:, 0], [-3 / root, -1 / root, 1 / root, 3 / root])
    np.testing.assert_allclose(columns[:, 1], [-1 / np.sqrt(3), np.sqrt(3), -1 / np.sqrt(3), -1 / np.sqrt(3)])


@pytest.mark.parametrize("value", [0.1, 1e9 + 0.1, -7.3])
def test_a_column_that_does_not_vary_is_zero(value: float) -> None:
    table = pd.DataFrame({"x0": np.full(1001, value), "x1": np.arange(1001.0)})
    np.testing.assert_array_equal(for_formulas(table)[:, 0], 0)


@pytest.mark.parametrize(
    ("X", "effect", "message"),
    [
        (TABLE[:, :1], "one_hop", "X must have at least 2 columns for effect='one_hop'; got 1"),
        (TABLE, "mixed", "X must have at least 4 columns for effect='mixed'; got 3"),
        (
            TABLE,
            "step",
            "X must vary between nodes in its first 3 columns for effect='step'; column 'x2' is 5 everywhere",
        ),
        (TABLE[:1], "one_hop", "X cannot be used: .* 1 sample"),
        (TABLE[0], "one_hop", "X cannot be used: Expected 2D array"),
        (
            [[1.0, np.nan], [2.0, 3.0]],
            "one_hop",
            "X must not contain NaN or infinity; column 1 has 1 missing",
        ),
        ([[1.0, np.inf], [2.0, 3.0]], "one_hop", "column 1 has 1 infinite"),
        (pd.DataFrame({"a": [1, 2], "b": ["u", "v"]}), "one_hop", "column 'b' has dtype"),
    ],
)
def test_bad_features(X: Any, effect: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_given_features(X, effect)


def test_sparse_features() -> None:
    with pytest.raises(TypeError, match=r"[Ss]parse"):
        check_given_features(sparse.csr_array(TABLE), "one_hop")
