"""Whether held-out rows agree with a learned graph on who the neighbours of a variable are."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from scipy.stats import rankdata

from causalkit.estimators._minimax._discovery_environments import (
    held_out_classes,
    is_clear,
    log_average,
    ranks_and_gaps,
)
from causalkit.estimators._minimax._discovery_features import Floats, Ints
from causalkit.estimators._minimax._discovery_search import Graph
from causalkit.estimators._minimax._discovery_table import Table
from causalkit.estimators._minimax._smooth import cross_fit_smooth

_N_BINS = 5
_FOLDS = 5
# Many variables are looked at, and models of their levels are rough: only what is beyond doubt counts.
_ERRORS = 5.0


def neighbours(graph: Graph, v: int) -> list[int]:
    """Parents, children and other parents of the children: given these, all others say nothing more."""
    children = [w for w, parents in enumerate(graph.parents) if v in parents]
    around: Collection[int] = {*graph.parents[v], *children, *(u for w in children for u in graph.parents[w])}
    return sorted(set(around) - {v})


def has_other_neighbours(table: Table, graph: Graph, v: int) -> bool:
    r"""Whether variables that are no neighbours of ``v`` in the graph tell more of it, beyond those that are.

    Classifiers of the level (or the fifth of the values) of ``v``, with and without these variables, are
    compared on rows that they have not seen. The average of both models is compared with the one without, so
    that a model that is merely noisier loses little.
    """
    around = neighbours(graph, v)
    rest = [w for w in range(len(table.names)) if w != v and w not in around]
    if not rest:
        return False
    codes = _levels(table.values[:, v])
    # Trees are slow to add up many neighbours: without their sum, what sums them as well would tell more.
    smooth = _smooth_prediction(table, v, around)
    base = held_out_classes(codes, _columns(table, table.values, around, smooth))
    more = held_out_classes(codes, _columns(table, table.values, around + rest, smooth))
    return is_clear(log_average(more, base) - base, _ERRORS)


def _levels(values: Floats) -> Ints:
    """Levels of a variable with few of them, else the fifth of its values."""
    levels, codes = np.unique(values, return_inverse=True)
    if len(levels) > 2 * _N_BINS:
        codes = np.unique((rankdata(values) * _N_BINS - 0.5) // len(values), return_inverse=True)[1]
    return np.asarray(codes, dtype=np.int64)


def _smooth_prediction(table: Table, v: int, around: list[int]) -> Floats:
    """Ranks of a held-out ridge prediction from curves and products of the neighbours, by environment."""
    x = np.column_stack([table.values[:, around], table.codes]).astype(np.float64)
    fold = (np.arange(len(x)) % _FOLDS).astype(np.intp)
    environment = np.array([len(around)], dtype=np.intp)
    fit = cross_fit_smooth(x, table.values[:, v], np.ones(len(x)), fold, environment)
    return rankdata(fit.out_of_fold) / len(x)


def _columns(table: Table, values: Floats, chosen: list[int], smooth: Floats) -> Floats:
    """Ranks of variables and the gaps between them, the environment, and a smooth prediction."""
    shown = [ranks_and_gaps(values[:, chosen], table.is_level[chosen])] if chosen else []
    return np.column_stack([*shown, table.codes, smooth])
