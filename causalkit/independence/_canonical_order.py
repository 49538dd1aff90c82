"""Independent units, and an order of rows that the data alone decide: shuffling changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalkit._canonical_table import canonical_order
from causalkit._environments import group_rows

Floats = NDArray[np.float64]
Index = NDArray[np.intp]

# With fewer groups the sums over groups say too little about their own spread.
_FEWEST_GROUPS = 6


def read_units(groups: Any, n_rows: int) -> tuple[Index, int | None]:
    """Return the code of each row's independent unit, and the number of groups; without, each row is a unit.

    Raises
    ------
    ValueError
        If a group is missing, the lengths differ, or there are fewer than six groups.
    """
    if groups is None:
        return np.arange(n_rows), None
    grouped = group_rows(groups, n_rows=n_rows)
    if grouped.n_groups < _FEWEST_GROUPS:
        raise ValueError(
            f"groups must hold at least {_FEWEST_GROUPS} different groups to tell how much they differ; "
            f"got {grouped.n_groups}"
        )
    return grouped.codes.astype(np.intp), grouped.n_groups


def arrange(parts: Sequence[Floats], codes: Index) -> tuple[list[Floats], Index]:
    """Return the parts of a table and the units, ordered by the data alone.

    Rows, units and the columns of each part are sorted; what ties is alike.
    """
    table = np.hstack(parts)
    part_of: NDArray[Any] = np.repeat(np.arange(len(parts)), [part.shape[1] for part in parts])
    order = canonical_order(table, part_of, codes)
    table, part_of = table[np.ix_(order.rows, order.columns)], part_of[order.columns]
    return [np.ascontiguousarray(table[:, part_of == i]) for i in range(len(parts))], order.codes
