"""Numbers and tables as Markdown."""

from __future__ import annotations

import pandas as pd


def number(value: float, digits: int = 3) -> str:
    """Two or three figures, without the zero before the point; a dash where there is none."""
    if pd.isna(value):
        return "–"
    if abs(value) >= 1:
        return f"{value:.2f}"
    # Two figures at least of an error that is almost zero.
    digits = 4 if digits == 3 and abs(value) < 0.01 else digits
    return f"{value:.{digits}f}".replace("0.", ".", 1)


def signed(value: float) -> str:
    """A bias, with its sign."""
    return "–" if pd.isna(value) else f"{value:+.3f}".replace("0.", ".", 1)


def table(head: list[str], rows: list[list[str]], n_text: int = 1) -> str:
    """Markdown table whose first columns are text, the others numbers."""
    rules = ["---"] * n_text + ["---:"] * (len(head) - n_text)
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, rules, *rows])


def listed(names: list[str]) -> str:
    return ", ".join(names)
