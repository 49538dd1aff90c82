"""A table with environments, its columns, rows and environments in an order that the data alone decide."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from causalkit._canonical_table import canonical_order
from causalkit._environments import Groups, group_rows
from causalkit.independence._table import Table
from causalkit.independence._variables import Variable, read_variable

Floats = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class DiscoveryData:
    """Columns, rows and environments in a canonical order.

    Attributes
    ----------
    names : tuple of str
        Names of the columns.
    variables : tuple of Variable
        The columns as functions of their values, for tests.
    values : ndarray, shape (n, d)
        Numbers of continuous columns, codes 0, 1, ... of the levels of categorical ones.
    n_levels : ndarray of int, shape (d,)
        Number of levels of categorical columns, 0 for continuous ones.
    levels : tuple
        For each column its sorted levels, None for continuous ones.
    codes : ndarray of int, shape (n,)
        Environment of each row, ascending from 0.
    sizes : ndarray of int, shape (E,)
        Rows of each environment.
    """

    names: tuple[str, ...]
    variables: tuple[Variable, ...]
    values: Floats
    n_levels: Index
    levels: tuple[tuple[object, ...] | None, ...]
    codes: Index
    sizes: Index

    @property
    def n_variables(self) -> int:
        """Number of columns."""
        return len(self.names)

    @property
    def n_environments(self) -> int:
        """Number of environments."""
        return len(self.sizes)

    @property
    def n_pairs(self) -> int:
        """Number of unordered pairs of rows that share an environment."""
        return int((self.sizes * (self.sizes - 1)).sum()) // 2

    @property
    def kind(self) -> str:
        """Whether columns are "categorical", "continuous" or "mixed"."""
        if (self.n_levels > 0).all():
            return "categorical"
        return "mixed" if (self.n_levels > 0).any() else "continuous"

    @cached_property
    def table(self) -> Table:
        """The columns as a table that statements are tested on."""
        return Table(self.variables, self.codes)

    def resampled(self, counts: NDArray[np.integer]) -> DiscoveryData:
        """Return the data in which each environment stands as often as ``counts`` says, shape (E,)."""
        starts = np.cumsum(self.sizes) - self.sizes
        chosen = np.repeat(np.arange(self.n_environments), counts)
        sizes = self.sizes[chosen]
        codes = np.repeat(np.arange(len(chosen)), sizes)
        rows = np.repeat(starts[chosen] - (np.cumsum(sizes) - sizes), sizes) + np.arange(sizes.sum())
        variables = tuple(variable.take(rows) for variable in self.variables)
        return replace(self, variables=variables, values=self.values[rows], codes=codes, sizes=sizes)


def discovery_data(table: pd.DataFrame, environments: ArrayLike) -> DiscoveryData:
    """Read the columns of a checked table and put columns, rows and environments into a canonical order.

    The same data with shuffled rows, permuted or renamed columns or other labels of environments become the
    same arrays. Rows, columns and environments that tie are copies of each other.

    Raises
    ------
    ValueError
        If there are fewer than two columns or environments, no environment has two rows, a column is
        constant (everywhere, or in every environment) or has texts that hardly ever repeat, or environments
        are not one label for each row.
    """
    if table.shape[1] < 2:
        raise ValueError(f"X must have at least two columns; got one ({table.columns[0]!r})")
    groups = _grouped(environments, len(table))
    variables = [read_variable(table[name], f"X (column {name!r})") for name in table]
    keys = np.column_stack([variable.key for variable in variables])
    _reject_fixed_columns(keys, table.columns, groups)
    order = canonical_order(keys, np.array([v.categorical for v in variables]), groups.codes)
    variables = [variables[j].take(order.rows) for j in order.columns]
    names = tuple(table.columns[j] for j in order.columns)
    levels = tuple(
        tuple(sorted(table[name].unique())) if variable.categorical else None
        for name, variable in zip(names, variables, strict=True)
    )
    return DiscoveryData(
        names=names,
        variables=tuple(variables),
        values=np.column_stack([variable.key for variable in variables]),
        n_levels=np.array([0 if known is None else len(known) for known in levels], dtype=np.intp),
        levels=levels,
        codes=order.codes,
        sizes=np.bincount(order.codes).astype(np.intp),
    )


def warn_of_single_rows(data: DiscoveryData) -> None:
    """Say how many environments hold one row only, since they tell nothing about directions."""
    n_single = int((data.sizes == 1).sum())
    if n_single:
        warnings.warn(
            f"{n_single} of {data.n_environments} environments have one row only: they count for "
            "dependence inside a row, but tell nothing about directions",
            UserWarning,
            stacklevel=3,
        )


def _reject_fixed_columns(keys: Floats, names: pd.Index, groups: Groups) -> None:
    """Refuse columns that describe environments: their rows show nothing about a mechanism's noise."""
    first = np.unique(groups.codes, return_index=True)[1]
    fixed = (keys == keys[first][groups.codes]).all(axis=0)
    if fixed.any():
        raise ValueError(
            f"X must have columns that vary inside environments; got {names[fixed][0]!r} with one value in "
            f"each of {groups.n_groups} environments: leave it out"
        )


def _grouped(environments: ArrayLike, n_rows: int) -> Groups:
    groups = group_rows(environments, name="environments", n_rows=n_rows)
    if groups.n_groups < 2:
        raise ValueError(
            f"environments must hold at least two environments; got one ({groups.labels[0]!r}) in all "
            f"{n_rows} rows"
        )
    if groups.sizes.max() < 2:
        raise ValueError(
            "environments must hold at least one environment of two or more rows, as directions show in "
            f"pairs of rows; got {groups.n_groups} environments of one row each"
        )
    return groups
