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


def block_table(design: Design, posterior: Posterior, layout: HopLayout) -> pd.DataFrame:
    """A row for each block of a fit on all columns of a design, the intercept left out."""
    explained = explained_variance(design, posterior.weights)
    return name_blocks(design, layout).assign(
        variance=posterior.variance[1:], degrees_of_freedom=posterior.degrees_of_freedom[1:], share=shares(explained[1:])
    )


def explained_variance(design: Design, weights: Array) -> Array:
    """Variance over (at most 20,000) rows of the function that each block carries."""
    rows = np.linspace(0, design.n_rows - 1, min(design.n_rows, _SAMPLE_ROWS)).astype(np.intp)
    sample = design.at([g[rows] for g in design.groups], {k: v[rows] for k, v in design.given.items()})
    values = sample.rows(0, len(rows))
    w = weights.astype(np.float32)
    return np.array([np.var(values[:, b.start : b.stop] @ w[b.start : b.stop]) for b in design.blocks])


def shares(explained: Array) -> Array:
    total = explained.sum()
    return explained / total if total > 0 else explained


def name_blocks(design: Design, layout: HopLayout) -> pd.DataFrame:
    """Kind, hop and feature of each block but the intercept; a pair names both of its columns and hops."""
    basis = design.basis.blocks
    names = {i: layout.column_name(b.hop, b.feature) for i, b in enumerate(basis) if b.feature >= 0}
    rows = [(b.kind, str(b.hop), names.get(i, "")) for i, b in enumerate(basis)]
    rows += [
        ("pair", f"{basis[i].hop} x {basis[j].hop}", f"{names[i]} x {names[j]}") for i, j in design.pairs
    ]
    rows += [("given", "", name) for name in design.given]
    return pd.DataFrame(rows, columns=["kind", "hop", "feature"])


def by_feature(table: pd.DataFrame) -> pd.Series:
    """Share by column, a pair's half to each; blocks of a whole hop group stand as "(all columns)"."""
    named = table.assign(feature=table["feature"].replace("", "(all columns)"))
    return _spread(named, "feature")


def by_hop(table: pd.DataFrame, n_hops: int) -> pd.Series:
    """Share by hop 0 (own columns), 1, ..., a pair's half to each."""
    spread = _spread(table, "hop")
    return spread.reindex([str(h) for h in range(n_hops + 1)], fill_value=0.0).rename_axis("hop")


def _spread(table: pd.DataFrame, column: str) -> pd.Series:
    parts = table[column].str.split(" x ", regex=False)
    long = table.assign(**{column: parts, "share": table["share"] / parts.str.len()}).explode(column)
    return long.groupby(column)["share"].sum().sort_values(ascending=False)
