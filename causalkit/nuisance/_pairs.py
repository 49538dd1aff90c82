"""Which pairs of columns to add: a screen of the residuals that costs one matrix product for each stratum."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, solve_triangular
from scipy.stats import chi2

from causalkit.nuisance._gram import Design

Array = NDArray[np.float64]
Float32 = NDArray[np.float32]
Index = NDArray[np.intp]

_LEVEL, _LEVEL_ROWS = 0.01, 5_000  # a pair passes at the 1 % point; beyond 5,000 rows, where a pair that
_STRICTEST = 1e-4  # matters is far above it, at a smaller one, so that chance finds do not cost columns
_SCREEN_ROWS = 200_000  # the screen reads at most so many rows


class PairScreen:
    """Products of the two leading whitened functions of each column, summed with residual weights by fold.

    For a residual r the statistic of a pair is sum_ab (sum_i r_i q_ia q_ib)^2 / (n var r), chi-square with 4
    degrees of freedom where the pair carries nothing. A fold's own rows never enter the choice that its
    training rows make.
    """

    def __init__(
        self,
        design: Design,
        gram: Array,
        residuals: Float32,
        fold: Index,
        n_folds: int,
        weight: Array | None = None,
    ) -> None:
        self.positions = [i for i, b in enumerate(design.basis.blocks) if b.kind in ("smooth", "levels")]
        blocks = [design.basis.blocks[i] for i in self.positions]
        p, m = len(blocks), residuals.shape[1]
        self._squares = np.zeros((n_folds, m))
        self._sums = np.zeros((n_folds, m, 2 * p, 2 * p))
        n_rows = gram[0, 0]
        maps = [_whitener(gram[b.start + 1 : b.stop + 1, b.start + 1 : b.stop + 1] / n_rows) for b in blocks]
        step = max(1, design.n_rows // _SCREEN_ROWS)
        level = max(_STRICTEST, _LEVEL * min(1.0, _LEVEL_ROWS * step / design.n_rows))
        self._threshold = float(chi2.isf(level, df=4))
        for where, rows in design.iterate():
            rows, code, r = rows[::step], fold[where][::step], residuals[where][::step]
            weighted = r if weight is None else r * weight[where][::step, None].astype(np.float32)
            q = np.empty((len(rows), 2 * p), np.float32)
            for i, (b, w) in enumerate(zip(blocks, maps, strict=True)):
                q[:, 2 * i : 2 * i + 2] = rows[:, b.start + 1 : b.stop + 1] @ w
            for k in np.unique(code):
                chosen = code == k
                qk, rk = q[chosen], weighted[chosen]
                self._squares[k] += np.einsum("ij,ij->j", rk, r[chosen], dtype=np.float64)
                for j in range(m):
                    self._sums[k, j] += (qk * rk[:, j, None]).T @ qk

    def choices(self, target: int, n_pairs: int) -> list[list[tuple[int, int]]]:
        """What the training rows of each fold choose, and at the end what all rows do."""
        folds = np.arange(len(self._squares))
        without = [np.delete(folds, k) for k in folds] if len(folds) > 1 else []
        return [self.choose(target, rows, n_pairs) for rows in [*without, folds]]

    def choose(self, target: int, folds: Sequence[int] | Index, n_pairs: int) -> list[tuple[int, int]]:
        """The best pairs, as positions in the basis, by the rows of these folds."""
        p = len(self.positions)
        if p < 2 or n_pairs == 0:
            return []
        total = self._sums[folds, target].sum(axis=0).reshape(p, 2, p, 2)
        statistic = (total**2).sum(axis=(1, 3)) / max(self._squares[folds, target].sum(), 1e-30)
        left, right = np.triu_indices(p, 1)
        values = statistic[left, right]
        best = [i for i in np.argsort(-values, kind="stable")[:n_pairs] if values[i] > self._threshold]
        return [(self.positions[left[i]], self.positions[right[i]]) for i in best]


def _whitener(gram: Array) -> Float32:
    """Map from a column's functions to its two leading orthonormal ones (0 where there is no second)."""
    size = min(len(gram), 2)
    lead = gram[:size, :size]
    out = np.zeros((len(gram), 2), np.float32)
    scale = np.trace(lead) / size
    root = cholesky(lead + 1e-6 * scale * np.eye(size), lower=True)
    out[:size, :size] = solve_triangular(root, np.eye(size), lower=True).T
    return out
