"""Rows of another table that are predicted, and scored where it has the outcome."""

from pathlib import Path

import pandas as pd

from causalkit.cli._errors import BadInput
from causalkit.cli._subset._columns import complete, labels, outcome_numbers, predictor
from causalkit.cli._subset._study import NewRows
from causalkit.cli._tables import read_table, require_columns


def read_new_rows(path: Path, X: pd.DataFrame, outcome: str, environments: str | None) -> NewRows:
    """Read the predictors ``X`` has, and outcome and environments where the table has both."""
    table = read_table(path, "--new", as_text={environments or ""})
    for name in X:
        require_columns(table, {"--new": str(name)}, "--new")
    found = pd.DataFrame({name: predictor(table[name], "--new") for name in X})
    for name in X:
        if _holds_numbers(X[name]) != _holds_numbers(found[name]):
            kind = "numbers" if _holds_numbers(X[name]) else "texts"
            raise BadInput(f"--new: the column {name!r} must hold {kind}, as in the table of --data")
    keep = complete([found[name] for name in X])
    if not keep.any():
        raise BadInput("--new: no row has a value in every predictor")
    scored = {outcome, environments} <= set(table.columns)
    return NewRows(
        X=found[keep],
        y=outcome_numbers(table[outcome])[keep] if scored else None,
        environments=labels(table[environments])[keep] if scored else None,
        n_left_out=int((~keep).sum()),
        source=str(path),
    )


def _holds_numbers(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column.dtype)
