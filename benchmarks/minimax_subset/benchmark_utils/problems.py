"""What a method is given, and what only the scores may see."""

from __future__ import annotations

from dataclasses import dataclass

import networkx as nx
import numpy as np
import pandas as pd
from numpy.typing import NDArray

Risks = dict[frozenset[str], float]


@dataclass(frozen=True)
class Table:
    """Labelled rows of several environments."""

    X: pd.DataFrame
    y: pd.Series
    environments: pd.Series

    def rows(self, chosen: NDArray[np.bool_]) -> Table:
        return Table(self.X[chosen], self.y[chosen], self.environments[chosen])


@dataclass(frozen=True)
class Problem:
    """What a method is given: training rows, and for those that use them the graph and the mutable variables.

    Where there are no fresh rows from the training mix, `first_half` marks a half of the training rows:
    methods are fitted on each half as well, and predict the other.
    """

    train: Table
    causal_graph: nx.DiGraph
    mutable: tuple[str, ...]
    first_half: NDArray[np.bool_] | None = None

    @property
    def stable(self) -> tuple[str, ...]:
        return tuple(name for name in self.train.X if name not in self.mutable)

    def on(self, chosen: NDArray[np.bool_]) -> Problem:
        return Problem(self.train.rows(chosen), self.causal_graph, self.mutable)


@dataclass(frozen=True)
class Draw:
    """A problem and what its answers are held against.

    `mix` has fresh rows of the training environments, `test` rows of environments that were not seen.
    `worst_case_risk` is exact, in squared units of y, for every subset of the stable variables. `keep_rows`:
    the loss of every test row is kept for a paired bootstrap.
    """

    problem: Problem
    seed: int
    mix: Table | None = None
    test: Table | None = None
    worst_case_risk: Risks | None = None
    whole_set_is_optimal: bool | None = None
    keep_rows: bool = False


def half_of(environments: pd.Series, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Half of the rows of each environment, at random."""
    ranks = pd.Series(rng.random(len(environments))).groupby(environments.to_numpy()).rank()
    return (ranks % 2 == 1).to_numpy()
