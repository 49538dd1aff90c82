"""The effect in groups of the column that it depends on most."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from causalkit.cli._effects._study import Study

_N_GROUPS = 4

Floats = NDArray[np.float64]


def effects_by_leading_column(study: Study, learner: Any) -> pd.DataFrame:
    """Return the effect by quarters of the column and hop with the largest relevance; no rows without one."""
    found = _leading_values(study, learner)
    if found is None:
        return pd.DataFrame()
    name, values = found
    groups = learner.group_effects(_quarters(values))
    return groups.assign(by=name, group=groups["group"].astype(str))


def _leading_values(study: Study, learner: Any) -> tuple[str, Floats] | None:
    column, hop = learner.feature_relevance_.idxmax(), str(learner.hop_relevance_.idxmax())
    if not learner.feature_relevance_.any() or hop not in ("0", "1"):
        return None
    if column == "log_degree":
        return "number of links", study.graph.degrees.astype(np.float64)
    if column not in study.X:
        return None
    own = study.X[column].to_numpy(dtype=np.float64)
    return (
        (str(column), own) if hop == "0" else (f"mean {column} of those linked", _neighbours_mean(study, own))
    )


def _neighbours_mean(study: Study, values: Floats) -> Floats:
    """Mean over linked units whose value is known; missing where there is none."""
    known = ~np.isnan(values)
    total = study.graph.adjacency @ np.where(known, values, 0.0)
    weight = study.graph.adjacency @ known.astype(np.float64)
    return np.divide(total, weight, out=np.full(len(values), np.nan), where=weight > 0)


def _quarters(values: Floats) -> pd.Categorical:
    """Labels by quantiles, or by value where there are few; equal values stay together."""
    column = pd.Series(values)
    levels = np.sort(column.dropna().unique())
    if len(levels) <= _N_GROUPS:
        names = [f"{level:.12g}" for level in levels]
        codes = np.searchsorted(levels, values)
    else:
        ends = np.unique(column.quantile(np.linspace(0, 1, _N_GROUPS + 1)[1:], interpolation="lower"))
        codes = np.searchsorted(ends, values)
        members = [column[codes == i] for i in range(len(ends))]
        names = [f"{group.min():.6g} to {group.max():.6g}" for group in members]
    codes = np.where(np.isnan(values), len(names), codes)
    names.append("not known")
    return pd.Categorical(np.array(names)[codes], categories=names, ordered=True)
