"""Feature matrix and network turned into the hop groups that every block is built on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causalkit.graphs._network import Network
from causalkit.graphs._propagate import degree_columns, hop_arrays

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class HopLayout:
    """Which columns each hop group holds: own columns, degree and missing-value flags in group 0, means after it."""

    names: tuple[str, ...]
    n_hops: int
    flagged: tuple[int, ...]  # columns of X with missing values in the fit get a flag each

    @classmethod
    def of(cls, X: NDArray[np.float64], names: list[str], n_hops: int) -> HopLayout:
        flagged = np.flatnonzero(np.isnan(X).any(axis=0))
        return cls(tuple(names), n_hops, tuple(int(j) for j in flagged))

    def groups(self, X: NDArray[np.float64], network: Network) -> list[Float32]:
        """[own columns, one-hop means, ...], each (n, .); a missing value stays missing where nobody is observed."""
        arrays = hop_arrays(X.astype(np.float32), network, self.n_hops if network.n_edges else 0)
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
