"""All cases with a prediction, a row each, and what is better than ours."""

from __future__ import annotations

import numpy as np
import pandas as pd

from reporting.names import ALL_OURS, BOOSTING, CONSTANT, LEARNED, OURS, RIDGE, WHOLE
from reporting.runs import cases_of
from reporting.tables import methods_in, of_method
from reporting.text import NONE, mean_and_error, number, table

NO_CASE = "No case with a prediction in this run."


def predictions(runs: pd.DataFrame) -> pd.DataFrame:
    return runs[runs["max_risk"].notna()]


def overview(runs: pd.DataFrame) -> str:
    """Mean largest risk; ours in bold where no other method's is smaller."""
    head = ["case", "draws", OURS, LEARNED, CONSTANT, RIDGE, BOOSTING, WHOLE, "best of the others"]
    here = predictions(runs)
    rows = [_row(here[here["case"] == case], case) for case in cases_of(here)]
    return table(head, rows) if rows else NO_CASE


def _row(runs: pd.DataFrame, case: str) -> list[str]:
    ours = of_method(runs, OURS)["max_risk"]
    others = _others(runs)
    best = min(others, key=others.__getitem__, default=None)
    text = mean_and_error(ours)
    wins = len(ours) and (best is None or ours.mean() <= others[best])
    named = (LEARNED, CONSTANT, RIDGE, BOOSTING, WHOLE)
    return [
        case,
        str(runs["draw"].nunique()),
        f"**{text}**" if wins else text,
        *(mean_and_error(of_method(runs, method)["max_risk"]) for method in named),
        f"{number(others[best])}, {best}" if best else NONE,
    ]


def _others(runs: pd.DataFrame) -> dict[str, float]:
    """Mean largest risk of every method that is not ours."""
    names = [method for method in methods_in(runs) if method not in ALL_OURS]
    return {name: float(of_method(runs, name)["max_risk"].mean()) for name in names}


def behind(runs: pd.DataFrame) -> str:
    """Methods whose mean largest risk is smaller than that of ours with the given graph."""
    here = predictions(runs)
    rows = [row for case in cases_of(here) for row in _ahead(here[here["case"] == case], case)]
    if here.empty:
        return NO_CASE
    if not rows:
        return "No other method has a smaller largest risk in any case."
    head = ["case", "method", "its largest risk", "ours", "difference", "draws in which it is smaller"]
    return table(head, rows, n_text=2)


def _ahead(runs: pd.DataFrame, case: str) -> list[list[str]]:
    mine = of_method(runs, OURS).set_index("draw")["max_risk"]
    rows = []
    for method in _others(runs):
        theirs = of_method(runs, method).set_index("draw")["max_risk"]
        gap = (theirs - mine).dropna()
        if not len(gap) or gap.mean() >= 0:
            continue
        won = f"{np.sum(gap < 0)} of {len(gap)}"
        texts = (mean_and_error(theirs), mean_and_error(mine), mean_and_error(gap))
        rows.append([case, method, *texts, won])
    return rows
