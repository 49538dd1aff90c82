"""Variables whose mechanism may be the changing one in a reading that the environments do not exclude."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import networkx as nx
import numpy as np

from causalkit.estimators._minimax._discovery_environments import Evidence
from causalkit.estimators._minimax._discovery_search import Graph

# A variable that is mutable in at least this share of the resamples may be the mutable one.
_POSSIBLE = 0.1


def find_suspects(
    evidence: Evidence, best: Graph, resampled: Sequence[Graph], doubtful: Collection[int]
) -> frozenset[int]:
    """Return all variables, beside the named ones, that may be mutable.

    A variable is cleared where it says nothing about the environment beyond its parents that are neither
    doubtful nor suspects themselves, and the outcome. The outcome's mechanism never changes: if it seems to,
    its learned parents are suspects, and what was learned of its causes clears nobody.

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
    suspects = _in_resamples(best, resampled)
    causes = nx.ancestors(best.as_networkx(), outcome)
    if evidence.is_clear(outcome, best.parents[outcome]):
        suspects |= set(best.parents[outcome]) - best.mutable
        causes = set()
    while True:
        unclear = suspects | set(doubtful)
        more = {
            v
            for v in range(outcome)
            if v not in suspects | best.mutable
            and evidence.is_clear(v, _solid(best, v, unclear, () if v in causes else (outcome,)))
        }
        if not more:
            return frozenset(suspects)
        suspects |= more


def _solid(best: Graph, v: int, unclear: set[int], more: Collection[int]) -> set[int]:
    return {*best.parents[v], *more} - unclear


def _in_resamples(best: Graph, resampled: Sequence[Graph]) -> set[int]:
    found = [[v in graph.mutable for v in range(len(best.parents))] for graph in resampled]
    share = np.mean(found, axis=0)
    return set(np.flatnonzero(share >= _POSSIBLE).tolist()) - best.mutable
