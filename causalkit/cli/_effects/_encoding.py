"""Feature columns turned into numbers: booleans, and a column for each level of a text."""

import numpy as np
import pandas as pd

from causalkit.cli._errors import BadInput

MAX_LEVELS = 50


def encode(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return numeric columns, and notes on those that were not numeric.

    A text of two levels becomes one column of 0 and 1, one of more levels a column for each of them; a
    missing text is a level of its own.
    """
    parts, notes = [], []
    for name in table.columns:
        encoded, note = _encode_column(table[name], str(name))
        parts.append(encoded)
        notes += [note] if note else []
    return pd.concat(parts, axis=1), notes


def _encode_column(column: pd.Series, name: str) -> tuple[pd.DataFrame, str]:
    if column.isna().all():
        raise BadInput(f"--features: the column {name!r} has no value; leave it out")
    if pd.api.types.is_numeric_dtype(column.dtype) or _holds_booleans(column):
        return column.astype("Float64").astype("float64").to_frame(name), ""
    if column.dtype.kind in "mM":
        raise BadInput(f"--features: the column {name!r} holds dates or times; turn it into numbers first")
    return _one_hot(column, name)


def _holds_booleans(column: pd.Series) -> bool:
    known = column.dropna()
    return column.dtype == object and all(isinstance(value, bool) for value in known)


def _one_hot(column: pd.Series, name: str) -> tuple[pd.DataFrame, str]:
    texts = column.astype("string").fillna("(missing)")
    levels = sorted(texts.unique())
    if len(levels) > MAX_LEVELS:
        raise BadInput(
            f"--features: the column {name!r} holds {len(levels)} different texts (at most {MAX_LEVELS}); "
            "leave it out or group it"
        )
    shown = levels[1:] if len(levels) == 2 else levels
    columns = {f"{name}={level}": (texts == level).to_numpy(dtype=np.float64) for level in shown}
    note = f"{name} is a text with {len(levels)} levels and became {', '.join(columns)}."
    return pd.DataFrame(columns, index=column.index), note
