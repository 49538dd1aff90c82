"""The best directed acyclic graph under a score that is a sum over variables and their parents."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from typing import Protocol

import numpy as np

from causalkit._results import Result
from causalkit._validation import check_scalar_argument
from causalkit.estimators._search._greedy import FamilyScores, GreedyDag
from causalkit.estimators._search._subset_tables import (
    MAX_VARIABLES,
    Floats,
    Masks,
    all_masks,
    best_beginnings,
    best_endings,
    best_order,
    smallest_of_subsets,
)

Score = Callable[[int, tuple[int, ...]], float]


class _Rivals(Protocol):
    """What a search knows about the graphs that it did not choose."""

    def loss_without(self, u: int, v: int) -> float:
        """Return the score lost by the best graph found that lacks the arrow u -> v."""


@dataclass(frozen=True, repr=False)
class DagSearch(Result):
    """The best graph that a search found; made by :func:`search_dag`.

    Attributes
    ----------
    parents : tuple of tuple of int
        Parents of each variable, ascending.
    score : float
        Sum of the scores of all variables given their parents.
    exact : bool
        True where no graph scores higher; False where a greedy search was made, which may have missed it.
    """

    parents: tuple[tuple[int, ...], ...]
    score: float
    exact: bool
    _rivals: _Rivals = field(repr=False, compare=False)

    @property
    def arrows(self) -> tuple[tuple[int, int], ...]:
        """Arrows u -> v of the graph as pairs (u, v), ascending."""
        return tuple(sorted((u, v) for v, parents in enumerate(self.parents) for u in parents))

    def gaps(self) -> dict[tuple[int, int], float]:
        """Return for each arrow (u, v) the score that the best graph without it loses.

        The other graph may turn the arrow round and differ elsewhere too. Exact where ``exact`` is True;
        otherwise the best graph that the greedy search finds without the arrow, so that the true loss is at
        most as large. Never negative; zero where another graph does as well.
        """
        return {(u, v): max(self._rivals.loss_without(u, v), 0.0) for u, v in self.arrows}


def search_dag(
    score: Score, n_variables: int, *, max_parents: int | None = None, exact_up_to: int = 12
) -> DagSearch:
    r"""Find the directed acyclic graph G with the largest sum of local scores.

    .. math:: \sum_{v=0}^{d-1} \mathrm{score}(v, \mathrm{pa}_G(v))

    Up to ``exact_up_to`` variables by dynamic programming over subsets (Silander & Myllymaki), which looks
    at all graphs; its work is 2^d d^2 beside the scores. Beyond that by a greedy search, which changes one
    arrow at a time from several starts (tabu search) and says so by ``exact=False``. Ties go to fewer
    parents, then to smaller numbers; nothing is random.

    Parameters
    ----------
    score : callable
        ``score(v, parents)`` with ``parents`` an ascending tuple: a finite number, higher is better. Called
        at most once for each family of the search.
    n_variables : int
        Number of variables d; they are 0, ..., d - 1.
    max_parents : int, optional
        Largest number of parents of a variable; no limit where None.
    exact_up_to : int, default=12
        Largest number of variables of an exact search, at most 16.

    Returns
    -------
    DagSearch

    Raises
    ------
    ValueError
        If a setting is out of its range, or ``score`` returns what is not a finite number.

    References
    ----------
    Silander, T. & Myllymaki, P. (2006). A simple approach for finding the globally optimal Bayesian network
    structure. Uncertainty in Artificial Intelligence 22.

    Examples
    --------
    >>> from causalkit.estimators._search._dags import search_dag
    >>> liked = {(1, (0,)): 3.0, (2, (0, 1)): 2.0, (2, (1,)): 1.5}
    >>> found = search_dag(lambda v, parents: liked.get((v, parents), 0.0), 3)
    >>> found.parents, found.score, found.gaps()
    (((), (0,), (0, 1)), 5.0, {(0, 1): 3.0, (0, 2): 0.5, (1, 2): 2.0})
    """
    check_scalar_argument(n_variables, "n_variables", integer=True, low=1)
    check_scalar_argument(exact_up_to, "exact_up_to", integer=True, low=0, high=MAX_VARIABLES)
    if max_parents is None:
        max_parents = n_variables - 1
    check_scalar_argument(max_parents, "max_parents", integer=True, low=0)
    families = FamilyScores(score)
    if n_variables > exact_up_to:
        greedy = GreedyDag(families, n_variables, max_parents)
        return _found(families, greedy.parents, greedy, exact=False)
    exact = _ExactDag(_score_table(families, n_variables, max_parents))
    return _found(families, exact.parents, exact, exact=True)


def _found(
    families: FamilyScores, parents: tuple[tuple[int, ...], ...], rivals: _Rivals, *, exact: bool
) -> DagSearch:
    total = math.fsum(families(v, chosen) for v, chosen in enumerate(parents))
    return DagSearch(parents, total, exact, rivals)


def _score_table(families: FamilyScores, n_variables: int, max_parents: int) -> Floats:
    """Return the scores of all families, shape (d, 2^d); minus infinity where a family is not allowed."""
    table = np.full((n_variables, 2**n_variables), -np.inf)
    for v in range(n_variables):
        for parents in _parent_sets(v, n_variables, max_parents):
            table[v, sum(1 << u for u in parents)] = families(v, parents)
    return table


def _parent_sets(v: int, n_variables: int, max_parents: int) -> Iterator[tuple[int, ...]]:
    others = [u for u in range(n_variables) if u != v]
    for size in range(min(max_parents, len(others)) + 1):
        yield from combinations(others, size)


class _ExactDag:
    """Best graph over all orders of the variables, from a table of scores of shape (d, 2^d).

    Attributes
    ----------
    parents : tuple of tuple of int
        Parents of each variable in the best graph.
    """

    def __init__(self, scores: Floats) -> None:
        family = _best_families(scores)
        # Score of the best parents of v among the candidates C.
        self._gain = np.take_along_axis(scores, family, axis=1)
        self._beginnings = best_beginnings(self._gain, np.add, 0.0)
        order = best_order(self._gain, self._beginnings, np.add)
        self.parents = _parents_in_order(family, order)

    @cached_property
    def _endings(self) -> Floats:
        return best_endings(self._gain, np.add, 0.0)

    def loss_without(self, u: int, v: int) -> float:
        """Only the parents of v feel the ban: its candidates C lose u, whatever comes before and after."""
        before = all_masks(len(self._gain))
        before = before[before >> v & 1 == 0]
        own = self._gain[v, before & ~(1 << u)]
        total = self._beginnings[before] + own + self._endings[before | 1 << v]
        return float(self._beginnings[-1] - total.max())


def _best_families(scores: Floats) -> Masks:
    """Return the best parents of v among the candidates C as a mask: shape (d, 2^d).

    The best of all subsets of C is the one with the smallest rank; ranks break ties once and for all.
    """
    masks = np.broadcast_to(all_masks(len(scores)), scores.shape)
    by_rank = np.lexsort((masks, np.bitwise_count(masks), -scores), axis=-1)
    rank = np.empty_like(by_rank)
    np.put_along_axis(rank, by_rank, masks, axis=1)
    return np.take_along_axis(by_rank, smallest_of_subsets(rank), axis=1)


def _parents_in_order(family: Masks, order: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    parents: list[tuple[int, ...]] = [()] * len(order)
    before = 0
    for v in order:
        chosen = int(family[v, before])
        parents[v] = tuple(u for u in range(len(order)) if chosen >> u & 1)
        before |= 1 << v
    return tuple(parents)
