"""Columns of a user's table as predictors, outcome and labels."""

from collections.abc import Sequence

import pandas as pd

from causalkit.cli._errors import BadInput
from causalkit.cli._tables import as_ids


def predictor(column: pd.Series, option: str) -> pd.Series:
    """Return numbers as floats, everything else as texts, which are levels of a categorical variable."""
    if column.isna().all():
        raise BadInput(f"{option}: the column {column.name!r} has no value; leave it out")
    if column.dtype.kind in "mM":
        raise BadInput(
            f"{option}: the column {column.name!r} holds dates or times; turn it into numbers or leave it out"
        )
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column.astype("Float64").astype("float64")
    return column.astype("string").astype(object)


def outcome_numbers(column: pd.Series) -> pd.Series:
    """Return the outcome as floats."""
    try:
        return column.astype("Float64").astype("float64")
    except (TypeError, ValueError) as error:
        raise BadInput(f"--outcome: the column {column.name!r} must hold numbers; {error}") from error


def labels(column: pd.Series) -> pd.Series:
    """Return names of environments as texts; missing names stay missing."""
    return as_ids(column).astype(object)


def complete(columns: Sequence[pd.Series]) -> pd.Series:
    """Whether a row has a value in every column."""
    return pd.concat([column.notna() for column in columns], axis=1).all(axis=1)
