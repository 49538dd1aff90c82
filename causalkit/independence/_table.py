"""Columns read once, on which many statements about rows of the same environments are tested."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from causalkit._canonical_table import canonical_order
from causalkit.independence._cross_rows import cross_row_statement, cross_statement
from causalkit.independence._rows import Rows
from causalkit.independence._same_row import same_row_given_statement
from causalkit.independence._sign_flips import Contributions
from causalkit.independence._variables import Variable

Columns = Sequence[int]


class Table:
    """Variables at rows in an order that depends on the data alone.

    Columns are named by their positions in the caller's order; neither that order nor those of rows and
    labels of environments change any number.

    Parameters
    ----------
    variables : sequence of Variable
        Columns as they were read, in the caller's order of rows.
    codes : ndarray of int, shape (n,)
        Environment of each row, all of 0, 1, ... in use.
    """

    def __init__(self, variables: Sequence[Variable], codes: NDArray[np.integer]) -> None:
        keys = np.column_stack([variable.key for variable in variables])
        kinds = np.array([variable.categorical for variable in variables])
        order = canonical_order(keys, kinds, codes)
        self.rank: list[int] = np.argsort(order.columns).tolist()
        self.rows = Rows(order.codes, np.bincount(order.codes).astype(np.float64))
        self.variables = [variable.take(order.rows) for variable in variables]
        self.repeated_rows, self.repeated_variables = self.rows, self.variables
        if (self.rows.sizes == 1).any():
            kept, self.repeated_rows = self.rows.in_larger(2)
            self.repeated_variables = [variable.take(kept) for variable in self.variables]

    @property
    def n_environments(self) -> int:
        """Number of environments, those of one row included."""
        return len(self.rows.sizes)

    @property
    def n_environments_with_pairs(self) -> int:
        """Number of environments of two or more rows."""
        return len(self.repeated_rows.sizes)

    def cross_statement(self, x: Columns, y: Columns, given: Columns = ()) -> Contributions:
        """Return the statement X_i indep Y_j | Z_j for rows i != j; at least one environment has two rows.

        With one column of x that is in ``given``, and one of y, it is the statement that x is a cause of y.
        """
        others, effects, condition = (self.pick(self.repeated_variables, part) for part in (x, y, given))
        if len(others) == len(effects) == 1 and any(others[0] is variable for variable in condition):
            rest = [variable for variable in condition if variable is not others[0]]
            return cross_statement(others[0], effects[0], self.repeated_rows, rest)
        return cross_row_statement(others, effects, condition, self.repeated_rows)

    def same_row_statement(self, x: Columns, y: Columns, given: Columns = ()) -> Contributions:
        """Return the statement X_j indep Y_j | Z_j."""
        xs, ys, condition = (self.pick(self.variables, part) for part in (x, y, given))
        return same_row_given_statement(xs, ys, condition, self.rows)

    def pick(self, variables: list[Variable], columns: Columns) -> list[Variable]:
        """Return the variables of these columns, each once, in an order that depends on the data alone."""
        return [variables[i] for i in sorted(set(columns), key=self.rank.__getitem__)]
