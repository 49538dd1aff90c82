"""Reading the data: refusals, levels, and an order that the values alone decide."""

import numpy as np
import pandas as pd
import pytest

from causalkit.estimators._minimax._discovery_table import (
    check_no_labels,
    outcome_name,
    positions_of,
    read_table,
)


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.normal(size=60), "b": rng.choice(["u", "v", "w"], 60), "c": rng.random(60)})
    return X, pd.Series(rng.normal(size=60), name="out"), np.repeat(["p", "q"], 30)


def test_numbers_and_levels_are_told_apart_and_the_outcome_is_last(data):
    table = read_table(*data)
    assert sorted(table.names) == ["a", "b", "c", "out"]
    assert table.names[table.outcome] == "out"
    assert [name for name, level in zip(table.names, table.is_level, strict=True) if level] == ["b"]
    np.testing.assert_array_equal(table.starts, [0, 30, 60])
    np.testing.assert_array_equal(table.codes, np.repeat([0, 1], 30))


def test_order_names_and_labels_do_not_matter(data):
    X, y, environments = data
    rows = np.random.default_rng(1).permutation(60)
    other = X.rename(columns=str.upper)[["C", "A", "B"]].iloc[rows]
    labels = np.where(environments == "p", 9, 4)[rows]
    one, two = read_table(X, y, environments), read_table(other, y.iloc[rows].rename("z"), labels)
    np.testing.assert_array_equal(one.values, two.values)
    np.testing.assert_array_equal(one.starts, two.starts)
    assert [str(name).upper() for name in one.names[:-1]] == two.names[:-1]


def test_the_outcome_without_a_name_is_y():
    assert outcome_name([1.0, 2.0]) == "y"
    assert outcome_name(pd.Series([1.0])) == "y"
    assert outcome_name(pd.Series([1.0], name="blood")) == "blood"


def test_positions_are_those_of_the_names(data):
    table = read_table(*data)
    assert {table.names[j] for j in positions_of(table, ["a", "c"])} == {"a", "c"}
    assert len(positions_of(table, "b")) == 1


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda X, y, e: (X.to_numpy(), y, e), r"X must be a pandas.DataFrame.*ndarray"),
        (lambda X, y, e: (X[[]], y, e), "X must have at least one column"),
        (lambda X, y, e: (X[["a", "a"]], y, e), "no name twice"),
        (lambda X, y, e: (X, y.rename("a"), e), "no column with the name of the outcome, 'a'"),
        (lambda X, y, e: (X.assign(a=1.0), y, e), r"X \(column 'a'\) must vary"),
        (lambda X, y, e: (X.assign(a=np.nan), y, e), r"X \(column 'a'\) must not contain NaN or infinity"),
        (lambda X, y, e: (X.assign(b="u"), y, e), r"X \(column 'b'\) must have 2 to 12 levels; got 1"),
        (lambda X, y, e: (X.assign(b=X.a.astype(str)), y, e), "2 to 12 levels"),
        (lambda X, y, e: (X.assign(c=X.a), y, e), "no column that equals another one.*got 'a' and 'c'"),
        (lambda X, y, e: (X.assign(c=y), y, e), "equals another one or the outcome; got 'c' and 'out'"),
        (lambda X, y, e: (X, y[:-1], e), "y must have one value for each row of X; got 59 values and 60"),
        (lambda X, y, e: (X, y, e[:-1]), "environments must have one label for each row"),
        (lambda X, y, e: (X, y, np.where(np.arange(60) < 5, "few", e)), "20 rows each; got 5 in 'few'"),
    ],
    ids=[
        "array", "empty", "twice", "outcome", "constant", "missing", "level", "levels", "copy", "of y", "y",
        "labels", "few",
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused(data, change, match):
    with pytest.raises(ValueError, match=match):
        read_table(*change(*data))


@pytest.mark.parametrize("low", [0, -3.5])
def test_numbers_with_two_values_are_levels(data, low):
    X, y, environments = data
    two = np.where(X.a > 0, 2.0, low)
    table = read_table(X.assign(c=two), np.where(y > 0, 1, low), environments)
    levels = {name for name, level in zip(table.names, table.is_level, strict=True) if level}
    assert levels == {"b", "c", "y"}
    for name in ("c", "y"):
        assert set(table.values[:, table.names.index(name)]) == {0.0, 1.0}


def test_the_first_rows_are_a_part_that_the_order_of_rows_does_not_change(data):
    X, y, environments = data
    rows = np.random.default_rng(1).permutation(60)
    one = read_table(X, y, environments).first_rows(50)
    two = read_table(X.iloc[rows], y.iloc[rows], environments[rows]).first_rows(50)
    np.testing.assert_array_equal(one.starts, [0, 25, 50])
    np.testing.assert_array_equal(one.values, two.values)
    whole = read_table(X, y, environments)
    assert {tuple(row) for row in one.values} <= {tuple(row) for row in whole.values}
    assert whole.first_rows(60) is whole


def test_first_rows_keep_small_environments_whole(data):
    X, y, _ = data
    table = read_table(X, y, np.repeat(["small", "large"], [20, 40]))
    assert np.diff(table.first_rows(50).starts).tolist() == [20, 25]
    assert np.diff(table.first_rows(2).starts).tolist() == [20, 20]


def test_labels_of_the_environments_are_refused(data):
    X, y, environments = data
    check_no_labels(read_table(X.assign(c=np.where(environments == "p", 0, X.c)), y, environments))
    label = read_table(X.assign(c=1.0 * (environments == "p")), y, environments)
    with pytest.raises(ValueError, match=r"X \(column 'c'\) must vary inside some environment.*of the 2"):
        check_no_labels(label)


def test_unknown_mutable_variables_are_refused(data):
    with pytest.raises(ValueError, match=r"mutable must be among the columns of X.*got 'out'"):
        positions_of(read_table(*data), ["a", "out"])


def test_too_many_columns_are_refused():
    rng = np.random.default_rng(0)
    wide = pd.DataFrame(rng.normal(size=(40, 61))).add_prefix("x")
    with pytest.raises(ValueError, match=r"X must have at most 60 columns .* got 61"):
        read_table(wide, pd.Series(rng.normal(size=40)), np.repeat([0, 1], 20))
