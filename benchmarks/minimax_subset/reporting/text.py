"""Numbers, means with standard errors, and tables as Markdown."""

from __future__ import annotations

import numpy as np
import pandas as pd

NONE = "–"


def number(value: float, digits: int = 3) -> str:
    """A number without the zero before the point; a dash where there is none."""
    if pd.isna(value):
        return NONE
    return f"{value:.{digits}f}".replace("0.", ".", 1) if abs(value) < 1 else f"{value:.{digits}f}"


def mean_and_error(values: pd.Series, digits: int = 3) -> str:
    """Mean over draws, its standard error in brackets."""
    values = values.dropna()
    if not len(values):
        return NONE
    error = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.nan
    return f"{number(values.mean(), digits)} ({number(error, digits)})"


def share(values: pd.Series) -> str:
    """How many of the draws, and of how many."""
    values = values.dropna()
    return f"{values.sum():.0f} of {len(values)}" if len(values) else NONE


def ratio(value: float) -> str:
    """Two figures."""
    if pd.isna(value):
        return NONE
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}" if value >= 1 else number(value, 2)


def table(head: list[str], rows: list[list[str]], n_text: int = 1) -> str:
    """Markdown table whose first columns are text, the others numbers."""
    rules = ["---"] * n_text + ["---:"] * (len(head) - n_text)
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, rules, *rows])
