"""How often resampled rows find each decision of a discovery, as a table."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import networkx as nx
import numpy as np
import pandas as pd

from causalkit.estimators._minimax._discovery_search import Graph
from causalkit.graphs._subset_classes import whole_set_is_optimal

# Arrows that were not chosen are listed where at least this share of the resamples has them.
_WORTH_LISTING = 0.1

CONDITION = "whole set is optimal"


def condition_holds(graph: Graph) -> bool:
    """Whether a learned graph says that the whole stable set is optimal; the outcome is its last variable."""
    return whole_set_is_optimal(graph.as_networkx(), len(graph.parents) - 1, graph.mutable)


def needed_arrows(graph: Graph) -> frozenset[tuple[int, int]]:
    """Return the arrows that the condition or a search uses.

    These are the arrows into mutable variables, those out of the outcome, and those on directed paths out of
    the mutable children of the outcome.
    """
    outcome = len(graph.parents) - 1
    own = {v for v in graph.mutable if outcome in graph.parents[v]}
    network = graph.as_networkx()
    moved = own.union(*(nx.descendants(network, v) for v in own))
    return frozenset((u, v) for u, v in graph.arrows if v in graph.mutable or u == outcome or u in moved)


def stability_table(
    names: Sequence[Hashable], columns: Sequence[Hashable], best: Graph, resampled: Sequence[Graph]
) -> pd.DataFrame:
    """Return a row for each decision: the condition, each column mutable or not, each arrow.

    Parameters
    ----------
    names : sequence
        Names of the variables of the graphs.
    columns : sequence
        The covariates in the order in which the table lists them.
    best : Graph
    resampled : sequence of Graph
    """
    condition = (
        CONDITION,
        None,
        None,
        condition_holds(best),
        _share([condition_holds(g) for g in resampled]),
        True,
    )
    place = {name: names.index(name) for name in [*columns, names[-1]]}
    changing = [
        (
            "mutable",
            None,
            name,
            place[name] in best.mutable,
            _share([place[name] in g.mutable for g in resampled]),
            True,
        )
        for name in columns
    ]
    frame = [condition, *changing, *_arrow_rows(place, best, resampled)]
    # As objects, so that None and names of any kind stay what they are.
    table = pd.DataFrame(
        frame, columns=["decision", "cause", "effect", "found", "share", "needed"], dtype=object
    )
    return table.astype({"found": bool, "share": float, "needed": bool})


def _arrow_rows(
    place: dict[Hashable, int], best: Graph, resampled: Sequence[Graph]
) -> list[tuple[str, Hashable, Hashable, bool, float, bool]]:
    needed = needed_arrows(best)
    rows = []
    for cause, u in place.items():
        for effect, v in place.items():
            share = _share([u in g.parents[v] for g in resampled])
            found = (u, v) in best.arrows
            if found or share >= _WORTH_LISTING:
                rows.append(("arrow", cause, effect, found, share, (u, v) in needed))
    return rows


def _share(answers: Sequence[bool]) -> float:
    return float(np.mean(answers))
