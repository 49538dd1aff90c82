"""RESULTS.md as a whole: the preface and the sections in their order."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from reporting import sections
from reporting.overview import behind, overview
from reporting.runs import gaps, missing_parts

Write = Callable[[pd.DataFrame], str]

SECTIONS: tuple[tuple[str, str, Write], ...] = (
    ("Interaction: a child of the outcome that is cut off", "interaction", sections.interaction),
    ("Multiplicative: a child whose slope changes", "multiplicative", sections.reference),
    ("Sequence: two mutable variables", "sequence", sections.reference),
    ("Linear: the whole stable set is best", "linear", sections.reference),
    ("Published: the simulation of arXiv 2107.01876", "published", sections.published),
    ("Mouse blood counts: the published splits", "mouse", sections.mouse),
    ("Mouse blood counts: other genotypes", "mouse_other_genotypes", sections.mouse),
    ("Discovery: what the environments tell", "discovery", sections.discovery),
    ("Pruning: how many classes are fitted", "pruning", sections.pruning),
)


def results_page(runs: pd.DataFrame, command: str) -> str:
    parts = [
        ("In one table", overview(runs)),
        ("Where another method is better", behind(runs)),
        *((title, _section(runs, part, write)) for title, part, write in SECTIONS),
    ]
    body = "\n\n".join(f"## {title}\n\n{text}" for title, text in parts)
    return f"# Predictors that survive the worst change: results\n\n{preface(runs, command)}\n\n{body}\n"


def _section(runs: pd.DataFrame, part: str, write: Write) -> str:
    here = sections.of_part(runs, part)
    return f"Not in this run (part `{part}`)." if here.empty else write(here)


def preface(runs: pd.DataFrame, command: str) -> str:
    def values(name: str) -> str:
        found = runs[name] if name in runs else pd.Series(dtype=str)
        return "; ".join(str(value) for value in sorted(found.dropna().unique()))

    drawn = runs.loc[~runs["part"].str.startswith("mouse"), "draw"]
    seeds = f"{drawn.min():.0f} to {drawn.max():.0f}" if len(drawn) else "none"
    return f"""\
Written by `report.py` from the output of `{command}`.

- Seeds: {seeds}, one for each draw, from the first on in every case.
- Machine: {values("processor")}, {values("cores")} cores; one thread for every method.
- Versions: {values("versions")}.{_holes(runs)}

**Largest risk** is the largest mean squared error of a test environment divided by the variance of y in the
training rows; test environments are never standardised with their own labels, and the constant (the training
mean) stands in every table. **Training mix**: the same for fresh rows of the training environments; for the
mice, whose rows are few, by fits on either half of the training rows, in every fifth split. **Exact worst
case** is the exact worst-case risk of the chosen stable subset, **regret** how much more that is than the
best subset's, **estimated** what ours says of it, **covers** whether its 95 % interval holds the exact value;
all as shares of the variance of y. **Tied** is the median number of subsets that ours cannot tell from its
pick, and the pick; a class that is left out of the search does not count. **Best among them**: a subset with
the smallest exact risk is one of these. **Classes fitted** is the share of the classes of
subsets. Where overlap is so poor that a method **refused**, the training mean stands in. **Time** is the
processor time of the fit as a multiple of that of pooled boosting for the same draw, median, after a first
fit that loads libraries. Means over draws, standard errors in brackets."""


def _holes(runs: pd.DataFrame) -> str:
    """Parts that are not there, and methods with fewer draws than others."""
    parts = missing_parts(runs)
    lines = [f"Parts that are not in this run: {', '.join(parts)}."] if parts else []
    lines += [f"Left out or failed: {gap} draws." for gap in gaps(runs)]
    return "".join(f"\n- {line}" for line in lines)
