"""Whether environments single out what was discovered, and why not, in words."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from causalkit.estimators._minimax._discovery_environments import information_gain
from causalkit.estimators._minimax._discovery_features import Floats
from causalkit.estimators._minimax._discovery_search import Graph
from causalkit.estimators._minimax._discovery_stability import condition_holds
from causalkit.estimators._minimax._discovery_table import Table

# A sum over rows that is smaller than this many standard errors could be chance.
_CLEAR = 2.5
# A change is another variable's if less than this part of it is left once that variable is known.
_PART_LEFT = 0.5
# A clear rest counts as the variable's own unless it is this small, a trace that models of the others miss.
_TRACE_LEFT = 0.1
_AGREEMENT = 0.8
# Log-likelihood beyond its price with which the outcome's mechanism counts as changing.
_OUTCOME_CHANGES = 3.0


def judge(
    table: Table,
    best: Graph,
    resampled: Sequence[Graph],
    outcome_gain: float,
    *,
    mutable_given: bool,
    graph_given: bool,
) -> tuple[bool, str]:
    """Return whether the answer is identified, and why."""
    complaints = [] if mutable_given else _changes(table, best)
    if outcome_gain > _OUTCOME_CHANGES:
        complaints.append(
            f"the mechanism of the outcome {table.names[-1]!r} itself seems to change between the "
            "environments, which no subset search allows for: a cause may be missing from X"
        )
    share = float(np.mean([condition_holds(g) == condition_holds(best) for g in resampled]))
    if share < _AGREEMENT:
        complaints.append(
            f"only {share:.0%} of the resamples agree on whether the whole stable set is optimal"
        )
    if complaints:
        return False, "; ".join(complaints)
    given = [
        word for word, is_given in (("mutable", mutable_given), ("causal_graph", graph_given)) if is_given
    ]
    taken = f"{' and '.join(given)} as given; " if given else ""
    return True, f"{taken}{share:.0%} of the resamples agree on whether the whole stable set is optimal"


def _changes(table: Table, best: Graph) -> list[str]:
    if len(table.starts) == 2:
        return ["there is one environment, in which no mechanism can change"]
    if not best.mutable:
        return _unplaced_changes(table, best)
    return list(dict.fromkeys(filter(None, (_doubt(table, best, v) for v in sorted(best.mutable)))))


def _doubt(table: Table, best: Graph, v: int) -> str:
    """What speaks against a named change in held-out rows; nothing if ``v`` differs beyond all neighbours."""
    parents, neighbours = best.parents[v], _neighbours(best, v)
    beyond = information_gain(table, v, neighbours)
    if set(neighbours) == set(parents) and _is_clear(beyond):
        return ""
    alone = information_gain(table, v, parents)
    if not (_is_clear(alone) or _is_clear(beyond)):
        return (
            f"the change of the mechanism of {table.names[v]!r} is too small to be confirmed in held-out rows"
        )
    part = _TRACE_LEFT if _is_clear(beyond) else _PART_LEFT
    if not _is_clear(part * alone - beyond):
        return ""
    rivals = [j for j in neighbours if j not in parents and j != table.outcome]
    names = _listed(table, [v, *(_explaining(table, v, parents, rivals, alone) or rivals)])
    return f"the environments do not tell which mechanism changes, that of {names}"


def _unplaced_changes(table: Table, best: Graph) -> list[str]:
    """What held-out rows say where no mechanism was named."""
    for v in range(len(table.names)):
        parents = best.parents[v]
        alone = information_gain(table, v, parents)
        if _is_clear(alone):
            rivals = [j for j in range(table.outcome) if j != v and j not in parents]
            # The outcome's mechanism never changes: if it seems to, its learned parents are suspect.
            suspects = list(parents) if v == table.outcome else [v]
            names = _listed(table, [*suspects, *_explaining(table, v, parents, rivals, alone)])
            return [
                f"the environments differ, but do not tell which mechanism changes: maybe that of {names}"
            ]
    return ["no mechanism of a covariate changes detectably between the environments"]


def _explaining(
    table: Table, v: int, parents: tuple[int, ...], rivals: list[int], alone: Floats
) -> list[int]:
    """Rivals beyond which less than a part of the change of ``v`` is left."""
    limit = _PART_LEFT * alone.sum()
    return [j for j in rivals if information_gain(table, v, [*parents, j]).sum() < limit]


def _listed(table: Table, variables: list[int]) -> str:
    return " or ".join(sorted(repr(table.names[j]) for j in variables if j != table.outcome))


def _is_clear(terms: Floats) -> bool:
    """Whether a sum over rows is positive by more than chance."""
    return bool(terms.sum() > _CLEAR * terms.std() * np.sqrt(len(terms)))


def _neighbours(best: Graph, v: int) -> list[int]:
    """Parents, children and other parents of the children."""
    children = [w for w, parents in enumerate(best.parents) if v in parents]
    around: Collection[int] = {*best.parents[v], *children, *(u for w in children for u in best.parents[w])}
    return sorted(set(around) - {v})
