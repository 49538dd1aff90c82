"""Exact sums over tables of conditional probabilities: one variable's law with others held fixed."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Sixteen million numbers, 128 MB.
_MOST_CELLS = 2**24


@dataclass(frozen=True)
class Factor:
    """An array with an axis for each of some variables."""

    names: tuple[Hashable, ...]
    table: Floats

    def fixed(self, values: Mapping[Any, int]) -> Factor:
        """Return the part at given positions of some variables."""
        index = tuple(values.get(name, slice(None)) for name in self.names)
        return Factor(tuple(name for name in self.names if name not in values), self.table[index])


def law_of(factors: Sequence[Factor], outcome: Hashable, fixed: Mapping[Any, int]) -> Floats:
    """Return the sum of a product of factors over all variables but the outcome, with some held fixed.

    Variables are summed out one after the other, the one first whose neighbours have the fewest joint levels.

    Parameters
    ----------
    factors : sequence of Factor
        Conditional probabilities of variables given their parents.
    outcome : node
        Variable of the answer.
    fixed : mapping of node to int
        Position of the level at which a variable is held.

    Returns
    -------
    ndarray, shape (n_levels,)

    Raises
    ------
    ValueError
        If a table of more than 16 million cells would be needed.
    """
    left = [factor.fixed(fixed) for factor in factors]
    to_sum = {name for factor in left for name in factor.names} - {outcome}
    while to_sum:
        # Ties go to the variable that stands first in the factors, so that the rounding is always the same.
        ranked = [name for factor in left for name in factor.names if name in to_sum]
        name = min(dict.fromkeys(ranked), key=lambda each: _cells(_with(left, each)))
        involved = _with(left, name)
        left = [factor for factor in left if name not in factor.names] + [_summed(involved, name)]
        to_sum.remove(name)
    return _product(left).table


def _with(factors: Sequence[Factor], name: Hashable) -> list[Factor]:
    return [factor for factor in factors if name in factor.names]


def _sizes(factors: Sequence[Factor]) -> dict[Hashable, int]:
    pairs = (pair for factor in factors for pair in zip(factor.names, factor.table.shape, strict=True))
    return dict(pairs)


def _cells(factors: Sequence[Factor]) -> int:
    return prod(_sizes(factors).values())


def _summed(factors: Sequence[Factor], name: Hashable) -> Factor:
    joint = _product(factors)
    axis = joint.names.index(name)
    return Factor(joint.names[:axis] + joint.names[axis + 1 :], joint.table.sum(axis=axis))


def _product(factors: Sequence[Factor]) -> Factor:
    sizes = _sizes(factors)
    if _cells(factors) > _MOST_CELLS:
        raise ValueError(
            f"the variables between do and outcome must have joint tables of at most {_MOST_CELLS} cells to "
            f"be summed exactly; got {_cells(factors)} cells for the levels of {list(sizes)} (intervene on "
            "more of them, or merge levels)"
        )
    names = tuple(sizes)
    table = np.ones(())
    for factor in factors:
        order = np.argsort([names.index(name) for name in factor.names])
        shape = [sizes[name] if name in factor.names else 1 for name in names]
        table = table * factor.table.transpose(order).reshape(shape)
    return Factor(names, np.broadcast_to(table, tuple(sizes.values())))
