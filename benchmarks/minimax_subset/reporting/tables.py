"""One table for one case: a row for each method, a column for each thing that is counted."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pandas as pd

from reporting.names import ALL_OURS, BOOSTING, METHODS, bold
from reporting.text import NONE, mean_and_error, number, ratio, share, table

_MOST_PICKS = 2


def methods_in(runs: pd.DataFrame) -> list[str]:
    present = set(runs["method"])
    return [method for method in METHODS if method in present]


def of_method(runs: pd.DataFrame, method: str) -> pd.DataFrame:
    return runs[runs["method"] == method]


def main_table(runs: pd.DataFrame, *, absolute: bool = False) -> str:
    """Everything on predictions; columns that are empty for all methods are left out."""
    rows = {method: _cells(of_method(runs, method), absolute) for method in methods_in(runs)}
    heads = list(next(iter(rows.values())))
    kept = [head for head in heads if any(cells[head] != NONE for cells in rows.values())]
    return table(["", *kept], [[bold(method), *(cells[h] for h in kept)] for method, cells in rows.items()])


def _cells(here: pd.DataFrame, absolute: bool) -> dict[str, str]:
    first = here["method"].iloc[0]
    mse = here["max_risk"] * here["training_variance"]
    return {
        "largest risk": mean_and_error(here["max_risk"]),
        "largest MSE": mean_and_error(mse, 4) if absolute else NONE,
        "training mix": mean_and_error(here["mix_risk"]),
        "chosen columns": picks(here["columns"]),
        "exact worst case": mean_and_error(here["exact_risk"]),
        "regret": mean_and_error(here["regret"]),
        "estimated": mean_and_error(here["estimated_risk"]),
        "covers": share(here["covers"]),
        "tied": number(here["n_tied"].median(), 0),
        "best among them": share(here["best_tied"]),
        "classes fitted": number(here["fitted_share"].mean(), 2),
        "says it cannot": share(1 - here["identified"]) if first in ALL_OURS else NONE,
        "refused": share(here["refused"]) if here["refused"].any() else NONE,
        "time": ratio(here["time_ratio"].median()) + _seconds(here, first),
    }


def _seconds(here: pd.DataFrame, method: str) -> str:
    return f" ({here['seconds'].median():.2g} s)" if method == BOOSTING else ""


def picks(columns: pd.Series) -> str:
    """The sets chosen most often, with how often where there are several."""
    counts = Counter(value for value in columns if value)
    if not counts:
        return NONE
    most = counts.most_common(_MOST_PICKS)
    if len(counts) == 1:
        return most[0][0]
    text = ", ".join(f"{name} {n}" for name, n in most)
    others = sum(counts.values()) - sum(n for _, n in most)
    return f"{text}, others {others}" if others else text


def by_environment(runs: pd.DataFrame) -> str:
    """Mean risk in each test environment."""
    decoded = runs.assign(each=[json.loads(text or "{}") for text in runs["risks"]])
    labels = sorted({label for each in decoded["each"] for label in each}, key=float)
    rows = []
    for method in methods_in(runs):
        here = of_method(decoded, method)["each"]
        means = [np.mean([each[label] for each in here]) for label in labels]
        rows.append([bold(method), *(number(float(mean)) for mean in means)])
    return table(["", *(f"{float(label):g}" for label in labels)], rows)


def estimates_table(runs: pd.DataFrame, method: str) -> str | None:
    """For every subset: exact worst-case risk, mean estimate, median relative error, coverage."""
    found = [
        (subset, *values)
        for text in of_method(runs, method)["estimates"]
        for subset, values in json.loads(text or "{}").items()
        if values[3] is not None
    ]
    if not found:
        return None
    frame = pd.DataFrame(found, columns=["subset", "risk", "low", "high", "exact"])
    frame["error"] = (frame["risk"] / frame["exact"] - 1).abs()
    frame["covers"] = (frame["low"] <= frame["exact"]) & (frame["exact"] <= frame["high"])
    groups = sorted(frame.groupby("subset"), key=lambda group: (group[1]["exact"].iloc[0], group[0]))
    rows = [[name, *_estimate_cells(group)] for name, group in groups]
    rows.append(["*every subset*", NONE, NONE, *_estimate_cells(frame)[2:]])
    head = ["subset", "exact", "mean estimate", "median relative error", "interval covers"]
    return table(head, rows)


def _estimate_cells(group: pd.DataFrame) -> list[str]:
    return [
        number(group["exact"].iloc[0], 4),
        number(group["risk"].mean(), 4),
        f"{100 * group['error'].median():.1f} %",
        share(group["covers"]),
    ]
