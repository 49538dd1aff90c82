"""What is regressed on where a statement is conditional: functions of one column or of several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from causalkit.independence._rows import Index
from causalkit.independence._variables import Floats, Variable

# Rows that a cell of several categorical columns needs to have an indicator of its own.
_FEWEST_IN_CELL = 2
# Cells, and all functions together, may take one degree of freedom of so many rows.
_ROWS_FOR_A_CELL, _ROWS_FOR_A_FUNCTION = 6, 12
_SMALLEST_SHARE = 1e-10


@dataclass(frozen=True)
class Condition:
    """Least squares on a basis of functions of the conditioning columns.

    Attributes
    ----------
    basis : ndarray, shape (n, q)
        Spans the constant.
    inverse : ndarray, shape (q, q)
        Pseudo-inverse of its cross products.
    """

    basis: Floats
    inverse: Floats

    def residuals(self, values: Floats) -> Floats:
        """What is left of the columns of ``values``."""
        return values - self.basis @ (self.inverse @ (self.basis.T @ values))

    def leverage(self) -> Floats:
        """Degrees of freedom that each row takes, shape (n,)."""
        return np.asarray(np.einsum("ij,jk,ik->i", self.basis, self.inverse, self.basis, optimize=True))


def condition_on(given: Sequence[Variable], n_rows: int) -> Condition:
    """Return regressions on functions of the given variables; on a constant if there are none."""
    if len(given) == 1:
        basis = given[0].basis
        return Condition(basis, np.asarray(np.linalg.pinv(basis.T @ basis), dtype=np.float64))
    basis = _joint_basis(given, n_rows)
    inverse = np.linalg.pinv(basis.T @ basis, rcond=_SMALLEST_SHARE, hermitian=True)
    return Condition(basis, np.asarray(inverse, dtype=np.float64))


def _joint_basis(given: Sequence[Variable], n_rows: int) -> Floats:
    """Additive functions of each column first; cells and products while there are rows for them."""
    categorical = [variable for variable in given if variable.categorical]
    continuous = [variable for variable in given if not variable.categorical]
    blocks = [np.ones((n_rows, 1)), *(variable.basis for variable in given)]
    cells = _cells(categorical, n_rows)
    if len(categorical) > 1:
        blocks.append(cells)
    products = [one.score[:, None] * two.score[:, None] for one, two in combinations(continuous, 2)]
    products += [one.score[:, None] * cells for one in continuous if categorical]
    taken = sum(variable.basis.shape[1] for variable in continuous) + cells.shape[1]
    for product in products:
        taken += product.shape[1]
        if taken > n_rows / _ROWS_FOR_A_FUNCTION:
            break
        blocks.append(product)
    return np.hstack(blocks)


def _cells(categorical: Sequence[Variable], n_rows: int) -> Floats:
    """Indicators of the most frequent joint levels, shape (n, number of cells)."""
    cell: Index = np.zeros(n_rows, dtype=np.intp)
    for variable in categorical:
        # Numbered anew after each column, so that many columns cannot overflow.
        joint = cell * (int(variable.key.max()) + 1) + variable.basis.argmax(axis=1)
        cell = np.unique(joint, return_inverse=True)[1].reshape(n_rows)
    counts = np.bincount(cell)
    by_size = np.argsort(-counts, kind="stable")[: n_rows // _ROWS_FOR_A_CELL]
    frequent = by_size[counts[by_size] >= _FEWEST_IN_CELL]
    return (cell[:, None] == frequent).astype(np.float64)
