"""A good directed acyclic graph over many variables: climbing by single arrows from several starts."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property
from numbers import Real

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Parents = tuple[tuple[int, ...], ...]

# Two scores that differ by less, relative to their size, differ by rounding.
_ROUNDING = 1e-12


class FamilyScores:
    """A score that is asked once for each family and checked.

    Parameters
    ----------
    score : callable
        ``score(v, parents)`` with ``parents`` an ascending tuple.
    """

    def __init__(self, score: Callable[[int, tuple[int, ...]], float]) -> None:
        self._score = score
        self._known: dict[tuple[int, tuple[int, ...]], float] = {}

    def __call__(self, v: int, parents: tuple[int, ...]) -> float:
        """Return the score of variable ``v`` given its parents.

        Raises
        ------
        ValueError
            If it is not a finite number.
        """
        family = (v, parents)
        if family not in self._known:
            value = self._score(v, parents)
            if not isinstance(value, Real) or not math.isfinite(value):
                raise ValueError(
                    "score must return a finite number for each family; "
                    f"got {value!r} for variable {v} given {parents}"
                )
            self._known[family] = float(value)
        return self._known[family]


class GreedyDag:
    """Tabu search over graphs: add, delete or turn one arrow at a time, from several starting graphs.

    The starts are the empty graph and, for a few orders of the variables, the graph that stepwise selection
    of parents gives. After each move its pair of variables rests for a while, so that the search gets
    out of a local optimum instead of going back to it. The orders come from a generator with a fixed seed:
    nothing is random from one call to the next.

    Parameters
    ----------
    families : FamilyScores
    n_variables : int
    max_parents : int
    n_starts : int
        Number of starting graphs.

    Attributes
    ----------
    parents : tuple of tuple of int
        Parents of each variable in the best graph found.

    References
    ----------
    Glover, F. (1989). Tabu search, part I. ORSA Journal on Computing 1 (3), 190-206.
    """

    def __init__(
        self, families: FamilyScores, n_variables: int, max_parents: int, *, n_starts: int = 10
    ) -> None:
        self._families = families
        self._n_variables = n_variables
        self._max_parents = max_parents
        self._free = ~np.eye(n_variables, dtype=bool)
        # Best score of any graph met that lacks the arrow u -> v.
        self._best_without = np.full((n_variables, n_variables), -np.inf)
        self._best = max(
            (self._climb(start, self._free) for start in self._starts(n_starts)), key=lambda found: found[0]
        )
        self.parents = _as_parents(self._best[1])

    def loss_without(self, u: int, v: int) -> float:
        """Return the score lost by the best graph met that lacks the arrow u -> v."""
        return float(self._losses[u, v])

    @cached_property
    def _losses(self) -> Floats:
        """Score lost without each arrow, after climbing again with each arrow of the best graph banned."""
        score, graph = self._best
        for u, v in zip(*np.nonzero(graph), strict=True):
            free = self._free.copy()
            free[u, v] = False
            for start in (_without(graph, u, v), self._turned(graph, u, v)):
                self._climb(start, free)
        return score - self._best_without

    def _turned(self, graph: Bools, u: int, v: int) -> Bools:
        """Return the graph with v -> u where u -> v was, less the other arrows from u on the way to v."""
        turned = _without(graph, u, v)
        turned[u, _reachable(turned)[:, v]] = False
        turned[v, u] = turned[:, u].sum() < self._max_parents
        return turned

    def _starts(self, n_starts: int) -> list[Bools]:
        rng = np.random.default_rng(0)
        empty = np.zeros_like(self._free)
        return [empty, *(self._stepwise(rng.permutation(self._n_variables)) for _ in range(n_starts - 1))]

    def _stepwise(self, order: NDArray[np.int64]) -> Bools:
        """Return the graph in which each variable adds parents from before it as long as one pays."""
        graph = np.zeros_like(self._free)
        place = np.argsort(order)
        earlier = place[:, None] < place
        for v in order.tolist():
            while True:
                gains = np.where(graph[:, v], -np.inf, self._gains_of(v, graph, earlier))
                u = int(np.argmax(gains))
                if gains[u] <= 0:
                    break
                graph[u, v] = True
        return graph

    def _gains_of(self, v: int, graph: Bools, free: Bools) -> Floats:
        """Score gained by adding u -> v where it is not there and by deleting it where it is, for each u."""
        parents = np.flatnonzero(graph[:, v])
        now = self._families(v, tuple(parents.tolist()))
        gains = np.full(self._n_variables, -np.inf)
        for u in range(self._n_variables):
            if graph[u, v] or (free[u, v] and len(parents) < self._max_parents):
                family = np.setxor1d(parents, [u])
                gains[u] = self._families(v, tuple(family.tolist())) - now
        return gains

    def _climb(self, start: Bools, free: Bools) -> tuple[float, Bools]:
        """Return the best score met on the way and its graph."""
        patience = 2 * self._n_variables
        graph = start.copy()
        gains = np.column_stack([self._gains_of(v, graph, free) for v in range(self._n_variables)])
        rests_until = np.zeros(graph.shape, dtype=np.int64)
        score = self._visit(graph)
        best, best_graph, step, last_record = score, graph.copy(), 0, 0
        while step - last_record < patience:
            step += 1
            record = best + _ROUNDING * max(1.0, abs(best))
            changes = _best_move(graph, gains, rests_until >= step, record - score)
            if not changes:
                break
            for u, v in changes:
                graph[u, v] = not graph[u, v]
                rests_until[u, v] = rests_until[v, u] = step + 1 + self._n_variables // 2
            for _, v in changes:
                gains[:, v] = self._gains_of(v, graph, free)
            score = self._visit(graph)
            if score > record:
                best, best_graph, last_record = score, graph.copy(), step
        return best, best_graph

    def _visit(self, graph: Bools) -> float:
        """Return the score of a graph and keep it for all arrows that the graph lacks."""
        score = math.fsum(self._families(v, parents) for v, parents in enumerate(_as_parents(graph)))
        self._best_without[~graph & (self._best_without < score)] = score
        return score


def _without(graph: Bools, u: int, v: int) -> Bools:
    less = graph.copy()
    less[u, v] = False
    return less


def _best_move(graph: Bools, gains: Floats, resting: Bools, needed: float) -> tuple[tuple[int, int], ...]:
    """Return the entries that the best move changes; none where no move is allowed.

    A pair that rests may move all the same where that gains more than needed for a new best score.
    """
    moves = _legal_moves(graph, gains)
    moves[resting & (moves <= needed)] = -np.inf
    turn, u, v = (int(i) for i in np.unravel_index(np.argmax(moves), moves.shape))
    if moves[turn, u, v] == -np.inf:
        return ()
    return ((u, v), (v, u)) if turn else ((u, v),)


def _legal_moves(graph: Bools, gains: Floats) -> Floats:
    """Score gained by changing the entry (u, v) alone, and by turning u -> v: shape (2, n, n).

    Minus infinity where a move is not allowed, or would close a cycle.
    """
    reach = _reachable(graph)
    change = np.where(~graph & reach.T, -np.inf, gains)
    detour = graph.astype(np.float64) @ reach > 0
    turn = np.where(graph & ~detour, gains + gains.T, -np.inf)
    return np.stack([change, turn])


def _reachable(graph: Bools) -> Bools:
    """Whether a path of one or more arrows leads from u to v."""
    reach = graph.copy()
    for middle in range(len(graph)):
        reach |= reach[:, middle, None] & reach[middle]
    return reach


def _as_parents(graph: Bools) -> Parents:
    return tuple(tuple(np.flatnonzero(column).tolist()) for column in graph.T)
