"""Two columns in environments, in an order that depends on the data alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causalkit.independence._rows import Index, Rows
from causalkit.independence._variables import Floats, Variable


@dataclass(frozen=True)
class Pair(Rows):
    """Two variables at rows that stand by environment.

    Attributes
    ----------
    first, second : Variable
    swapped : bool
        True where ``first`` is the caller's y.
    """

    first: Variable
    second: Variable
    swapped: bool

    def larger(self, least: int) -> Pair:
        """Return the part in environments of at least so many rows."""
        if (self.sizes >= least).all():
            return self
        kept, rows = self.in_larger(least)
        return Pair(rows.codes, rows.sizes, self.first.take(kept), self.second.take(kept), self.swapped)


def arrange(x: Variable, y: Variable, codes: NDArray[np.int64]) -> Pair:
    """Put rows, environments and the two variables in an order that is a function of the data.

    Shuffled rows, other labels and swapped columns then lead to the same numbers to the last bit. Rows that
    tie are copies of each other, and so are environments.
    """
    as_given, mirrored = _arranged(x, y, codes, swapped=False), _arranged(y, x, codes, swapped=True)
    return mirrored if _comes_first(mirrored, as_given) else as_given


def _arranged(first: Variable, second: Variable, codes: NDArray[np.int64], *, swapped: bool) -> Pair:
    rows = np.lexsort((second.key, first.key, codes))
    labels = codes[rows].astype(np.intp)
    order = _order_of_environments(first.key[rows], second.key[rows], labels)
    place = np.argsort(order)[labels]
    again = np.argsort(place, kind="stable")
    rows = rows[again]
    sizes = np.bincount(labels)[order].astype(np.float64)
    return Pair(place[again], sizes, first.take(rows), second.take(rows), swapped)


def _order_of_environments(one: Floats, two: Floats, codes: Index) -> Index:
    """Order environments by size and by a hash of the rows they hold, whatever their labels."""
    by_value = np.lexsort((two, one))
    step = (np.diff(one[by_value]) != 0) | (np.diff(two[by_value]) != 0)
    distinct = np.empty(len(one), dtype=np.intp)
    distinct[by_value] = np.concatenate([[0], np.cumsum(step)])
    words = np.random.default_rng(0).integers(2**63, size=len(one), dtype=np.int64)[distinct]
    sizes = np.bincount(codes)
    starts = np.concatenate([[0], np.cumsum(sizes[:-1])])
    # Integers wrap around, so that their sum does not depend on the order of the rows.
    return np.lexsort((np.add.reduceat(words, starts), sizes))


def _comes_first(one: Pair, two: Pair) -> bool:
    """Say whether the first arrangement comes first; copies of each other are not told apart."""
    if one.first.categorical != two.first.categorical:
        return two.first.categorical
    for left, right in (
        (one.first.key, two.first.key),
        (one.second.key, two.second.key),
        (one.sizes, two.sizes),
    ):
        unequal = np.flatnonzero(left != right)
        if len(unequal):
            return bool(left[unequal[0]] < right[unequal[0]])
    return False
