"""Columns that go into a predictor together with another one: its means over neighbours in a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from causalkit.estimators._minimax._types import Floats
from causalkit.graphs._convert import as_network
from causalkit.graphs._propagate import hop_arrays


@dataclass(frozen=True)
class NeighbourMeans:
    """Means of each column over 1, ..., n_hops hops, about the column's mean in the fit.

    Attributes
    ----------
    n_hops : int
    centre, scale : ndarray, shape (d,)
    """

    n_hops: int
    centre: Floats
    scale: Floats

    @classmethod
    def of(cls, values: Floats, n_hops: int) -> NeighbourMeans:
        """Take centre and scale from the rows of a fit; nodes without neighbours get the centre."""
        ordered = np.sort(values, axis=0)  # the same to the last bit in any order of the rows
        scale = ordered.std(axis=0)
        return cls(n_hops, ordered.mean(axis=0), np.where(scale > 0, scale, 1.0))

    def transform(self, values: Floats, graph: Any, node_ids: Any = None) -> Floats:
        """Columns and, behind them, their means hop by hop: (n, d * (n_hops + 1))."""
        network = as_network(graph, n_nodes=len(values), node_ids=node_ids)
        standard = ((values - self.centre) / self.scale).astype(np.float32)
        hops = hop_arrays(standard, network, self.n_hops)[1:]
        return np.hstack([values, *(hop.astype(np.float64) for hop in hops)])

    def companions(self) -> dict[int, tuple[int, ...]]:
        """Columns of the means of each column."""
        d = len(self.centre)
        return {j: tuple(d * hop + j for hop in range(1, self.n_hops + 1)) for j in range(d)}
