"""Reading columns and environments into a table that statements are tested on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from causalkit._environments import group_rows
from causalkit._validation import check_same_length
from causalkit.independence._table import Table
from causalkit.independence._variables import Variable

Places = dict[str, list[int]]


def read_table(
    environments: Any, columns: Mapping[str, Sequence[Variable]], *, pairs: bool = True
) -> tuple[Table, Places]:
    """Put columns at rows grouped by environment; return the table and where each argument's columns are.

    Copies of a column are one column of the table, as "given x" has to be recognised.

    Raises
    ------
    ValueError
        If lengths differ, there is one environment, or (where ``pairs`` are needed) none has two rows.
    """
    n_rows = check_same_length(**{name: part[0].key for name, part in columns.items() if len(part)})
    groups = group_rows(environments, name="environments", n_rows=n_rows)
    if groups.n_groups < 2:
        raise ValueError(
            f"environments must hold at least two environments; got one ({groups.labels[0]!r}) in all "
            f"{n_rows} rows"
        )
    if pairs and groups.sizes.max() < 2:
        raise ValueError(
            "environments must hold at least one environment of two or more rows, as the direction shows in "
            f"pairs of rows; got {groups.n_groups} environments of one row each"
        )
    distinct: list[Variable] = []
    places = {name: [_place(variable, distinct) for variable in part] for name, part in columns.items()}
    return Table(distinct, groups.codes), places


def _place(variable: Variable, distinct: list[Variable]) -> int:
    """Find the column among those seen so far, or add it."""
    for place, seen in enumerate(distinct):
        if seen.categorical == variable.categorical and np.array_equal(seen.key, variable.key):
            return place
    distinct.append(variable)
    return len(distinct) - 1
