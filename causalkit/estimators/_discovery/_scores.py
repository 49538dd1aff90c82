"""The graph of the highest score."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from causalkit.estimators._discovery._data import DiscoveryData
from causalkit.estimators._discovery._found import Found, causal_order
from causalkit.estimators._discovery._shapes import doubtful_shapes
from causalkit.estimators._mixed._evidence import STRICT_LEVEL, level_for_arrows, orientation_evidence
from causalkit.estimators._mixed._model_score import MixedModelScores
from causalkit.estimators._mixture._score import TableScores
from causalkit.estimators._search._dags import search_dag

Floats = NDArray[np.float64]
Scores = TableScores | MixedModelScores

# Of more than eight variables there would be thousands of families of four.
_MAX_PARENTS, _MAX_PARENTS_OF_MANY, _MANY = 4, 3, 9
# Tables of so many levels have more cells than a few rows for each environment can fill.
_MOST_LEVELS = 10
# Nats that the best graph without an arrow between tables must lose.
_SMALLEST_GAP = 0.7


def choose_method(method: str, data: DiscoveryData) -> str:
    """Return "score" or "test"; "auto" tests two columns with numbers, and where there are too many levels.

    Of two columns the test sees any difference between environments, a score only those that its models have.
    """
    if method != "auto":
        return method
    pair = data.n_variables == 2 and data.kind != "categorical"
    return "test" if pair or data.n_levels.max() > _MOST_LEVELS else "score"


def best_by_score(
    data: DiscoveryData, counts: Floats | None = None, *, max_parents: int | None = None
) -> Found:
    """Find the graph whose families explain the environments best.

    ``counts`` says how often each environment counts, for a resample.
    """
    scores = local_scores(data, counts)
    if max_parents is None:
        max_parents = _MAX_PARENTS if data.n_variables < _MANY else _MAX_PARENTS_OF_MANY
    limit = min(max_parents, data.n_variables - 1)
    search = search_dag(scores.score, data.n_variables, max_parents=limit)
    order = causal_order(search.parents)
    if counts is not None:
        return Found(search.parents, order, search.exact)
    gaps = search.gaps()
    found = Found(search.parents, order, search.exact, gaps, scores)
    if isinstance(scores, TableScores):
        weak = frozenset(arrow for arrow, gap in gaps.items() if gap < _SMALLEST_GAP)
        return replace(found, unsettled=weak)
    return _with_orientations(found, scores, data, limit)


def local_scores(data: DiscoveryData, counts: Floats | None = None) -> Scores:
    """Return de Finetti mixtures of tables for categorical data, mixed models for anything else."""
    if data.kind == "categorical":
        codes = data.values.astype(np.int64)
        return TableScores(codes, data.n_levels, data.codes, counts, resampled=counts is not None)
    return MixedModelScores(data.values, data.codes, counts, n_levels=data.n_levels)


def _with_orientations(
    found: Found, scores: MixedModelScores, data: DiscoveryData, max_parents: int
) -> Found:
    """Say which arrows another graph does about as well without, and which may owe their score to a shape."""
    pvalues = {
        arrow: orientation_evidence(scores, found.parents, *arrow, max_parents=max_parents).pvalue
        for arrow in found.arrows
    }
    level = level_for_arrows(scores.equal_icc_pvalue())
    shapes = doubtful_shapes(data, found.parents)
    return replace(
        found,
        unsettled=frozenset(arrow for arrow, pvalue in pvalues.items() if pvalue > level),
        unclear=frozenset(
            arrow for arrow, pvalue in pvalues.items() if pvalue > STRICT_LEVEL and shapes.intersection(arrow)
        ),
        rests_on_shape=True,
    )
