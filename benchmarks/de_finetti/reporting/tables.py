"""One table for one question: a row for each method, a column for each case."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from reporting.names import (
    BY_TESTS,
    CONSTANTS,
    LIBRARIES,
    PAPER,
    PAPER_KERNEL,
    SEARCH,
    TEST,
    bold,
    second_name,
)
from reporting.text import NONE, mean_and_error, milliseconds, number, table

Case = tuple[str, int, int]
Cell = Callable[[pd.DataFrame], str]

_ORDER = (*CONSTANTS, *LIBRARIES, PAPER, PAPER_KERNEL, BY_TESTS, SEARCH, TEST)
METHODS = [name for method in _ORDER for name in (method, second_name(method)) if name]


def cases_of(runs: pd.DataFrame) -> list[Case]:
    """World, environments and rows, in the order of the run."""
    keys = runs[["world", "n_environments", "n_rows"]].drop_duplicates()
    return [tuple(key) for key in keys.itertuples(index=False)]


def rows_of(runs: pd.DataFrame, case: Case, method: str) -> pd.DataFrame:
    """What one method answered in one case."""
    world, n_environments, n_rows = case
    here = (runs["world"] == world) & (runs["method"] == method)
    return runs[here & (runs["n_environments"] == n_environments) & (runs["n_rows"] == n_rows)]


def by_method(
    runs: pd.DataFrame,
    columns: Mapping[str, Case],
    cell: Cell,
    *,
    published: Mapping[str, float] | None = None,
    digits: int = 2,
) -> str:
    """Methods down, cases across; published numbers, with as many digits as said, in a row of their own."""
    rows = []
    for method in METHODS:
        found = [rows_of(runs, case, method) for case in columns.values()]
        if any(len(here) for here in found):
            rows.append([bold(method), *(cell(here) if len(here) else NONE for here in found)])
    if published:
        numbers = (number(published.get(name, float("nan")), digits) for name in columns)
        rows.append(["*as published*", *numbers])
    return table(["", *columns], rows)


def exact(here: pd.DataFrame) -> str:
    return mean_and_error(here["exact"])


def distance(here: pd.DataFrame) -> str:
    return mean_and_error(here["distance"], 3)


def states(here: pd.DataFrame) -> str:
    return mean_and_error(here["states"])


def wrong(here: pd.DataFrame) -> str:
    """Share of data sets in which an arrow is stated that is not there."""
    return mean_and_error((here["n_stated"] > here["n_right"]).astype(float))


def flagged(here: pd.DataFrame) -> str:
    return mean_and_error(here["flagged"])


def kept(here: pd.DataFrame) -> str:
    """Share of edges that get an arrow, and of these arrows the share that is right."""
    n_stated, n_edges = here["n_stated"].sum(), here["n_forced"].sum()
    share = n_stated / n_edges if n_edges else float("nan")
    right = here["n_right"].sum() / n_stated if n_stated else float("nan")
    return f"{number(share)} ({number(right)})"


def kept_undecided(here: pd.DataFrame) -> str:
    """Arrows stated on edges that conditional independence leaves open, as a share of these edges."""
    n_undecided = here["n_undecided"].sum()
    return number(here["n_stated_undecided"].sum() / n_undecided if n_undecided else float("nan"))


def time(here: pd.DataFrame) -> str:
    return milliseconds(here["seconds"])
