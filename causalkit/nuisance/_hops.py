"""Feature matrix and network turned into the hop groups that every block is built on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causalkit.graphs._network import Network
from causalkit.graphs._propagate import degree_columns, hop_arrays

Array = NDArray[np.float64]
Float32 = NDArray[np.float32]

_SAMPLE_ROWS = 50_000


@dataclass(frozen=True)
class HopLayout:
    """Which columns each hop group holds: own columns, degree and missing flags in group 0, means after it.

    Columns are centred and scaled before they become 32-bit numbers, so that a year in nanoseconds keeps its
    digits. A node without neighbours gets the middle of a column as its neighbours' mean.
    """

    names: tuple[str, ...]
    n_hops: int
    flagged: tuple[int, ...]  # columns of X with missing values in the fit get a flag each
    centre: Array
    scale: Array

    @classmethod
    def of(cls, X: Array, names: list[str], n_hops: int) -> HopLayout:
        """The layout of columns X (n, d); columns with missing values here get a flag."""
        flagged = np.flatnonzero(np.isnan(X).any(axis=0))
        return cls(tuple(names), n_hops, tuple(int(j) for j in flagged), *_middle_and_spread(X))

    def groups(self, X: Array, network: Network) -> list[Float32]:
        """[own columns, one-hop means, ...], each (n, .); missing where no neighbour is observed."""
        own = X - self.centre
        own /= self.scale
        limit = np.finfo(np.float32).max / 1e6
        arrays = hop_arrays(
            np.clip(own, -limit, limit, out=own).astype(np.float32),
            network,
            self.n_hops if network.n_edges else 0,
        )
        while len(arrays) <= self.n_hops:
            arrays.append(np.zeros_like(arrays[0]))
        flags = np.isnan(X[:, list(self.flagged)]).astype(np.float32)
        arrays[0] = np.hstack([arrays[0], degree_columns(network), flags])
        return arrays

    def column_name(self, hop: int, feature: int) -> str:
        own = [*self.names, "log_degree", "isolated", *(f"missing({self.names[j]})" for j in self.flagged)]
        return own[feature] if hop == 0 else self.names[feature]

    def labels(self) -> list[str]:
        """Names of the columns of all groups side by side."""
        own = [self.column_name(0, j) for j in range(len(self.names) + 2 + len(self.flagged))]
        return own + [f"{name} (hop {h})" for h in range(1, self.n_hops + 1) for name in self.names]


def _middle_and_spread(X: Array) -> tuple[Array, Array]:
    """Median and mean absolute deviation of each column over at most 50,000 rows; no square overflows."""
    rows = np.linspace(0, len(X) - 1, min(len(X), _SAMPLE_ROWS)).astype(np.intp)
    middle, spread = np.zeros(X.shape[1]), np.ones(X.shape[1])
    for j, column in enumerate(X[rows].T):
        seen = column[~np.isnan(column)]
        if seen.size:
            middle[j] = np.median(seen)
            deviation = np.abs(seen - middle[j]).mean()
            spread[j] = deviation if deviation > 1e-13 * abs(middle[j]) else 1.0
    return middle, spread
