"""A question about an intervention, put to mechanisms that are fitted to environments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial

import networkx as nx
import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from causalkit.estimators._discovery._data import DiscoveryData
from causalkit.estimators._interventional._companions import pattern_counts
from causalkit.estimators._interventional._graph import mechanisms_in_play
from causalkit.estimators._interventional._steps import LevelStep, NumberStep, Step, TableStep
from causalkit.estimators._mixed._family import LevelFamily, NumberFamily
from causalkit.estimators._mixed._model_score import MixedModelScores
from causalkit.estimators._mixture._family import TableFamily
from causalkit.estimators._mixture._score import TableScores

Floats = NDArray[np.float64]
Family = TableFamily | NumberFamily | LevelFamily


@dataclass(frozen=True)
class Question:
    """Outcome, intervention and companions; variables are positions in the data's columns.

    Attributes
    ----------
    data : DiscoveryData
        What mechanisms are fitted to.
    causal_graph : networkx.DiGraph
        Arrows between positions.
    outcome : int
    fixed : mapping of int to float
        Intervened variables and their codes or numbers.
    rows : mapping of int to ndarray, shape (n_companions,)
        Codes or numbers of the companion rows.
    """

    data: DiscoveryData
    causal_graph: nx.DiGraph
    outcome: int
    fixed: Mapping[int, float]
    rows: Mapping[int, Floats]

    @cached_property
    def parents(self) -> dict[int, tuple[int, ...]]:
        """Parents, ascending, of each variable whose mechanism is in play, causes before effects."""
        in_play = mechanisms_in_play(self.causal_graph, self.outcome, self.fixed)
        return {v: tuple(sorted(self.causal_graph.predecessors(v))) for v in in_play}

    @property
    def n_companions(self) -> int:
        """Number of companion rows."""
        return len(self.rows[self.outcome])

    def families(self, counts: Floats | None = None) -> dict[int, Family]:
        """Fit the mechanisms in play to environments that count so often; once each for None."""
        n_levels = self.data.n_levels
        tables = [v for v, parents in self.parents.items() if n_levels[[v, *parents]].all()]
        others = [v for v in self.parents if v not in tables]
        return {**self._tables(tables, counts), **self._mixed_models(others, counts)}

    def steps(self, families: Mapping[int, Family], *, companions: bool) -> list[Step]:
        """The mechanisms of the new row, given the companion rows or none."""
        return [self._step(v, families[v], companions) for v in self.parents]

    def iid_steps(self, families: Mapping[int, Family]) -> list[Step]:
        """The mechanisms of the new row as if all rows came from one environment."""
        return [self._iid_step(v, families[v]) for v in self.parents]

    def drawn(self, families: Mapping[int, Family], rng: np.random.Generator) -> dict[int, Family]:
        """Families with one mixing law in place of an average, drawn with its weight given the companions."""
        return {v: self._drawn(v, family, rng) for v, family in families.items()}

    def _drawn(self, v: int, family: Family, rng: np.random.Generator) -> Family:
        if not isinstance(family, TableFamily):
            return family
        told = self._counts(v, family, companions=True)[None, family.patterns]
        scores = np.array([fit.score + fit.law.log_marginal(told)[0] for fit in family.fits])
        # Companions that no law allows tell nothing about the laws.
        if not np.isfinite(scores.max()):
            return family
        return replace(family, fits=(family.fits[rng.choice(len(scores), p=softmax(scores))],))

    def _counts(self, v: int, family: TableFamily, *, companions: bool) -> Floats:
        """Companion rows with each pattern and level, shape (n_patterns, n_levels); zeros without any."""
        told = [self.rows[u] if companions else np.empty(0) for u in (*self.parents[v], v)]
        return pattern_counts(told[:-1], told[-1], [*family.parent_levels, family.n_levels])

    def _tables(self, variables: list[int], counts: Floats | None) -> dict[int, Family]:
        if not variables:
            return {}
        used, at = self._columns(variables)
        codes = self.data.values[:, used].astype(np.int64)
        resampled = counts is not None
        scores = TableScores(codes, self.data.n_levels[used], self.data.codes, counts, resampled=resampled)
        return {v: scores.family(at[v], tuple(at[u] for u in self.parents[v])) for v in variables}

    def _mixed_models(self, variables: list[int], counts: Floats | None) -> dict[int, Family]:
        if not variables:
            return {}
        used, at = self._columns(variables)
        values, n_levels = self.data.values[:, used], self.data.n_levels[used]
        scores = MixedModelScores(values, self.data.codes, counts, n_levels)
        return {v: scores.family(at[v], tuple(at[u] for u in self.parents[v])) for v in variables}

    def _columns(self, variables: list[int]) -> tuple[list[int], dict[int, int]]:
        """Columns that some mechanisms need, ascending, and the place of each among them."""
        used = sorted({u for v in variables for u in (v, *self.parents[v])})
        return used, {v: i for i, v in enumerate(used)}

    def _step(self, v: int, family: Family, companions: bool) -> Step:
        parents = self.parents[v]
        if isinstance(family, TableFamily):
            table = family.predictive(self._counts(v, family, companions=companions))
            return TableStep(v, parents, table.reshape(*family.parent_levels, family.n_levels))
        n_rows = self.n_companions if companions else 0
        stacked = np.column_stack([np.empty((n_rows, 0)), *(self.rows[u][:n_rows] for u in parents)])
        given = (stacked, self.rows[v]) if n_rows else None
        if isinstance(family, NumberFamily):
            return NumberStep(v, parents, partial(family.predictive, companions=given))
        return LevelStep(v, parents, partial(family.predictive, companions=given))

    def _iid_step(self, v: int, family: Family) -> Step:
        parents = self.parents[v]
        if isinstance(family, TableFamily):
            return TableStep(v, parents, family.iid.reshape(*family.parent_levels, family.n_levels))
        if isinstance(family, NumberFamily):
            return NumberStep(v, parents, family.iid.predictive)
        return LevelStep(v, parents, family.iid.predictive)
