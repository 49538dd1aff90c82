"""The best graph with mutable variables from scores of all families, and how often resampled rows agree."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import networkx as nx
import numpy as np

from causalkit.estimators._minimax._discovery_families import MAX_PARENTS, Fits, fit_families, fit_family
from causalkit.estimators._minimax._discovery_features import Features, Floats, Ints
from causalkit.estimators._search._dags import search_dag

Family = tuple[int, tuple[int, ...]]

_EXACT_UP_TO = 16
_BLOCKS_PER_ENVIRONMENT = 50
# The score of what is not allowed; finite, so that sums of it stay numbers.
_NEVER = -1e12
_STABLE, _MUTABLE = 0, 1
# The outcome's mechanism never changes, so parents with which it seems to change are not its parents: such a
# gain of log-likelihood, beyond its price and what chance gives, counts so many times against them.
_INSISTENCE = 10.0
_CHANCE_GAIN = 3.0


@dataclass(frozen=True)
class Graph:
    """Parents of each variable, ascending, and the positions of the mutable ones."""

    parents: tuple[tuple[int, ...], ...]
    mutable: frozenset[int]

    @property
    def arrows(self) -> frozenset[tuple[int, int]]:
        """Arrows (cause, effect)."""
        return frozenset((u, v) for v, parents in enumerate(self.parents) for u in parents)

    def as_networkx(self) -> nx.DiGraph:
        """Return the graph over positions."""
        graph = nx.DiGraph()
        graph.add_nodes_from(range(len(self.parents)))
        graph.add_edges_from(sorted(self.arrows))
        return graph


class FamilyTable:
    """Scores of all families, stable and mutable, and their log-likelihoods in blocks of rows.

    Parameters
    ----------
    features : Features
    mutable : collection of int or None
        Variables that are mutable, all others being stable; None where the scores decide.
    parents : tuple of tuple of int, or None
        The only parents that each variable may have; None where the scores decide.
    """

    def __init__(
        self,
        features: Features,
        mutable: frozenset[int] | None = None,
        parents: tuple[tuple[int, ...], ...] | None = None,
    ) -> None:
        self._n_variables = features.n_variables
        self._parents, self._mutable = parents, mutable
        self._blocks, self.block_codes = _blocks(features)
        self._place: dict[Family, int] = {}
        sums: list[Floats] = []
        prices: list[list[float]] = []
        price = 0.5 * math.log(len(features.columns))
        for family, fits in _all_families(features, parents):
            self._place[family] = len(sums)
            sums.append(np.stack([np.add.reduceat(fit.rows, self._blocks) for fit in fits]))
            prices.append([price * fit.n_parameters for fit in fits])
        self._sums, self._prices = np.stack(sums), np.array(prices)
        self._change_price = self._prices[:, _MUTABLE] - self._prices[:, _STABLE]
        self._forbid()

    def _forbid(self) -> None:
        """Price out what is fixed otherwise, and parents with which the outcome would change."""
        outcome = self._n_variables - 1
        for (v, own), place in self._place.items():
            if v == outcome:
                self._prices[place, _STABLE] += _INSISTENCE * max(self.outcome_gain(own) - _CHANCE_GAIN, 0.0)
            if v == outcome or (self._mutable is not None and v not in self._mutable):
                self._prices[place, _MUTABLE] = -_NEVER
            elif self._mutable is not None:
                self._prices[place, _STABLE] = -_NEVER

    def best_graph(self, counts: Floats | None = None) -> Graph:
        """Return the graph with the best score, where each block of rows counts so many times."""
        weights = np.ones(self._sums.shape[2]) if counts is None else counts
        scores = np.maximum(self._sums @ weights - self._prices, _NEVER)
        parents = self._parents
        if parents is None:
            parents = search_dag(
                self._scorer(scores),
                self._n_variables,
                max_parents=MAX_PARENTS,
                exact_up_to=_EXACT_UP_TO,
            ).parents
        if self._mutable is not None:
            return Graph(parents, self._mutable)
        mutable = [v for v, own in enumerate(parents) if np.argmax(scores[self._place[v, own]]) == _MUTABLE]
        return Graph(parents, frozenset(mutable))

    def _scorer(self, scores: Floats) -> Callable[[int, tuple[int, ...]], float]:
        best = scores.max(axis=1)

        def score(v: int, parents: tuple[int, ...]) -> float:
            place = self._place.get((v, parents))
            return _NEVER if place is None else float(best[place])

        return score

    def outcome_gain(self, parents: tuple[int, ...]) -> float:
        """Return the log-likelihood, less its price, that a changing mechanism of the outcome would gain."""
        place = self._place[self._n_variables - 1, parents]
        fits = self._sums[place].sum(axis=1)
        return float(fits[_MUTABLE] - fits[_STABLE] - self._change_price[place])

    def resampled(self, generators: list[np.random.Generator]) -> list[Graph]:
        """Return the best graph for each draw of blocks with replacement inside the environments.

        Log-likelihoods of the fitted families are resampled, not the fits (Kishino, Miyata and Hasegawa,
        1990): a draw costs no more than a search.
        """
        return [self.best_graph(_draw(self.block_codes, generator)) for generator in generators]


def _draw(codes: Ints, generator: np.random.Generator) -> Floats:
    sizes = np.bincount(codes)
    return np.concatenate([generator.multinomial(k, np.full(k, 1 / k)) for k in sizes]).astype(float)


def _blocks(features: Features) -> tuple[Ints, Ints]:
    """First row and environment of each block: rows of an environment stand in an order that is random."""
    firsts, codes = [], []
    for e, (a, b) in enumerate(zip(features.starts[:-1], features.starts[1:], strict=True)):
        edges = np.linspace(a, b, min(_BLOCKS_PER_ENVIRONMENT, b - a) + 1).astype(np.int64)[:-1]
        firsts.append(edges)
        codes.append(np.full(len(edges), e))
    return np.concatenate(firsts), np.concatenate(codes)


def _all_families(
    features: Features, parents: tuple[tuple[int, ...], ...] | None
) -> Iterator[tuple[Family, Fits]]:
    for v in range(features.n_variables):
        if parents is not None:
            yield (v, parents[v]), fit_family(features, v, parents[v])
            continue
        for own, fits in fit_families(features, v, is_outcome=v == features.n_variables - 1):
            yield (v, own), fits
