"""A study from a user's own table: columns chosen, types read, incomplete rows left out."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from causalkit.cli._discover._study import Study, complete_rows
from causalkit.cli._errors import BadInput
from causalkit.cli._tables import as_ids, names, read_table, require_columns

_LISTED = 6


@dataclass(frozen=True)
class Request:
    """What the options say about a user's own table."""

    data: Path
    environments: str
    columns: str | None = None


def user_study(request: Request) -> Study:
    """Read the table and bring it into the form that the search takes."""
    table = read_table(request.data, "--data", as_text={request.environments})
    require_columns(table, {"--environments": request.environments}, "--data")
    chosen = _columns(table, request)
    X = pd.DataFrame({column: _values(table[column]) for column in chosen})
    complete = complete_rows(X, as_ids(table[request.environments]).astype(object))
    shown = chosen[:_LISTED] + ["..."] * (len(chosen) > _LISTED)
    notes = () if request.columns else ("Variables are all columns but that of the environments.",)
    return Study(
        name=request.data.stem,
        question=f"Which of {', '.join(shown)} causes which?",
        X=complete.X,
        environments=complete.environments,
        units=f"environments ({request.environments})",
        missing=complete.missing,
        n_left_out=complete.n_left_out,
        notes=notes,
        source=str(request.data),
    )


def _columns(table: pd.DataFrame, request: Request) -> list[str]:
    others = [str(column) for column in table.columns if column != request.environments]
    if request.columns is None:
        if len(others) < 2:
            raise BadInput(
                f"--data: two columns beside that of --environments are needed; got {names(table)}"
            )
        return others
    chosen = list(dict.fromkeys(part.strip() for part in request.columns.split(",") if part.strip()))
    if len(chosen) < 2:
        raise BadInput(f"--columns: name at least two columns; got {chosen}")
    for column in chosen:
        require_columns(table, {"--columns": column}, "--data")
    if request.environments in chosen:
        raise BadInput(f"--columns: {request.environments!r} is the column of --environments and no variable")
    return chosen


def _values(column: pd.Series) -> pd.Series:
    """Numbers as floats; everything else as texts, which are levels of a categorical variable."""
    if column.isna().all():
        raise BadInput(f"--columns: the column {column.name!r} has no value; leave it out")
    if column.dtype.kind in "mM":
        raise BadInput(
            f"--columns: the column {column.name!r} holds dates or times; turn it into numbers or leave it "
            "out"
        )
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column.astype("Float64").astype("float64")
    return column.astype("string").astype(object)
