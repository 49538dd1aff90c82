"""Features and a network turned into what networks are trained on: standard columns, sparse matrices."""

from __future__ import annotations

import threading
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from causalkit.graphs._network import Network
from causalkit.nuisance._hops import HopLayout

if TYPE_CHECKING:
    import torch

    from causalkit.nuisance._modules import GraphInputs

Array = NDArray[np.float64]
Float32 = NDArray[np.float32]
Index = NDArray[np.intp]

_csr_lock = threading.Lock()
_FURTHEST = 10.0  # standard deviations; what lies beyond would drown the other rows of a batch


@dataclass(frozen=True)
class InputLayout:
    """Which columns a network sees, and how they are standardised.

    `own` are positions of columns of X that are never passed along links, nor are their missing flags.
    Decoupled networks see all hop groups side by side; networks on links see the own group, those of a user
    without the degree's columns.
    """

    hops: HopLayout
    own: tuple[int, ...]
    decoupled: bool
    with_degree: bool
    centre: Float32
    scale: Float32

    @classmethod
    def of(
        cls,
        X: Array,
        network: Network,
        names: list[str],
        *,
        n_hops: int,
        own: tuple[int, ...],
        decoupled: bool,
        with_degree: bool,
        rows: Index,
    ) -> tuple[InputLayout, Float32]:
        """The layout, with centre and scale of the given rows, and the columns of all rows."""
        hops = HopLayout.of(X, names, n_hops if decoupled else 0)
        none = np.zeros(0, np.float32)
        raw = cls(hops, own, decoupled, with_degree, none, none)._raw(X, network)
        layout = cls(hops, own, decoupled, with_degree, *_mean_and_spread(raw, rows))
        return layout, layout._standard(raw)

    @property
    def n_own(self) -> int:
        """Number of columns that stay with their node, missing flags included."""
        return len(self.own) + sum(j in self.own for j in self.hops.flagged)

    def columns(self, X: Array, network: Network) -> Float32:
        """Standard columns of nodes (n, .); the own ones come last. A missing value becomes the mean."""
        return self._standard(self._raw(X, network))

    def _standard(self, raw: Float32) -> Float32:
        standard = (raw - self.centre) / self.scale
        return np.clip(np.nan_to_num(standard, copy=False), -_FURTHEST, _FURTHEST)

    def _raw(self, X: Array, network: Network) -> Float32:
        first, *further = self.hops.groups(X, network)
        n_features = X.shape[1]
        travel = np.setdiff1d(np.arange(n_features), self.own)
        flags, is_own = first[:, n_features + 2 :], np.isin(self.hops.flagged, self.own)
        degree = [first[:, n_features : n_features + 2]] if self.with_degree else []
        parts = [first[:, travel], *(group[:, travel] for group in further), *degree, flags[:, ~is_own]]
        return np.hstack([*parts, first[:, list(self.own)], flags[:, is_own]])


def _mean_and_spread(raw: Float32, rows: Index) -> tuple[Float32, Float32]:
    """Mean and deviation of each column's known values in some rows, column by column to spare memory."""
    centre, scale = np.zeros(raw.shape[1], np.float32), np.full(raw.shape[1], np.inf, np.float32)
    for j in range(raw.shape[1]):
        seen = raw[rows, j].astype(np.float64)
        seen = seen[np.isfinite(seen)]
        if not seen.size:
            continue
        centre[j] = seen.mean()
        spread = seen.std()
        if spread > 1e-6:  # a column that does not vary becomes zero
            scale[j] = spread
    return centre, scale


def graph_inputs(columns: Float32, n_own: int, network: Network, architecture: str) -> GraphInputs:
    """Tensors for a network on links: "gcn" and "sage" get CSR matrices, all others a list of edges.

    The last `n_own` columns stay with their node. A module of the user's own, "own", gets weights, too.
    """
    import torch

    from causalkit.nuisance._modules import GraphInputs, sparse_product

    values = torch.from_numpy(np.ascontiguousarray(columns))
    x, own = values[:, : values.shape[1] - n_own], values[:, values.shape[1] - n_own :]
    if architecture in ("gcn", "sage"):
        matrix = _with_loops(network) if architecture == "gcn" else network.random_walk()
        csr, transposed = csr_tensor(matrix), csr_tensor(matrix.T.tocsr())
        return GraphInputs(x, own, csr, transposed, sparse_product(csr, transposed, x.contiguous()))
    links = network.adjacency.tocoo()
    edges = torch.from_numpy(np.stack([links.row, links.col]).astype(np.int64))
    weight = torch.from_numpy(links.data.astype(np.float32)) if architecture == "own" else None
    return GraphInputs(x, own, edge_index=edges, edge_weight=weight)


def csr_tensor(matrix: sparse.csr_array) -> torch.Tensor:
    """A SciPy matrix as a torch CSR tensor; 32-bit positions, which its library would else make anew."""
    import torch

    arrays: list[Any] = [matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32)]
    rows, columns = (torch.from_numpy(part) for part in arrays)
    values = torch.from_numpy(matrix.data.astype(np.float32))
    # Filters belong to the process: two threads that restore them in turn could leave ours behind.
    with _csr_lock, warnings.catch_warnings():
        # PyTorch calls all of its CSR tensors a beta.
        warnings.filterwarnings("ignore", message="Sparse")
        return torch.sparse_csr_tensor(rows, columns, values, size=matrix.shape)


def _with_loops(network: Network) -> sparse.csr_array:
    """D^(-1/2) (A + I) D^(-1/2), D the weight sums with the loop."""
    looped = (network.adjacency + sparse.eye_array(network.n_nodes, dtype=np.float32)).tocsr()
    root = 1 / np.sqrt(np.asarray(looped.sum(axis=1)).ravel())
    return (sparse.diags_array(root) @ looped @ sparse.diags_array(root)).tocsr()
