"""Columns of a user's table turned into numbers."""

import numpy as np
import pandas as pd
import pytest

from causalkit.cli._effects._encoding import encode
from causalkit.cli._errors import BadInput
from causalkit.cli._tables import as_ids


class TestEncode:
    def test_numbers_and_booleans_stay_one_column(self) -> None:
        table = pd.DataFrame(
            {
                "a": [1, 2, 3],
                "b": [True, False, True],
                "c": pd.array([1, None, 3], dtype="Int64"),
                "d": pd.Series([True, None, False], dtype=object),
            }
        )
        encoded, notes = encode(table)
        expected = {"a": [1.0, 2, 3], "b": [1.0, 0, 1], "c": [1.0, np.nan, 3], "d": [1.0, np.nan, 0]}
        pd.testing.assert_frame_equal(encoded, pd.DataFrame(expected))
        assert notes == []

    def test_each_row_of_a_text_has_one_level(self) -> None:
        encoded, notes = encode(pd.DataFrame({"region": ["n", "s", None, "w", "s"]}))
        assert list(encoded) == ["region=(missing)", "region=n", "region=s", "region=w"]
        assert (encoded.sum(axis=1) == 1).all()
        assert notes[0].startswith("region is a text with 4 levels and became region=(missing), region=n")

    def test_two_levels_are_one_column(self) -> None:
        encoded, _ = encode(pd.DataFrame({"sex": pd.Categorical(["f", "m", "f"])}))
        assert encoded.to_dict("list") == {"sex=m": [0.0, 1.0, 0.0]}

    def test_dates_are_refused(self) -> None:
        with pytest.raises(BadInput, match="the column 'day' holds dates or times"):
            encode(pd.DataFrame({"day": pd.to_datetime(["2010-01-01", "2010-01-02"])}))


class TestIds:
    def test_numbers_and_texts_meet(self) -> None:
        for column in ([7, 10], [7.0, 10.0], ["7", "10"], [" 7", "10.0 "]):
            assert as_ids(pd.Series(column)).tolist() == ["7", "10"]

    def test_leading_zeros_and_missing_names_stay(self) -> None:
        found = as_ids(pd.Series(["007", None, "1.05"]))
        assert found.isna().tolist() == [False, True, False]
        assert found.dropna().tolist() == ["007", "1.05"]
