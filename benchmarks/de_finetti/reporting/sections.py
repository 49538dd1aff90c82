"""The sections of RESULTS.md, a question each."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from reporting.published import FIGURE_3, FIGURE_4_DISTANCE, FIGURE_4_EXACT
from reporting.tables import (
    Case,
    Cell,
    by_method,
    cases_of,
    distance,
    exact,
    flagged,
    kept,
    kept_undecided,
    states,
    time,
    wrong,
)


def of_part(runs: pd.DataFrame, *parts: str) -> pd.DataFrame:
    return runs[runs["part"].isin(parts)]


def as_given(runs: pd.DataFrame) -> pd.DataFrame:
    """Without the answers that methods were forced to."""
    return runs[runs["answer"] == "as given"]


def _by_size(runs: pd.DataFrame, n_rows: int) -> dict[str, Case]:
    """Columns by number of environments, for one world."""
    cases = [case for case in cases_of(runs) if case[2] == n_rows]
    return {f"E = {case[1]}": case for case in sorted(cases, key=lambda case: case[1])}


def _by_world(runs: pd.DataFrame, *, rows: bool = False, sizes: bool = False) -> dict[str, Case]:
    """Columns by world, with the number of rows or of environments where these vary."""
    names = {}
    for case in cases_of(runs):
        more = [f"E = {case[1]}"] * sizes + [f"{case[2]} rows"] * rows
        names[", ".join([f"`{case[0]}`", *more])] = case
    return names


def _sized(published: Mapping[int, float]) -> dict[str, float]:
    return {f"E = {size}": value for size, value in published.items()}


def _titled(*parts: tuple[str, str]) -> str:
    return "\n\n".join(f"{title}\n\n{text}" for title, text in parts)


def figure_3(runs: pd.DataFrame) -> str:
    """The paper's figure 3: accuracy over the three answers, and with ten rows."""
    two, ten = _by_size(runs, 2), _by_size(runs, 10)
    return _titled(
        (
            "Right answer, two rows in each environment. Three graphs are equally likely, so that a constant "
            "guess is right in a third of the draws.",
            by_method(runs, two, exact, published=_sized(FIGURE_3)),
        ),
        ("Wrong arrow stated, two rows.", by_method(as_given(runs), two, wrong)),
        ("Right answer, ten rows. The paper's rule sees two of them.", by_method(runs, ten, exact)),
        ("Median milliseconds, two rows.", by_method(as_given(runs), two, time)),
    )


def figure_4(runs: pd.DataFrame) -> str:
    """The paper's figure 4: normalised distance and exact graphs."""
    columns = _by_size(runs, 2)
    return _titled(
        (
            "Normalised structural Hamming distance, |answer xor truth| / (|answer| + |truth|). The columns "
            "stand in random order; in the paper arrows go from lower to higher index, where the complete "
            "graph in column order scores .15.",
            by_method(runs, columns, distance, published=_sized(FIGURE_4_DISTANCE), digits=3),
        ),
        ("Exact graph.", by_method(runs, columns, exact, published=_sized(FIGURE_4_EXACT))),
        ("Median milliseconds.", by_method(as_given(runs), columns, time)),
    )


def graphs(runs: pd.DataFrame) -> str:
    """Worlds side by side: exact graphs, distance, time."""
    columns = _by_world(runs)
    sizes = ", ".join(f"`{world}` {n} x {rows}" for world, n, rows in columns.values())
    return _titled(
        (f"Environments x rows: {sizes}. Exact graph:", by_method(runs, columns, exact)),
        ("Normalised structural Hamming distance:", by_method(runs, columns, distance)),
        ("Median milliseconds:", by_method(as_given(runs), columns, time)),
    )


def not_identified(runs: pd.DataFrame) -> str:
    """Pairs in which no direction can be known, and one in which it can."""
    columns = _by_world(runs, rows=True)
    known = {name: case for name, case in columns.items() if case[0] == "unequal_icc"}
    unknown = {name: case for name, case in columns.items() if name not in known}
    here = as_given(runs)
    return _titled(
        (
            "Share of draws in which a direction is stated though none can be known from the law of the rows "
            "(from non-Gaussian noise it could, by other assumptions). 200 environments; x causes y. The "
            "smaller the better; a constant guess of no edge states nothing and is wrong, too.",
            by_method(here, unknown, states),
        ),
        ("Beside it, a pair of unequal intraclass correlations: right arrow.", by_method(runs, known, exact)),
        ("The same: wrong arrow.", by_method(here, known, wrong)),
    )


def not_identified_graphs(runs: pd.DataFrame) -> str:
    """Random graphs at equal intraclass correlations."""
    columns = _by_world(runs, sizes=True)
    return _titled(
        (
            "Share of the true arrows that conditional independence leaves open (they are reversed in "
            "another graph of the equivalence class) on which a method states a direction; the smaller the "
            "better. "
            "Four variables, intraclass correlation .4 everywhere.",
            by_method(as_given(runs), columns, kept_undecided),
        ),
        (
            "Share of the edges of its forced graph for which a method states an arrow, and in brackets the "
            "share of these arrows that is right. Colliders tell some directions even here.",
            by_method(as_given(runs), columns, kept),
        ),
    )


def dependent_parameters(runs: pd.DataFrame) -> str:
    """Is a violated assumption seen?"""
    columns = _by_world(runs)

    def both(title: str, cell: Cell) -> tuple[str, str]:
        return title, by_method(as_given(runs), columns, cell)

    return _titled(
        both(
            "Share of draws that are flagged as violating the assumptions; correlation .6 between parameters "
            "of cause and mechanism where they depend, 100 environments of ten rows.",
            flagged,
        ),
        both("Wrong arrow stated:", wrong),
    )
