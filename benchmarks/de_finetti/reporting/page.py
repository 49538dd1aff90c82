"""RESULTS.md as a whole: the preface and the sections in their order."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from reporting import sections
from reporting.overview import behind, overview
from reporting.runs import gaps, missing_parts

Write = Callable[[pd.DataFrame], str]

SECTIONS: tuple[tuple[str, str, Write], ...] = (
    ("Two continuous variables: the paper's figure 3", "figure_3", sections.figure_3),
    ("Three binary variables: the paper's figure 4", "figure_4", sections.figure_4),
    ("Four binary variables: chain, diamond, XOR collider", "four_nodes", sections.graphs),
    ("Generic conditional tables", "tables", sections.graphs),
    ("Continuous random graphs", "random_graphs", sections.graphs),
    ("Varying slopes, heavy tails, one discrete column", "other_mechanisms", sections.graphs),
    ("Where no direction can be known", "not_identified", sections.not_identified),
    ("Graphs where no direction can be known", "not_identified_graphs", sections.not_identified_graphs),
    ("Dependent parameters", "dependent_parameters", sections.dependent_parameters),
)


def results_page(runs: pd.DataFrame, command: str) -> str:
    parts = [
        ("In one table", overview(runs)),
        ("Where another method finds the graph more often", behind(runs)),
        *((title, _section(runs, part, write)) for title, part, write in SECTIONS),
    ]
    body = "\n\n".join(f"## {title}\n\n{text}" for title, text in parts)
    return f"# Causal graphs from exchangeable data: results\n\n{preface(runs, command)}\n\n{body}\n"


def _section(runs: pd.DataFrame, part: str, write: Write) -> str:
    here = sections.of_part(runs, part)
    return f"Not in this run (part `{part}`)." if here.empty else write(here)


def preface(runs: pd.DataFrame, command: str) -> str:
    def values(name: str) -> str:
        found = runs[name] if name in runs else pd.Series(dtype=str)
        return "; ".join(str(value) for value in sorted(found.dropna().unique()))

    return f"""\
Written by `report.py` from the output of `{command}`.

- Seeds: {runs["draw"].min()} to {runs["draw"].max()}, one for each draw, from the first on in every case.
- Machine: {values("processor")}, {values("cores")} cores; one thread for every method.
- Versions: {values("versions")}.{_holes(runs)}

Columns stand in random order. **Exact** is the share of draws in which the answer is the true graph. A pair
that a method leaves open ("not orientable", "assumption violated", an edge without an arrow) is no answer,
not even where there is no arrow to find; *forced* rows are the same methods without abstaining. PC and
CD-NOD answer with an equivalence class: as they answer, an edge without an arrow is left open, and counts
as no arrow in the distance; *tossed*, it is oriented by a fair coin, which gives the expected share of
exact graphs and half an arrow each way in the distance. Standard errors over draws are in brackets; at
shares of 0 and 1 they say nothing. PC, DirectLiNGAM and CD-NOD are causal-learn's; PC and DirectLiNGAM take
pooled rows as i.i.d. The paper's rule is written anew from its formulas, always answers, uses two rows of
each environment, and has its step for other parents of common children as meant
(`benchmark_utils/paper.py`). "As published" are the numbers of arXiv 2203.15756, from its own draws. Times
are processor times of one data set on one thread, after a first one that loads libraries."""


def _holes(runs: pd.DataFrame) -> str:
    """Parts that are not there, and methods with fewer draws than others."""
    parts = missing_parts(runs)
    lines = [f"Parts that are not in this run: {', '.join(parts)}."] if parts else []
    lines += [f"Left out or failed: {gap} draws." for gap in gaps(runs)]
    return "".join(f"\n- {line}" for line in lines)
