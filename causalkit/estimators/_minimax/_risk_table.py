"""A row for each class of subsets: its risk, or why it needed none."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from causalkit.estimators._minimax._estimates import RiskEstimate
from causalkit.estimators._minimax._search import Outcome, Pruned
from causalkit.graphs._subset_classes import SubsetClass, SubsetTree

FITTED, PRUNED, NOT_NEEDED = "fitted", "pruned", "not needed"
# Classes below dropped nodes are listed up to here; beyond, a node is one row that counts its subsets.
_MOST_ROWS = 5000


@dataclass(frozen=True)
class Ranking:
    """Which of the assessed classes is picked, and which cannot be told from the best.

    Attributes
    ----------
    picked : frozenset
    tied : tuple of frozenset
        The picked one first, then by their risk.
    errors : dict of frozenset to float
        Standard error of each class's risk; with refits where there are some.
    """

    picked: frozenset[Any]
    tied: tuple[frozenset[Any], ...]
    errors: dict[frozenset[Any], float]


def risk_table(
    tree: SubsetTree,
    outcome: Outcome[RiskEstimate],
    ranking: Ranking,
    columns: Sequence[Any],
    *,
    alpha: float,
    scale: float,
) -> pd.DataFrame:
    """Return the table, in squared units of the outcome: `scale` times the estimates.

    Fitted classes come first, from the smallest risk; the others follow from the smallest bound.
    """
    place = {name: j for j, name in enumerate(columns)}
    fitted = [
        _fitted_row(each, estimate, ranking, place, float(norm.ppf(1 - alpha / 2)), scale)
        for each, estimate in outcome.assessed.values()
    ]
    fitted.sort(key=lambda row: row["risk"])
    dropped = list(islice(_dropped_rows(tree, outcome, place, scale), _MOST_ROWS + len(outcome.pruned)))
    dropped.sort(key=lambda row: row["lower_bound"])
    table = pd.DataFrame([*fitted, *dropped])
    return table.astype({"tied": bool, "picked": bool, "n_subsets": object})


def ordered_names(names: Collection[Any], place: Mapping[Any, int]) -> tuple[Any, ...]:
    """Names in the order of the columns."""
    return tuple(sorted(names, key=place.__getitem__))


def _fitted_row(
    each: SubsetClass,
    estimate: RiskEstimate,
    ranking: Ranking,
    place: Mapping[Any, int],
    quantile: float,
    scale: float,
) -> dict[str, Any]:
    half = quantile * ranking.errors[each.members]
    return {
        **_names(each, place),
        "status": FITTED,
        "pruned_by": "",
        "risk": estimate.risk * scale,
        "risk_low": max(estimate.risk - half, 0.0) * scale,
        "risk_high": (estimate.risk + half) * scale,
        "lower_bound": np.nan,
        "average_risk": estimate.average_risk * scale,
        "training_risk": estimate.training_risk * scale,
        "extrapolated_share": estimate.extrapolated_share,
        "tied": each.members in ranking.tied,
        "picked": each.members == ranking.picked,
    }


def _dropped_rows(
    tree: SubsetTree, outcome: Outcome[RiskEstimate], place: Mapping[Any, int], scale: float
) -> Iterator[dict[str, Any]]:
    n_rows, is_full = 0, False
    for node in outcome.pruned:
        # Once the table is full, no node is opened in vain.
        open_at_most = 1 if is_full else _MOST_ROWS + 1 - n_rows
        listed = list(islice(tree.leaves(node.subtree), open_at_most + 1))
        if len(listed) > open_at_most:
            is_full = True
            yield _shared_row(tree, outcome, node, place, scale)
            continue
        for leaf in listed:
            each = tree.largest(leaf)
            if each.members not in outcome.assessed:
                n_rows += 1
                yield _dropped_row(each, node, place, scale)


def _shared_row(
    tree: SubsetTree, outcome: Outcome[RiskEstimate], node: Pruned, place: Mapping[Any, int], scale: float
) -> dict[str, Any]:
    """One row for all classes below a node, but for its largest set where that was assessed."""
    each = tree.largest(node.subtree)
    n_subsets = tree.n_subsets(node.subtree)
    if each.members in outcome.assessed:
        n_subsets -= each.n_subsets
    return _dropped_row(each, node, place, scale) | {"n_subsets": n_subsets}


def _dropped_row(each: SubsetClass, node: Pruned, place: Mapping[Any, int], scale: float) -> dict[str, Any]:
    return {
        **_names(each, place),
        "status": NOT_NEEDED if np.isnan(node.bound) else PRUNED,
        "pruned_by": node.reason,
        "risk": np.nan,
        "risk_low": np.nan,
        "risk_high": np.nan,
        "lower_bound": node.bound * scale,
        "average_risk": np.nan,
        "training_risk": np.nan,
        "extrapolated_share": np.nan,
        "tied": False,
        "picked": False,
    }


def _names(each: SubsetClass, place: Mapping[Any, int]) -> dict[str, Any]:
    return {
        "subset": ordered_names(each.members, place),
        "free": ordered_names(each.free, place),
        "n_subsets": each.n_subsets,
    }
