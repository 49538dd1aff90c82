"""A causal graph as a search leaves it, and what it was chosen by."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Arrow = tuple[int, int]
Parents = tuple[tuple[int, ...], ...]


class FamilyScores(Protocol):
    """Local scores: how well parents explain a variable, in nats, higher being better."""

    def score(self, v: int, parents: tuple[int, ...]) -> float:
        """Return the score of a variable and its parents."""

    def family(self, v: int, parents: tuple[int, ...]) -> Any:
        """Return the fitted law of a variable given its parents."""


@dataclass(frozen=True)
class Found:
    """A directed acyclic graph and what it was chosen by.

    Attributes
    ----------
    parents : tuple of tuples of int
        Parents of each variable, ascending.
    order : tuple of int
        Variables, causes first.
    exact : bool
        Whether the search compared all graphs (orders).
    gaps : dict
        For each arrow (u, v) the score that the best graph without it loses; empty if chosen by tests.
    scores : FamilyScores or None
        None if chosen by tests.
    unsettled : frozenset
        Arrows without which a graph does about as well, or that an order may reverse.
    unclear : frozenset
        Arrows that need support by tests of different rows: their scores are close, and noise or curves may
        have another shape than the models.
    rests_on_shape : bool
        Whether the scores assume shapes of functions and of noise, which may be wrong.
    violated : bool
        Whether tests reject every order.
    reason : str
        Why, in words, where one test decided everything.
    """

    parents: Parents
    order: tuple[int, ...]
    exact: bool
    gaps: dict[Arrow, float] = field(default_factory=dict)
    scores: FamilyScores | None = None
    unsettled: frozenset[Arrow] = frozenset()
    unclear: frozenset[Arrow] = frozenset()
    rests_on_shape: bool = False
    violated: bool = False
    reason: str = ""

    @property
    def arrows(self) -> list[Arrow]:
        """Arrows (u, v), by child and parent."""
        return [(u, v) for v, parents in enumerate(self.parents) for u in parents]

    def arrow_between(self, u: int, v: int) -> Arrow | None:
        """Return the arrow that joins two variables, if any."""
        if u in self.parents[v]:
            return u, v
        return (v, u) if v in self.parents[u] else None

    def adjacency(self) -> NDArray[np.bool_]:
        """Return True in row u and column v for u -> v, shape (d, d)."""
        matrix = np.zeros((len(self.parents), len(self.parents)), dtype=bool)
        for u, v in self.arrows:
            matrix[u, v] = True
        return matrix


def causal_order(parents: Parents) -> tuple[int, ...]:
    """Order variables so that causes come first; of several that may come next the lowest does."""
    order: list[int] = []
    while len(order) < len(parents):
        left = (v for v in range(len(parents)) if v not in order)
        order.append(next(v for v in left if set(parents[v]) <= set(order)))
    return tuple(order)
