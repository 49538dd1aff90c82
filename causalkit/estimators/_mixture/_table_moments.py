"""How the cells of a family's table move together between environments."""

import numpy as np
from numpy.typing import NDArray

from causalkit.estimators._mixture._table_counts import FamilyCounts

Floats = NDArray[np.float64]

# Moments are in units in which a row's own squared residuals add up to about one.
_ZERO = 1e-6


def cross_row_moments(counts: FamilyCounts) -> Floats:
    """Sum of products of two rows' standardised residuals over environments, shape (P q, P q)."""
    totals = counts.totals
    sizes = totals.sum(axis=1)
    shares = totals / sizes[:, None]
    scale = np.sqrt(np.maximum(totals, 0.5))
    residuals = standardised_residuals(counts).reshape(len(counts.tables), -1)
    moments = (residuals * counts.weights[:, None]).T @ residuals
    # What a row has in common with itself is not between rows.
    same_row = np.zeros((*shares.shape, *shares.shape))
    each = np.arange(len(shares))
    spread = shares[:, :, None] * (np.eye(shares.shape[1]) - shares[:, None, :])
    same_row[each, :, each, :] = sizes[:, None, None] * spread / (scale[:, :, None] * scale[:, None, :])
    return moments - same_row.reshape(moments.shape)


def standardised_residuals(counts: FamilyCounts) -> Floats:
    """Counts less what the pooled table expects, in units of the root of the cell's total: (D, P, q)."""
    totals = counts.totals
    shares = totals / totals.sum(axis=1, keepdims=True)
    return (counts.tables - counts.tables.sum(axis=2, keepdims=True) * shares) / np.sqrt(
        np.maximum(totals, 0.5)
    )


def leading_direction(counts: FamilyCounts) -> Floats | None:
    """Direction in which the cells move most between environments, of length one and any sign: (P, q).

    None where rows of an environment are no more alike than rows of different ones.
    """
    values, vectors = np.linalg.eigh(cross_row_moments(counts))
    return vectors[:, -1].reshape(counts.totals.shape) if values[-1] > _ZERO else None
