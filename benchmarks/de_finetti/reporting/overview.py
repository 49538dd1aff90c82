"""All cases with a graph to find, a row each: ours, the paper's rule, libraries, constant guesses."""

from __future__ import annotations

import pandas as pd

from reporting.names import (
    CONSTANTS,
    FORCED,
    LIBRARIES,
    OURS,
    PAIRS,
    PAPER,
    PAPER_KERNEL,
    SEARCH,
    TEST,
    second_name,
)
from reporting.published import FIGURE_3, FIGURE_4_EXACT
from reporting.tables import Case, cases_of, rows_of
from reporting.text import NONE, mean_and_error, number, table

_PUBLISHED = {"published_continuous": FIGURE_3, "published_binary": FIGURE_4_EXACT}
# Nobody can know the direction there, or the assumptions do not hold: their tables say what is asked instead.
_NO_GRAPH = ("iid_", "equal_icc_", "dependent_")
NO_CASE = "No case with a graph to find in this run."
_LIBRARY_ANSWERS = [name for method in LIBRARIES for name in (method, second_name(method)) if name]


def ours_in(case: Case) -> str:
    return TEST if case[0] in PAIRS else SEARCH


def findable(runs: pd.DataFrame) -> list[Case]:
    return [case for case in cases_of(runs) if not case[0].startswith(_NO_GRAPH)]


def overview(runs: pd.DataFrame) -> str:
    """Share of exact graphs; ours in bold where no other method's is higher."""
    head = ["world", "environments", "rows", "ours", "ours, forced", PAPER]
    head += ["best of the libraries", "best constant guess", "as published"]
    rows = [_row(runs, case) for case in findable(runs)]
    return table(head, rows) if rows else NO_CASE


def _row(runs: pd.DataFrame, case: Case) -> list[str]:
    ours = ours_in(case)
    world, n_environments, n_rows = case
    here = rows_of(runs, case, ours)["exact"]
    best = max((rows_of(runs, case, name)["exact"].mean() for name in _others(runs)), default=0.0)
    text = mean_and_error(here)
    published = _PUBLISHED.get(world, {}) if n_rows == 2 else {}
    return [
        f"`{world}`",
        str(n_environments),
        str(n_rows),
        f"**{text}**" if len(here) and here.mean() >= best else text,
        mean_and_error(rows_of(runs, case, ours + FORCED)["exact"]),
        _best(runs, case, [PAPER, PAPER_KERNEL]).removesuffix(f", {PAPER}"),
        _best(runs, case, _LIBRARY_ANSWERS),
        _best(runs, case, list(CONSTANTS)),
        number(published.get(n_environments, float("nan"))),
    ]


def _others(runs: pd.DataFrame) -> list[str]:
    return [name for name in runs["method"].unique() if not name.startswith(OURS)]


def _best(runs: pd.DataFrame, case: Case, names: list[str]) -> str:
    found = {name: rows_of(runs, case, name)["exact"] for name in names}
    found = {name: values for name, values in found.items() if len(values)}
    if not found:
        return NONE
    name = max(found, key=lambda key: found[key].mean())
    return f"{mean_and_error(found[name])}, {name}"


def behind(runs: pd.DataFrame) -> str:
    """Methods that find the exact graph more often than ours as it answers, abstaining where it does."""
    cases = findable(runs)
    rows = [row for case in cases for row in _ahead(runs, case)]
    if not cases:
        return NO_CASE
    if not rows:
        return "No other method finds the exact graph more often in any case."
    head = ["world", "environments", "rows", "method", "its share", "ours", "ours, forced"]
    return table(head, rows, n_text=1)


def _ahead(runs: pd.DataFrame, case: Case) -> list[list[str]]:
    world, n_environments, n_rows = case
    ours = ours_in(case)
    mine, forced = (rows_of(runs, case, name)["exact"] for name in (ours, ours + FORCED))
    theirs = {name: rows_of(runs, case, name)["exact"] for name in _others(runs)}
    return [
        [
            f"`{world}`",
            str(n_environments),
            str(n_rows),
            name,
            *(mean_and_error(values) for values in (exact, mine, forced)),
        ]
        for name, exact in theirs.items()
        if len(mine) and exact.mean() > mine.mean()
    ]
