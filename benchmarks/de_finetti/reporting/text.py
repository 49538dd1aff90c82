"""Numbers, means with standard errors, and tables as Markdown."""

from __future__ import annotations

import numpy as np
import pandas as pd

NONE = "–"


def number(value: float, digits: int = 2) -> str:
    """A number without the zero before the point; a dash where there is none."""
    if pd.isna(value):
        return NONE
    return f"{value:.{digits}f}".replace("0.", ".", 1) if abs(value) < 1 else f"{value:.{digits}f}"


def mean_and_error(values: pd.Series, digits: int = 2) -> str:
    """Mean over data sets, its standard error in brackets."""
    if not len(values):
        return NONE
    error = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.nan
    return f"{number(values.mean(), digits)} ({number(error, digits)})"


def milliseconds(values: pd.Series) -> str:
    """Median time for one data set, with two or three figures."""
    if not len(values):
        return NONE
    median = 1000 * float(values.median())
    return f"{median:.0f}" if median >= 10 else f"{median:.1f}" if median >= 0.1 else "0"


def table(head: list[str], rows: list[list[str]], n_text: int = 1) -> str:
    """Markdown table whose first columns are text, the others numbers."""
    rules = ["---"] * n_text + ["---:"] * (len(head) - n_text)
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, rules, *rows])
