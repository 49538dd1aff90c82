"""What a fit says of its blocks: share of the explained variance by block, column and hop."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from causalkit.nuisance._evidence import Posterior
from causalkit.nuisance._gram import Design
from causalkit.nuisance._hops import HopLayout

Array = NDArray[np.float64]

_SAMPLE_ROWS = 20_000
_JOIN = " x "  # between the names of a pair's two columns


def block_table(design: Design, posterior: Posterior, layout: HopLayout) -> pd.DataFrame:
    """A row for each block of a fit on all columns of a design, the intercept left out."""
    explained = explained_variance(design, posterior.weights)
    return name_blocks(design, layout).assign(
        variance=posterior.variance[1:],
        degrees_of_freedom=posterior.degrees_of_freedom[1:],
        share=shares(explained[1:]),
    )


def explained_variance(design: Design, weights: Array) -> Array:
    """Variance over (at most 20,000) rows of the function that each block carries."""
    rows = np.linspace(0, design.n_rows - 1, min(design.n_rows, _SAMPLE_ROWS)).astype(np.intp)
    sample = design.at([g[rows] for g in design.groups], {k: v[rows] for k, v in design.given.items()})
    values = sample.rows(0, len(rows))
    w = weights.astype(np.float32)
    return np.array([np.var(values[:, b.start : b.stop] @ w[b.start : b.stop]) for b in design.blocks])


def shares(explained: Array) -> Array:
    """Parts of their sum; zeros where nothing is explained."""
    total = explained.sum()
    return explained / total if total > 0 else explained


def name_blocks(design: Design, layout: HopLayout) -> pd.DataFrame:
    """Kind, hop and feature of each block but the intercept; a pair names both of its columns and hops."""
    basis = design.basis.blocks
    names = {i: layout.column_name(b.hop, b.feature) for i, b in enumerate(basis) if b.feature >= 0}
    rows = [(b.kind, str(b.hop), names.get(i, "")) for i, b in enumerate(basis)]
    rows += [
        ("pair", f"{basis[i].hop}{_JOIN}{basis[j].hop}", names[i] + _JOIN + names[j]) for i, j in design.pairs
    ]
    rows += [("given", "", name) for name in design.given]
    return pd.DataFrame(rows, columns=["kind", "hop", "feature"])


def linear_parts(design: Design, layout: HopLayout, weights: Array) -> dict[int, dict[str, float]]:
    """By position of a hop's linear block in the table: how it splits over columns, by squared slope."""
    parts = {}
    for i, b in enumerate(design.basis.blocks):
        if b.kind == "linear":
            squares = design.basis.slopes(b.hop, weights[b.start + 1 : b.stop + 1]) ** 2
            if squares.sum() > 0:
                of = shares(squares)
                parts[i] = {
                    layout.column_name(b.hop, j): float(part) for j, part in enumerate(of) if part > 0
                }
    return parts


def by_feature(table: pd.DataFrame, parts: dict[int, dict[str, float]] | None = None) -> pd.Series:
    """Share by column, a pair's half to each, a linear block's by `parts`; the rest is "(all columns)"."""
    parts = parts or {}
    whole = table.drop(index=list(parts))
    total = _spread(whole.assign(feature=whole["feature"].replace("", "(all columns)")), "feature").to_dict()
    for i, split in parts.items():
        for name, part in split.items():
            total[name] = total.get(name, 0.0) + part * table["share"].iloc[i]
    out = pd.Series(total, name="share", dtype=float).rename_axis("feature")
    return out.sort_values(ascending=False, kind="stable")


def by_hop(table: pd.DataFrame, n_hops: int) -> pd.Series:
    """Share by hop 0 (own columns), 1, ..., a pair's half to each."""
    spread = _spread(table, "hop")
    return spread.reindex([str(h) for h in range(n_hops + 1)], fill_value=0.0).rename_axis("hop")


def _spread(table: pd.DataFrame, column: str) -> pd.Series:
    is_pair = table["kind"] == "pair"
    known = set(table.loc[~is_pair, column])
    totals: dict[str, float] = {}
    for label, share, pair in zip(table[column], table["share"], is_pair, strict=True):
        parts = _ends(label, known) if pair else [label]
        for part in parts:
            totals[part] = totals.get(part, 0.0) + share / len(parts)
    out = pd.Series(totals, name="share", dtype=float).rename_axis(column)
    return out.sort_values(ascending=False, kind="stable")


def _ends(label: str, known: set[str]) -> list[str]:
    """The two names that a pair's label joins; a column's own name may hold the joining word, too."""
    words = label.split(_JOIN)
    cuts = ((_JOIN.join(words[:i]), _JOIN.join(words[i:])) for i in range(1, len(words)))
    return next([left, right] for left, right in cuts if left in known and right in known)
