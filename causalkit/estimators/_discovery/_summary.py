"""A fitted graph in words: arrows kept, pairs left open and why, data used, what is assumed."""

from __future__ import annotations

from typing import Any

import pandas as pd

from causalkit.independence._verdict import NO_EDGE, NOT_ORIENTABLE, VIOLATED

_ASSUMPTIONS = (
    "rows of an environment are exchangeable, and environments are independent draws of one process",
    "each mechanism has parameters of its own, independent of the other mechanisms'",
    "no common cause is left out: one of fixed law can look like an arrow",
    "the graph has no cycles and is the same in all environments",
)


def discovery_summary(model: Any) -> str:
    """Return a text of several lines about a fitted model."""
    search = "exact" if model.exact_search_ else "greedy"
    lines = [
        f"Causal graph of {model.n_features_in_} variables (method {model.method_!r}, {search} search)",
        f"  {model.n_environments_} environments, {model.n_pairs_} pairs of rows inside them",
        *_arrow_lines(model.evidence_),
        *_open_lines(model.evidence_),
        "Intraclass correlations",
        *(f"  {name}: {value:.2f}" for name, value in model.intraclass_correlations_.items()),
        "Assumes",
        *(f"  - {assumption}" for assumption in _ASSUMPTIONS),
    ]
    return "\n".join(lines)


def _arrow_lines(evidence: pd.DataFrame) -> list[str]:
    kept = evidence[evidence["arrow"]]
    if kept.empty:
        return ["Arrows: none that the data support"]
    lines = [f"  {row.cause} -> {row.effect}: {row.reason}{_share(row)}" for row in kept.itertuples()]
    return ["Arrows", *lines]


def _open_lines(evidence: pd.DataFrame) -> list[str]:
    """List each pair that is left open once."""
    lines: list[str] = []
    for answer in (NOT_ORIENTABLE, VIOLATED):
        seen: list[set[Any]] = []
        for row in evidence[evidence["verdict"] == answer].itertuples():
            pair = {row.cause, row.effect}
            if pair not in seen:
                lines.append(f"  {row.cause} - {row.effect}: {answer}: {row.reason}")
                seen.append(pair)
    n_apart = int((evidence["verdict"] == NO_EDGE).sum()) // 2
    apart = f"No edge: {n_apart} pair" + ("" if n_apart == 1 else "s")
    return ["Left open", *lines, apart] if lines else [apart]


def _share(row: Any) -> str:
    return "" if pd.isna(row.bootstrap_share) else f"; in {row.bootstrap_share:.0%} of resamples"
