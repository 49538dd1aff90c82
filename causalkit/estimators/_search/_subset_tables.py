"""Dynamic programming over all subsets of a few variables, for searches over their orders.

A subset is an integer whose bit v stands for variable v. An order (first to last) places one variable after
the other; placing v after the set C earns ``gain[v, C]``, and gains are put together by ``combine``
(``np.add`` for a sum, ``np.minimum`` for the worst of them). Every table holds the best over all orders.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Masks = NDArray[np.intp]

# Tables take 8 * n * 2^n bytes each: 8 MB here.
MAX_VARIABLES = 16


def all_masks(n_variables: int) -> Masks:
    """Return every subset of ``n_variables`` variables as an integer, ascending."""
    return np.arange(2**n_variables, dtype=np.intp)


def smallest_of_subsets(values: Masks) -> Masks:
    """Return, for each mask in the last axis (2^n), the smallest value among the mask's subsets."""
    best = values.copy()
    n_variables = best.shape[-1].bit_length() - 1
    for v in range(n_variables):
        halves = best.reshape(*best.shape[:-1], -1, 2, 2**v)
        np.minimum(halves[..., 1, :], halves[..., 0, :], out=halves[..., 1, :])
    return best


def best_beginnings(gain: Floats, combine: np.ufunc, nothing: float) -> Floats:
    """Return the best gain of ordering each set S from the front: shape (2^n,).

    Parameters
    ----------
    gain : ndarray, shape (n, 2^n)
        Gain of placing v after the set C; entries with v in C are not read.
    combine : ufunc
        Puts two gains together; increasing in both.
    nothing : float
        Gain of the empty set.
    """
    best = np.full(gain.shape[1], nothing)
    for sets, members, rest in _by_size(len(gain)):
        best[sets] = combine(best[rest], gain[members, rest]).max(axis=1)
    return best


def best_endings(gain: Floats, combine: np.ufunc, nothing: float) -> Floats:
    """Return the best gain of placing all variables outside each set S after it: shape (2^n,)."""
    everything = gain.shape[1] - 1
    best = np.full(gain.shape[1], nothing)
    for outside, members, others in _by_size(len(gain)):
        before = everything ^ outside
        best[before] = combine(gain[members, before[:, None]], best[everything ^ others]).max(axis=1)
    return best


def best_order(gain: Floats, beginnings: Floats, combine: np.ufunc) -> tuple[int, ...]:
    """Return the best order of all variables, first to last; ties put the smaller number first."""
    order: list[int] = []
    left = len(beginnings) - 1
    while left:
        members = np.array([v for v in reversed(range(len(gain))) if left >> v & 1])
        rest = left ^ (1 << members)
        last = int(members[np.argmax(combine(beginnings[rest], gain[members, rest]))])
        order.append(last)
        left ^= 1 << last
    return tuple(reversed(order))


@lru_cache(maxsize=8)
def _by_size(n_variables: int) -> tuple[tuple[Masks, Masks, Masks], ...]:
    """For each size k from 1: the sets (m,), their members (m, k), the sets without that member (m, k)."""
    masks = all_masks(n_variables)
    holds = (masks[:, None] >> np.arange(n_variables)) & 1 == 1
    sizes = holds.sum(axis=1)
    levels = []
    for k in range(1, n_variables + 1):
        sets = masks[sizes == k]
        members = np.nonzero(holds[sets])[1].reshape(len(sets), k)
        levels.append((sets, members, sets[:, None] ^ (1 << members)))
    return tuple(levels)
