"""Columns from which the mechanism of a variable is built: curves, levels, products, by environment."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from numpy.polynomial import legendre
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Degrees of the curves that a mechanism may use: straight, bent, with a turn, wavy.
WIDTHS = (1, 2, 3, 5)
# Curves are polynomials inside this many standard deviations and flat outside, so that no row has leverage.
_EDGE = 2.5
# Pairs of level columns with more joint levels than this get no products.
_MAX_PRODUCTS = 12


@dataclass(frozen=True)
class Features:
    """Shared columns of all mechanisms, and their sums of products in each environment.

    Attributes
    ----------
    columns : ndarray, shape (n, q)
        A zero column, a constant, the block of each variable, products of pairs.
    targets : ndarray, shape (n, p)
        Standardised variables; codes of levels stand there as they came.
    blocks : ndarray of int, shape (p, w)
        Columns of each variable, by degree; padded with the zero column.
    is_level : ndarray of bool, shape (p,)
    products : dict
        Columns of each pair (i, j), i < j, padded with the zero column.
    starts : ndarray of int, shape (e + 1,)
        First row of each environment; rows are sorted by environment.
    gram : ndarray, shape (e, q, q)
        Sums of products of the columns in each environment.
    cross : ndarray, shape (e, q, p)
        Sums of products of columns and targets.
    squares : ndarray, shape (e, p)
        Sums of squares of the targets.
    """

    columns: Floats
    targets: Floats
    blocks: Ints
    is_level: NDArray[np.bool_]
    products: dict[tuple[int, int], Ints]
    starts: Ints
    gram: Floats
    cross: Floats
    squares: Floats

    @property
    def sizes(self) -> Ints:
        """Rows of each environment."""
        return np.diff(self.starts)

    @property
    def n_variables(self) -> int:
        """Number of variables, the outcome included."""
        return self.targets.shape[1]

    def straight(self, j: int) -> Ints:
        """Return the columns that stand for variable ``j`` without its bends."""
        return self.block(j, WIDTHS[0])

    def block(self, j: int, width: int) -> Ints:
        """Return the columns of variable ``j``: curves up to a degree, or all its levels."""
        return (
            self.blocks[j]
            if self.is_level[j]
            else np.where(np.arange(self.blocks.shape[1]) < width, self.blocks[j], 0)
        )


def build_features(values: Floats, is_level: NDArray[np.bool_], starts: Ints) -> Features:
    """Return the columns of all mechanisms from a table of numbers and level codes, rows by environment."""
    columns: list[Floats] = [np.zeros(len(values)), np.ones(len(values))]
    parts = [_levels(v) if level else _curves(v) for v, level in zip(values.T, is_level, strict=True)]
    width = max(part.shape[1] for part in parts)
    blocks = np.zeros((len(parts), width), dtype=np.int64)
    for j, part in enumerate(parts):
        blocks[j, : part.shape[1]] = len(columns) + np.arange(part.shape[1])
        columns += list(part.T)
    products = {}
    straight = [part if level else part[:, :1] for part, level in zip(parts, is_level, strict=True)]
    for i, j in combinations(range(len(parts)), 2):
        both = _products(straight[i], straight[j])
        products[i, j] = len(columns) + np.arange(both.shape[1])
        columns += list(both.T)
    longest = max((len(p) for p in products.values()), default=0)
    padded = {pair: np.pad(p, (0, longest - len(p))) for pair, p in products.items()}
    table = np.column_stack(columns)
    targets = np.where(is_level, values, _standardised(values))
    gram, cross, squares = _sums(table, targets, starts)
    return Features(table, targets, blocks, is_level, padded, starts, gram, cross, squares)


def _standardised(values: Floats) -> Floats:
    return (values - values.mean(axis=0)) / np.maximum(values.std(axis=0), 1e-12)


def _curves(v: Floats) -> Floats:
    """The variable itself and polynomials of degrees 2 to 5 of its clipped values, shape (n, w)."""
    z = _standardised(v)
    inside = np.clip(z, -_EDGE, _EDGE) / _EDGE
    bends: Floats = np.asarray(legendre.legvander(inside, WIDTHS[-1])[:, 2:], dtype=np.float64)
    return np.column_stack([z, _standardised(bends)])[:, : max(len(np.unique(v)) - 1, 1)]


def _levels(v: Floats) -> Floats:
    codes = v.astype(np.int64)
    return _standardised(np.eye(codes.max() + 1)[codes][:, 1:])


def _products(left: Floats, right: Floats) -> Floats:
    if left.shape[1] * right.shape[1] > _MAX_PRODUCTS:
        return np.empty((len(left), 0))
    both = np.einsum("ni,nj->nij", np.clip(left, -4, 4), np.clip(right, -4, 4))
    return _standardised(both.reshape(len(left), -1))


def _sums(table: Floats, targets: Floats, starts: Ints) -> tuple[Floats, Floats, Floats]:
    spans = list(pairwise(starts))
    gram = np.stack([table[a:b].T @ table[a:b] for a, b in spans])
    cross = np.stack([table[a:b].T @ targets[a:b] for a, b in spans])
    return gram, cross, np.stack([(targets[a:b] ** 2).sum(axis=0) for a, b in spans])
