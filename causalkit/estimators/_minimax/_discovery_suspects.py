"""Variables whose mechanism may be the changing one in a reading that the environments do not exclude."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import networkx as nx
import numpy as np

from causalkit.estimators._minimax._discovery_environments import Evidence
from causalkit.estimators._minimax._discovery_search import Graph

# A variable that is mutable in at least this share of the resamples may be the mutable one.
_POSSIBLE = 0.3
# Standard errors from which on a gain counts, where it is looked for in every variable.
_CLEAR = 3.5
# A change may be another variable's if less than this part of it is left once that variable is known.
_PART_LEFT = 0.5


def find_suspects(
    evidence: Evidence, best: Graph, resampled: Sequence[Graph], doubtful: Collection[int]
) -> frozenset[int]:
    """Return all variables, beside the named ones, that may be mutable.

    A variable is cleared where it says nothing about the environment beyond its parents that are neither
    doubtful nor suspects themselves, and the outcome; or where suspects explain its change and it explains
    none of theirs. The outcome's mechanism never changes: if it seems to, its learned parents are suspects,
    and what was learned of its causes clears nobody.

    Parameters
    ----------
    evidence : Evidence
    best : Graph
        The outcome is the last variable.
    resampled : sequence of Graph
    doubtful : collection of int
        Named variables whose change may be another's.
    """
    outcome = len(best.parents) - 1
    causes = nx.ancestors(best.as_networkx(), outcome)
    moved = set(doubtful)
    if evidence.is_clear(outcome, best.parents[outcome], _CLEAR):
        moved |= set(best.parents[outcome]) - best.mutable
        causes = set()
    solid = {v: {*best.parents[v], *(() if v in causes else (outcome,))} for v in range(outcome)}
    moved = _moved(evidence, solid, moved, best.mutable)
    return frozenset(_in_resamples(best, resampled) | _unexplained(evidence, solid, moved)) - best.mutable


def _moved(
    evidence: Evidence, given: dict[int, set[int]], moved: set[int], named: Collection[int]
) -> set[int]:
    """Add all variables that differ between environments beyond what is not known to have moved."""
    while True:
        more = {v for v in set(given) - moved - set(named) if evidence.is_clear(v, given[v] - moved, _CLEAR)}
        if not more:
            return moved
        moved = moved | more


def _unexplained(evidence: Evidence, given: dict[int, set[int]], moved: set[int]) -> set[int]:
    """Drop variables whose change others explain while they explain no other's, until none is left."""
    while True:
        followers = {
            v
            for v in moved
            if not evidence.is_clear(v, (given[v] | moved) - {v})
            and not any(_explains(evidence, v, u, given[u] - moved) for u in moved - {v})
        }
        if not followers:
            return moved
        moved = moved - followers


def _explains(evidence: Evidence, v: int, u: int, given: set[int]) -> bool:
    return bool(evidence.gain(u, {*given, v}).sum() < _PART_LEFT * evidence.gain(u, given).sum())


def _in_resamples(best: Graph, resampled: Sequence[Graph]) -> set[int]:
    found = [[v in graph.mutable for v in range(len(best.parents))] for graph in resampled]
    return set(np.flatnonzero(np.mean(found, axis=0) >= _POSSIBLE).tolist())
