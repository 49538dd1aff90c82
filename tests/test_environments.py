import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causalkit._environments import group_rows


@given(st.lists(st.sampled_from(["north", "south", "east", "west"]), min_size=1, max_size=40))
def test_every_row_is_in_the_group_of_its_label(labels):
    groups = group_rows(labels)
    assert list(groups.labels) == sorted(set(labels))
    assert groups.labels[groups.codes].tolist() == labels
    assert groups.sizes.sum() == groups.n_rows == len(labels)
    for i in range(groups.n_groups):
        assert groups.rows(i).tolist() == [
            row for row, label in enumerate(labels) if label == groups.labels[i]
        ]
        assert len(groups.rows(i)) == groups.sizes[i]


@pytest.mark.parametrize(
    "labels",
    [
        [3, 1, 3],
        np.array([3.0, 1.0, 3.0]),
        pd.Series(["b", "a", "b"], index=[5, 5, 5]),
        pd.array([3, 1, 3], dtype="Int64"),
        pd.to_datetime(["2021-02-01", "2020-01-01", "2021-02-01"]),
        np.array([True, False, True]),
    ],
)
def test_kinds_of_labels(labels):
    groups = group_rows(labels)
    assert groups.codes.tolist() == [1, 0, 1]
    assert groups.codes.dtype == np.int64


def test_a_categorical_keeps_the_order_of_its_categories_and_drops_unused_ones():
    labels = pd.Categorical(["low", "high", "low"], categories=["low", "middle", "high"], ordered=True)
    groups = group_rows(labels)
    assert groups.labels.tolist() == ["low", "high"]
    assert groups.codes.tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    "labels",
    [
        ["a", None, "b"],
        [1.0, np.nan, 2.0],
        pd.array([1, None, 2], dtype="Int64"),
        pd.Categorical(["a", None, "a"]),
    ],
)
def test_missing_labels(labels):
    with pytest.raises(
        ValueError, match=r"environments must have a label for each row; got 1 missing \(first at row 1\)"
    ):
        group_rows(labels, name="environments")


@pytest.mark.parametrize(
    ("labels", "got"),
    [(None, "None"), ("north", "'north'"), (np.zeros((3, 2)), r"shape \(3, 2\)"), (4, r"shape \(\)")],
)
def test_not_one_dimensional(labels, got):
    with pytest.raises(
        ValueError, match=f"groups must be one-dimensional with one label for each row; got {got}"
    ):
        group_rows(labels)


def test_other_length_than_the_rows():
    with pytest.raises(ValueError, match="groups must have one label for each row; got 2 labels and 3 rows"):
        group_rows(["a", "b"], n_rows=3)


def test_no_such_group():
    with pytest.raises(IndexError, match=r"group must be in 0\.\.1; got 2"):
        group_rows(["a", "b"]).rows(2)
