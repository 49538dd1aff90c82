"""Rows to Gram matrices: a design evaluated in row blocks, its squares and products summed by stratum."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from numpy.typing import NDArray

from causalkit._threads import one_blas_thread
from causalkit.nuisance._blocks import Block, HopBasis
from causalkit.nuisance._evidence import Moments

Array = NDArray[np.float64]
Float32 = NDArray[np.float32]
Index = NDArray[np.intp]
Answer = TypeVar("Answer")

_PAIR_FUNCTIONS = 4  # a pair of columns is described by the products of the first 4 functions of each
_BLOCK_BYTES = 64 * 2**20  # a row block of the design takes about so much memory
_CACHE_BYTES = 256 * 2**20  # a design smaller than this is evaluated once and kept


class Design:
    """Columns [1 | functions of columns | pairs | given columns] of all rows, evaluated block by block.

    The intercept is block 0. `pairs` are pairs of positions in `basis.blocks`; `given` are float32 arrays (n,
    size) with a name each. Rows are never held all at once unless the whole design is small.
    """

    def __init__(
        self,
        groups: Sequence[Float32],
        basis: HopBasis,
        pairs: Sequence[tuple[int, int]] = (),
        given: dict[str, Float32] | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.groups, self.basis, self.pairs, self.given = list(groups), basis, list(pairs), given or {}
        self.n_jobs = n_jobs
        self.n_rows = len(self.groups[0])
        self.blocks = [Block("intercept", -1, -1, 0, 1)]
        self.blocks += [Block(b.kind, b.hop, b.feature, b.start + 1, b.stop + 1) for b in basis.blocks]
        for i, j in self.pairs:
            self._append("pair", self._pair_size(i) * self._pair_size(j))
        for name, values in self.given.items():
            self._append(name, values.shape[1])
        self.n_columns = self.blocks[-1].stop
        self._cached: Float32 | None = None

    def _append(self, kind: str, size: int) -> None:
        start = self.blocks[-1].stop
        self.blocks.append(Block(kind, -1, -1, start, start + size))

    def _pair_size(self, i: int) -> int:
        return min(self.basis.blocks[i].size, _PAIR_FUNCTIONS)

    @property
    def block_of_column(self) -> Index:
        return np.repeat(np.arange(len(self.blocks)), [b.size for b in self.blocks])

    def columns_of(self, positions: Sequence[int] | Index) -> Index:
        """Design columns of some blocks, in order."""
        return np.concatenate(
            [np.arange(self.blocks[i].start, self.blocks[i].stop) for i in positions]
        ).astype(np.intp)

    def rows(self, start: int, stop: int) -> Float32:
        if self._cached is not None:
            return self._cached[start:stop]
        out = np.empty((stop - start, self.n_columns), np.float32)
        out[:, 0] = 1
        main = self.basis.n_columns + 1
        out[:, 1:main] = self.basis.evaluate([g[start:stop] for g in self.groups])
        n_main = len(self.basis.blocks) + 1
        for block, (i, j) in zip(self.blocks[n_main:], self.pairs, strict=False):
            left, right = (out[:, self.blocks[k + 1].start :][:, : self._pair_size(k)] for k in (i, j))
            out[:, block.start : block.stop] = (left[:, :, None] * right[:, None, :]).reshape(len(out), -1)
        for block, values in zip(self.blocks[n_main + len(self.pairs) :], self.given.values(), strict=True):
            out[:, block.start : block.stop] = values[start:stop]
        return out

    def row_blocks(self) -> list[tuple[int, int]]:
        """The same cuts for any number of workers, so that sums come out equal."""
        step = max(1024, _BLOCK_BYTES // (4 * self.n_columns))
        return [(i, min(i + step, self.n_rows)) for i in range(0, self.n_rows, step)]

    def cache(self) -> None:
        if self._cached is None and 4 * self.n_rows * self.n_columns <= _CACHE_BYTES:
            self._cached = self.rows(0, self.n_rows)

    def at(self, groups: Sequence[Float32], given: dict[str, Float32] | None = None) -> Design:
        """The same columns for other rows."""
        return Design(groups, self.basis, self.pairs, self.given if given is None else given, self.n_jobs)

    def drop_rows(self) -> None:
        """Forget the rows, keep what the columns are."""
        self._cached = None
        self.groups = [g[:0] for g in self.groups]
        self.given = {name: values[:0] for name, values in self.given.items()}

    def iterate(self) -> Iterator[tuple[slice, Float32]]:
        """Row blocks in order, one at a time."""
        for start, stop in self.row_blocks():
            yield slice(start, stop), self.rows(start, stop)

    def map(self, function: Callable[[slice, Float32], Answer]) -> Iterator[Answer]:
        """`function` of every row block, in order, over threads: answers do not depend on their number."""

        def one(start: int, stop: int) -> Answer:
            return function(slice(start, stop), self.rows(start, stop))

        blocks = self.row_blocks()
        if len(blocks) == 1 or effective_n_jobs(self.n_jobs) == 1:
            yield from (one(start, stop) for start, stop in blocks)
            return
        with one_blas_thread():
            yield from Parallel(n_jobs=self.n_jobs, prefer="threads", return_as="generator")(
                delayed(one)(start, stop) for start, stop in blocks
            )


@dataclass(frozen=True)
class Sums:
    """Sums by stratum: Gram matrices (s, p, p), moments (s, p, m), squares (s, m), counts (s,)."""

    gram: Array
    moment: Array
    squares: Array
    n_rows: Array

    def folds(self, columns: Index | None = None, target: int = 0) -> list[Moments]:
        """The problem of one target on some columns, a part for each stratum."""
        parts = [
            Moments(
                self.gram[i], self.moment[i, :, target], float(self.squares[i, target]), float(self.n_rows[i])
            )
            for i in range(len(self.n_rows))
        ]
        return parts if columns is None else [part.columns(columns) for part in parts]

    def merged(self, n_merged: int) -> Sums:
        """Each `n_merged` strata that follow one another become one."""
        return Sums(
            *(
                a.reshape(-1, n_merged, *a.shape[1:]).sum(axis=1)
                for a in (self.gram, self.moment, self.squares, self.n_rows)
            )
        )


def stratified_sums(
    design: Design, targets: Float32, strata: Index, n_strata: int, *, row_scale: Float32 | None = None
) -> Sums:
    """Gram matrices of the design and products with the targets (n, m), by stratum, in one pass.

    With `row_scale` s the design rows are multiplied by s (targets are not). Products are taken in float32
    inside a row block and added up in float64.
    """
    design.cache()

    def block_sums(where: slice, rows: Float32) -> list[tuple[int, Float32, Float32, Array, int]]:
        code, target = strata[where], targets[where]
        if row_scale is not None:
            rows = rows * row_scale[where, None]
        out = []
        for i in np.unique(code):
            chosen = np.flatnonzero(code == i)
            d, v = rows[chosen], target[chosen]
            squares = np.einsum("ij,ij->j", v, v, dtype=np.float64)
            out.append((int(i), d.T @ d, d.T @ v, squares, chosen.size))
        return out

    p, m = design.n_columns, targets.shape[1]
    total = Sums(
        np.zeros((n_strata, p, p)), np.zeros((n_strata, p, m)), np.zeros((n_strata, m)), np.zeros(n_strata)
    )
    for part in design.map(block_sums):
        for i, gram, moment, squares, n in part:
            total.gram[i] += gram
            total.moment[i] += moment
            total.squares[i] += squares
            total.n_rows[i] += n
    return total


def predict_by_stratum(design: Design, weights: Array, strata: Index) -> Array:
    """Rows of stratum s times weights[s], an array (s, p, k): predictions (n, k) in one pass."""
    w = weights.astype(np.float32)

    def block_predictions(where: slice, rows: Float32) -> Float32:
        out = np.empty((len(rows), w.shape[2]), np.float32)
        code = strata[where]
        for i in np.unique(code):
            chosen = np.flatnonzero(code == i)
            out[chosen] = rows[chosen] @ w[i]
        return out

    return np.concatenate(list(design.map(block_predictions))).astype(np.float64)


def predict(design: Design, weights: Array) -> Array:
    """The design times weights (p, k)."""
    w = weights.astype(np.float32)
    return np.concatenate(list(design.map(lambda _, rows: rows @ w))).astype(np.float64)
