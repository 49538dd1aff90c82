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

_N_BINS = 5
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
    compared on rows that they have not seen. The average of both models is compared, so that a model that
    is merely noisier loses little; and the gain must also stand against variables whose rows were mixed.
    """
    around = neighbours(graph, v)
    rest = [w for w in range(len(table.names)) if w != v and w not in around]
    if not rest:
        return False
    codes = _levels(table.values[:, v])
    base = held_out_classes(codes, _columns(table, table.values, around))
    more = held_out_classes(codes, _columns(table, table.values, around + rest))
    if not is_clear(log_average(more, base) - base, _ERRORS):
        return False
    values = table.values.copy()
    values[:, rest] = values[np.random.default_rng(0).permutation(len(codes))][:, rest]
    mixed = held_out_classes(codes, _columns(table, values, around + rest))
    return is_clear(log_average(more, mixed) - log_average(base, mixed), _ERRORS)


def _levels(values: Floats) -> Ints:
    """Levels of a variable with few of them, else the fifth of its values."""
    levels, codes = np.unique(values, return_inverse=True)
    if len(levels) > 2 * _N_BINS:
        codes = np.unique((rankdata(values) * _N_BINS - 0.5) // len(values), return_inverse=True)[1]
    return np.asarray(codes, dtype=np.int64)


def _columns(table: Table, values: Floats, chosen: list[int]) -> Floats:
    """Ranks of variables and the gaps between them, and the environment."""
    if not chosen:
        return table.codes[:, None].astype(np.float64)
    return np.column_stack([ranks_and_gaps(values[:, chosen], table.is_level[chosen]), table.codes])
