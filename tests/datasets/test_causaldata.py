"""Tables with villages: labels, links and missing values."""

import numpy as np
import pandas as pd
import pytest

from causalkit.datasets._causaldata import grouped_bunch, label_groups, load_table
from causalkit.exceptions import MissingPackageError


@pytest.fixture
def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "village": [3.0, np.nan, 3.0, 7.0, np.nan],
            "y": [1, 0, 1, 0, 1],
            "t": [1.0, 0.0, np.nan, 1.0, 0.0],
            "age": [20, 30, 40, 50, 60],
        }
    )


def test_labels_are_texts_and_missing_ones_stand_alone() -> None:
    labels = label_groups(pd.Series([3.0, np.nan, 3.0, 7.5, None], dtype=object))
    assert list(labels) == ["3", "unknown, row 1", "3", "7.5", "unknown, row 4"]


def test_text_labels_stay() -> None:
    assert list(label_groups(pd.Series(["north", "south", None]))) == ["north", "south", "unknown, row 2"]


def test_parts(table: pd.DataFrame) -> None:
    data = grouped_bunch(
        table,
        outcome="y",
        treatment="t",
        groups="village",
        features=("age",),
        question="?",
        description="Five.",
    )
    assert list(data.X.columns) == data.feature_names == ["age"]
    assert data.X.dtypes.tolist() == [np.float64]
    np.testing.assert_array_equal(data.treatment, [1, 0, np.nan, 1, 0])
    np.testing.assert_array_equal(data.graph.edges(), [[0, 2]])
    np.testing.assert_array_equal(data.graph.degrees, [1, 0, 1, 0, 0])
    pd.testing.assert_frame_equal(data.data, table)


def test_missing_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "causaldata", None)
    monkeypatch.setitem(__import__("sys").modules, "causaldata.thornton_hiv", None)
    with pytest.raises(MissingPackageError, match=r"pip install 'causalkit-learn\[data\]'"):
        load_table("thornton_hiv")
