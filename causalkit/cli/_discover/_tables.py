"""The tables that the command writes, by the names of their files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from causalkit.cli._discover._analysis import Answers


def tables(answers: Answers) -> dict[str, pd.DataFrame]:
    """Return the tables by the names of their files."""
    discovery = answers.discovery
    icc = discovery.intraclass_correlations_.rename("intraclass_correlation")
    found = {
        "verdicts": verdicts(answers),
        "evidence": _with_texts(answers.evidence, "given"),
        "adjacency": discovery.adjacency_.rename_axis("cause").reset_index(),
        "intraclass_correlations": icc.rename_axis("column").reset_index(),
        "environments": answers.study.sizes.rename("n_rows").rename_axis("environment").reset_index(),
        "missing": answers.study.missing,
    }
    if discovery.scores_ is not None:
        found["scores"] = _with_texts(discovery.scores_.reset_index(), "parents")
    return found


def _with_texts(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Write tuples of names with commas between."""
    return table.assign(**{column: table[column].map(", ".join)})


def verdicts(answers: Answers) -> pd.DataFrame:
    """One row for each unordered pair, arrows first: the two variables, the verdict, and why."""
    parts = [answers.arrows.assign(verdict="arrow")]
    parts += [answers.pairs(verdict) for verdict in ("not orientable", "assumption violated", "no edge")]
    columns = ["cause", "effect", "verdict", "reason", "bootstrap_share"]
    table = pd.concat([part[columns] for part in parts], ignore_index=True)
    # Without an arrow the two are only a pair, and the share of one direction says nothing about it.
    table["bootstrap_share"] = table["bootstrap_share"].where(table["verdict"] == "arrow")
    return table.rename(columns={"cause": "first", "effect": "second"})
