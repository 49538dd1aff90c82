"""Tables on disk: CSV or Parquet, with clear errors."""

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from causalkit.cli._errors import BadInput

_SHOWN = 12


def read_table(path: Path, option: str, *, as_text: Collection[str] | None = None) -> pd.DataFrame:
    """Read a table that has rows.

    Parameters
    ----------
    path : Path
        A file that ends in ``.csv`` or ``.parquet``.
    option : str
        The option that named it, for messages.
    as_text : collection of str, optional
        Columns of names, of which leading zeros are kept; all columns without it.
    """
    if not path.is_file():
        raise BadInput(f"{option}: there is no file {path}")
    readers = {".csv": _read_csv, ".parquet": _read_parquet}
    if path.suffix.lower() not in readers:
        raise BadInput(f"{option}: the file must end in .csv or .parquet; got {path.name}")
    try:
        table = readers[path.suffix.lower()](path, as_text)
    except (ValueError, OSError) as error:
        raise BadInput(f"{option}: {path} cannot be read: {error}") from error
    if not len(table):
        raise BadInput(f"{option}: {path} has no rows")
    return table


def _read_csv(path: Path, as_text: Collection[str] | None) -> pd.DataFrame:
    header = pd.read_csv(path, nrows=0)
    texts = {column: "string" for column in header.columns if as_text is None or column in as_text}
    return pd.read_csv(path, dtype=texts, low_memory=False)


def _read_parquet(path: Path, as_text: Collection[str] | None) -> pd.DataFrame:
    return pd.read_parquet(path)


def require_columns(table: pd.DataFrame, wanted: dict[str, str], option: str) -> None:
    """Complain of the first column that is not there; ``wanted`` maps options to columns."""
    for asked_by, column in wanted.items():
        if column not in table.columns:
            raise BadInput(
                f"{asked_by}: the table of {option} has no column {column!r}; it has {names(table)}"
            )


def names(table: pd.DataFrame) -> str:
    """List a table's columns, the first ones of many."""
    listed = ", ".join(str(column) for column in table.columns[:_SHOWN])
    return f"{listed}, ... ({table.shape[1]} in all)" if table.shape[1] > _SHOWN else listed


def as_ids(column: pd.Series) -> pd.Series:
    """Return names as texts, so that 7, 7.0 and "7" are one; missing names stay missing."""
    texts = column.astype("string").str.strip()
    return texts.str.replace(r"^(-?\d+)\.0+$", r"\1", regex=True)
