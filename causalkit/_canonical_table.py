"""An order of rows, environments and columns that depends on the values alone, by repeated hashing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Index = NDArray[np.intp]
Words = NDArray[np.uint64]

# Each round tells columns and rows apart by those that the round before told apart.
_ROUNDS = 3


@dataclass(frozen=True)
class CanonicalOrder:
    """Positions of rows and columns in an order that shuffling and renaming do not change.

    Attributes
    ----------
    rows : ndarray of int, shape (n,)
        Rows by environment.
    codes : ndarray of int, shape (n,)
        Place of the environment of each of these rows, ascending.
    columns : ndarray of int, shape (d,)
    """

    rows: Index
    codes: Index
    columns: Index


def canonical_order(keys: Floats, kinds: NDArray[np.bool_], codes: NDArray[np.integer]) -> CanonicalOrder:
    """Order rows, environments and columns; what ties is alike, so that its order does not matter.

    Every row, environment and column has a hash of what it holds, in which the hashes of the others enter:
    sums of integers wrap around, so that no order of adding matters.
    """
    bits = np.ascontiguousarray(keys + 0.0).view(np.uint64)
    column = _mixed(kinds.astype(np.uint64) + np.uint64(1))
    by_code = np.argsort(codes, kind="stable")
    sizes = np.bincount(codes)
    starts = np.concatenate([[0], np.cumsum(sizes[:-1])])
    for _ in range(_ROUNDS):
        cell = _mixed(_mixed(bits) + column)
        row = _mixed(cell.sum(axis=1, dtype=np.uint64))
        environment = _mixed(np.add.reduceat(row[by_code], starts))
        in_environment = _mixed(row + environment[codes])
        column = _mixed((cell ^ in_environment[:, None]).sum(axis=0, dtype=np.uint64) + column)
    place = np.empty(len(sizes), dtype=np.intp)
    place[np.lexsort((environment, sizes))] = np.arange(len(sizes))
    rows = np.lexsort((row, place[codes]))
    return CanonicalOrder(rows, place[codes][rows], np.argsort(column, kind="stable"))


def _mixed(words: Words) -> Words:
    """Scramble 64-bit words (the finaliser of SplitMix64, after Steele, Lea and Flood, 2014)."""
    words = words + np.uint64(0x9E3779B97F4A7C15)
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))
