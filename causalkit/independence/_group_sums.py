"""Sums over independent units, be they rows or groups of rows, and how far their total lies from zero."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.sparse import csr_array

from causalkit.independence._weighted_chi_squared import weighted_chi_squared_sf

Floats = NDArray[np.float64]
Index = NDArray[np.intp]

# A sum below this share of its absolute terms is rounding.
_ROUNDING = 1e-12


def sum_over_groups(contributions: Floats, codes: Index) -> Floats:
    """Return the sum of each column in each group, shape (n_groups, k); terms that cancel out sum to zero."""
    n_rows, n_groups = len(codes), int(codes.max()) + 1
    if n_groups == n_rows:
        return contributions[np.argsort(codes)]
    member = csr_array((np.ones(n_rows), (codes, np.arange(n_rows))), shape=(n_groups, n_rows))
    sums, size = member @ contributions, member @ np.abs(contributions)
    return np.where(np.abs(sums) > _ROUNDING * size, sums, 0.0)


def mean_zero_test(sums: Floats) -> tuple[float, float]:
    """Return Student's t of the hypothesis that sums of shape (n_groups,) have mean zero, and its p-value."""
    n = len(sums)
    squares = float((sums**2).sum())
    if squares == 0:
        return 0.0, 1.0
    share = float(np.clip(sums.sum() / np.sqrt(n * squares), -1, 1))
    t = np.sign(share) * np.inf if abs(share) == 1 else share * np.sqrt((n - 1) / (1 - share**2))
    return float(t), float(2 * stats.t.sf(abs(t), n - 1))


def quadratic_test(sums: Floats) -> tuple[float, float]:
    """Return the squared length of the column totals, and its p-value if the rows have mean zero.

    The total is then normal, and its covariance is estimated by the products of the rows about zero, which
    overstates it where the mean is not zero or the rows are few: a caution on the side of the hypothesis.
    """
    statistic = float((sums.sum(axis=0) ** 2).sum())
    # Both products have the same positive eigenvalues.
    products = sums.T @ sums if sums.shape[0] > sums.shape[1] else sums @ sums.T
    weights = np.linalg.eigvalsh(products).astype(np.float64)
    if weights[-1] <= 0:
        return statistic, 1.0
    return statistic, weighted_chi_squared_sf(statistic, weights)
