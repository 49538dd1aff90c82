"""What a picture reads from a fitted search for causes: a row of evidence for each ordered pair."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sklearn.utils.validation import check_is_fitted

from causalkit.plotting._learner import table_with

SHARE = "bootstrap_share"
_NEEDED = ["cause", "effect", "arrow", "verdict"]


def evidence_of(discovery: Any) -> pd.DataFrame:
    """Return the evidence of a fitted CausalDeFinetti, or such a table as it is."""
    if hasattr(discovery, "fit"):
        check_is_fitted(discovery, "evidence_")
        discovery = discovery.evidence_
    return table_with(discovery, _NEEDED, "discovery", source="fitted CausalDeFinetti")


def variables(evidence: pd.DataFrame) -> list[Any]:
    """Names of the columns, in the order of their first appearance."""
    return list(pd.unique(pd.concat([evidence["cause"], evidence["effect"]], ignore_index=True)))


def has_numbers(evidence: pd.DataFrame, column: str) -> bool:
    """Whether there is such a column with a number in it."""
    return column in evidence and bool(evidence[column].notna().any())


def check_column(evidence: pd.DataFrame, column: str, argument: str) -> str:
    """Return the name of a column of numbers in the evidence; a ValueError lists them otherwise."""
    numbers = [name for name in evidence if pd.api.types.is_float_dtype(evidence[name].dtype)]
    if column not in numbers:
        raise ValueError(
            f"{argument} must name a column of numbers in the evidence, {numbers}; got {column!r}"
        )
    return column
