"""Which columns, hops and pairs of columns carry an effect."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from causalkit.estimators._effect_models import Candidate, LinearEffect
from causalkit.nuisance._gram import Design
from causalkit.nuisance._hops import HopLayout
from causalkit.nuisance._relevance import (
    by_feature,
    by_hop,
    explained_variance,
    linear_parts,
    name_blocks,
    shares,
)


def relevance(
    candidates: Sequence[Candidate], losses: dict[str, float], design: Design, layout: HopLayout
) -> tuple[pd.Series, pd.Series, pd.DataFrame]:
    """Shares of the effect's variance by column, by hop and by pair, of the engine's best candidate.

    Zeros where the engine has no candidate.
    """
    models = {c.name: c.model for c in candidates if isinstance(c.model, LinearEffect)}
    best = models[min(models, key=lambda name: losses[name])] if models else None
    table = name_blocks(design, layout)
    explained = np.zeros(len(table)) if best is None else explained_variance(design, best.weights[:, 0])[1:]
    table = table.assign(share=shares(explained))
    parts = {} if best is None else linear_parts(design, layout, best.weights[:, 0])
    pairs = table[(table["kind"] == "pair") & (table["share"] > 1e-6)]
    pairs = pairs[["feature", "hop", "share"]].sort_values("share", ascending=False, ignore_index=True)
    return by_feature(table, parts), by_hop(table, layout.n_hops), pairs
