"""Whether environments single out what was discovered, and why not, in words."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from causalkit.estimators._minimax._discovery_environments import Evidence, is_clear
from causalkit.estimators._minimax._discovery_neighbours import has_other_neighbours, neighbours
from causalkit.estimators._minimax._discovery_search import Graph
from causalkit.estimators._minimax._discovery_stability import condition_holds
from causalkit.estimators._minimax._discovery_suspects import find_suspects
from causalkit.estimators._minimax._discovery_table import Table

# A change is another variable's if less than this part of it is left once that variable is known.
_PART_LEFT = 0.5
# A clear rest counts as the variable's own unless it is this small, a trace that models of the others miss.
_TRACE_LEFT = 0.1
_AGREEMENT = 0.8
# Log-likelihood beyond its price with which the outcome's mechanism counts as changing.
_OUTCOME_CHANGES = 3.0


@dataclass(frozen=True)
class Verdict:
    """Whether an answer is identified, why, and which variables may be mutable beside the named ones."""

    identified: bool
    reason: str
    suspects: frozenset[int]


def judge(
    table: Table,
    best: Graph,
    resampled: Sequence[Graph],
    outcome_gain: float,
    *,
    mutable_given: bool,
    graph_given: bool,
) -> Verdict:
    """Return what the environments leave open about the best graph."""
    share = float(np.mean([condition_holds(g) == condition_holds(best) for g in resampled]))
    agreement = f"{share:.0%} of the resamples agree on whether the whole stable set is optimal"
    complaints = [f"only {agreement}"] if share < _AGREEMENT else []
    if outcome_gain > _OUTCOME_CHANGES:
        complaints.insert(
            0,
            f"the mechanism of the outcome {table.names[-1]!r} itself seems to change between the "
            "environments, which no subset search allows for: a cause may be missing from X",
        )
    if not graph_given:
        complaints += _contradictions(table, best)
    suspects: frozenset[int] = frozenset()
    if not mutable_given:
        doubts, suspects = _doubts(table, best, resampled, bool(complaints), graph_given)
        complaints = doubts + complaints
    if complaints:
        return Verdict(False, "; ".join(complaints), suspects)
    given = [
        word for word, is_given in (("mutable", mutable_given), ("causal_graph", graph_given)) if is_given
    ]
    taken = f"{' and '.join(given)} as given; " if given else ""
    return Verdict(True, taken + agreement, frozenset())


def _doubts(
    table: Table, best: Graph, resampled: Sequence[Graph], is_disputed: bool, graph_given: bool
) -> tuple[list[str], frozenset[int]]:
    """What speaks against the named variables, and who else may be mutable."""
    if len(table.starts) == 2:
        return ["there is one environment, in which no mechanism can change"], frozenset()
    evidence = Evidence(table)
    small, shared = _doubtful(evidence, best, graph_given)
    if best.mutable and not (small or shared or is_disputed):
        return [], frozenset()
    suspects = find_suspects(evidence, best, resampled, small | shared)
    if not (best.mutable or suspects):
        return ["no mechanism of a covariate changes detectably between the environments"], suspects
    return _in_words(table, best, small, shared, suspects), suspects


def _in_words(
    table: Table, best: Graph, small: set[int], shared: set[int], suspects: frozenset[int]
) -> list[str]:
    said = []
    if small:
        said.append(
            f"the change of the mechanism of {_listed(table, small, 'and')} is too small to be confirmed in "
            "held-out rows"
        )
    if len(shared | suspects) == 1 and shared:
        said.append(f"the change of the mechanism of {_listed(table, shared, 'or')} may be another's")
    elif shared:
        names = _listed(table, shared | suspects, "or")
        said.append(f"the environments do not tell which mechanism changes, that of {names}")
    elif suspects:
        beside = f", beside that of {_listed(table, best.mutable, 'and')}" if best.mutable else ""
        said.append(f"maybe the mechanism of {_listed(table, suspects, 'or')} changes{beside}")
    return said


def _doubtful(evidence: Evidence, best: Graph, graph_given: bool) -> tuple[set[int], set[int]]:
    """Named variables whose change held-out rows do not confirm, and those whose change may be another's."""
    small, shared = set(), set()
    for v in best.mutable:
        parents, around = best.parents[v], neighbours(best, v)
        beyond_is_clear = evidence.is_clear(v, around)
        if set(around) == set(parents) and beyond_is_clear:
            continue
        if not (beyond_is_clear or evidence.is_clear(v, parents)):
            small.add(v)
            continue
        part = _TRACE_LEFT if beyond_is_clear else _PART_LEFT
        rest = part * evidence.gain(v, parents) - evidence.gain(v, around)
        if not graph_given and is_clear(rest):
            shared.add(v)
    return small, shared


def _contradictions(table: Table, best: Graph) -> list[str]:
    """Mutable variables and the outcome, of which others say more than the learned graph allows."""
    wrong = [v for v in [*sorted(best.mutable), table.outcome] if has_other_neighbours(table, best, v)]
    if not wrong:
        return []
    return [
        f"the learned causal graph lacks neighbours that held-out rows show of {_listed(table, wrong, 'and')}"
    ]


def _listed(table: Table, variables: Collection[int], word: str) -> str:
    return f" {word} ".join(sorted(repr(table.names[j]) for j in variables))
