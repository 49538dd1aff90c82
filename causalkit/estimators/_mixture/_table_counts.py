"""Counts of (parent pattern, level) in each environment, with environments of equal counts collapsed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Codes of several columns are renumbered before they can leave the range of a 64-bit integer.
_LARGEST_CODE = 2**40


@dataclass(frozen=True)
class DistinctEnvironments:
    """Rows of environments that hold different rows, and how often each environment occurs.

    Attributes
    ----------
    codes : ndarray of int, shape (n, d)
    labels : ndarray of int, shape (n,)
        Environment of each row, 0 to D - 1, ascending.
    weights : ndarray, shape (D,)
        How many environments hold these rows.
    """

    codes: Integers
    labels: Integers
    weights: Floats


@dataclass(frozen=True)
class FamilyCounts:
    """Tables of one child and its parents.

    Attributes
    ----------
    tables : ndarray, shape (D, P, q)
        Rows with each of the P parent patterns that occur and each level of the child. No two are equal.
    weights : ndarray, shape (D,)
        How many environments have this table.
    patterns : ndarray of int, shape (P,)
        Index of these patterns among all patterns.
    """

    tables: Floats
    weights: Floats
    patterns: Integers

    @property
    def totals(self) -> Floats:
        """Rows of all environments, shape (P, q)."""
        return np.tensordot(self.weights, self.tables, axes=1)


def distinct_environments(codes: Integers, environments: Integers, weights: Floats) -> DistinctEnvironments:
    """Collapse environments with the same rows; those of weight zero or without rows are left out."""
    order = np.argsort(environments, kind="stable")
    labels = environments[order]
    starts = np.flatnonzero(np.concatenate([[True], np.diff(labels) > 0]))
    words = _words(_joint_codes(codes[order]))
    first, group = _groups(np.add.reduceat(words, starts))
    totals = np.asarray(np.bincount(group, weights[labels[starts]]), dtype=np.float64)
    keep = np.flatnonzero(totals > 0)
    ends = np.concatenate([starts[1:], [len(labels)]])
    sizes = (ends - starts)[first[keep]]
    rows = np.repeat(starts[first[keep]] - (np.cumsum(sizes) - sizes), sizes) + np.arange(sizes.sum())
    return DistinctEnvironments(codes[order[rows]], np.repeat(np.arange(len(keep)), sizes), totals[keep])


def family_counts(
    data: DistinctEnvironments, n_levels: Integers, child: int, parents: tuple[int, ...]
) -> FamilyCounts:
    """Count (pattern, level); patterns in C order of the parents' levels, the first parent slowest."""
    pattern = np.zeros(len(data.labels), dtype=np.int64)
    for parent in parents:
        pattern = pattern * n_levels[parent] + data.codes[:, parent]
    patterns, pattern = np.unique(pattern, return_inverse=True)
    q = int(n_levels[child])
    n_cells, n_distinct = len(patterns) * q, len(data.weights)
    cells = (data.labels * len(patterns) + pattern) * q + data.codes[:, child]
    tables = np.bincount(cells, minlength=n_distinct * n_cells).reshape(n_distinct, n_cells)
    first, group = _groups((tables * _words(np.arange(n_cells))).sum(axis=1))
    weights = np.asarray(np.bincount(group, data.weights), dtype=np.float64)
    return FamilyCounts(tables[first].reshape(-1, len(patterns), q).astype(np.float64), weights, patterns)


def _joint_codes(codes: Integers) -> Integers:
    """One code for each distinct row."""
    joint = np.zeros(len(codes), dtype=np.int64)
    for column in codes.T:
        levels = int(column.max()) + 1
        if (int(joint.max()) + 1) * levels > _LARGEST_CODE:
            joint = np.unique(joint, return_inverse=True)[1]
        joint = joint * levels + column
    return np.unique(joint, return_inverse=True)[1]


def _words(codes: Integers) -> Integers:
    """Random 64-bit words for codes 0, 1, ...: sums of words, which wrap around, tell multisets apart."""
    table = np.random.default_rng(0).integers(2**63, size=int(codes.max()) + 1, dtype=np.int64)
    return table[codes]


def _groups(keys: Integers) -> tuple[Integers, Integers]:
    """First member of each group of equal keys, and the group of each member."""
    _, first, group = np.unique(keys, return_index=True, return_inverse=True)
    return first, group
