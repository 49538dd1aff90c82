"""The gate of a whole table: are rows i.i.d. or of equal intraclass correlation throughout?"""

from __future__ import annotations

import numpy as np
from scipy.stats import chi2

from causalkit.estimators._mixed._features import Floats
from causalkit.estimators._mixed._moments import Moments

_SMALLEST_SHARE = 1e-6


def equal_icc_pvalue(moments: Moments) -> float:
    r"""Test that covariances between environments are proportional to those within.

    .. math:: \mathrm{Cov}(X_i, X_j) = \rho \, W, \quad \mathrm{Cov}(X_i) = (1 + \rho) W, \quad i \ne j

    holds for i.i.d. rows (rho = 0) and for every linear model with own intercepts whose variance ratios are
    all equal; then all graphs of an equivalence class fit alike. What environments add to the difference of
    the two sides, in coordinates in which W is the identity, is summed and compared with its spread over
    environments, so that noise need not be normal. Levels are left out.

    Returns
    -------
    float
        p-value of a chi-squared test with d (d + 1) / 2 - 1 degrees of freedom; 1 where there are fewer than
        two numbers or no environment has two rows.
    """
    numbers = [
        places[0] for places, f in zip(moments.straight, moments.functions, strict=True) if not f.n_levels
    ]
    several = np.flatnonzero(moments.sizes > 1)
    if len(numbers) < 2 or not len(several):
        return 1.0
    sizes, counts = moments.sizes[several], moments.counts[several]
    across, within = _covariances(moments, numbers)
    across, within = across[several], within[several]
    left = sizes - 1
    whiten = _whitening(np.tensordot(counts * left, within, axes=1) / (counts @ left))
    across, within = whiten.T @ across @ whiten, whiten.T @ within @ whiten
    pairs = sizes * (sizes - 1)
    rho = max(
        float(np.trace(np.tensordot(counts * pairs, across, axes=1)) / (counts @ pairs) / whiten.shape[1]),
        0.0,
    )
    weights = pairs / (1 + sizes * rho) ** 2
    parts = _traceless(across - rho * within) * weights[:, None]
    total = counts @ parts
    spread = parts.T @ (counts[:, None] * parts)
    statistic = total @ np.linalg.lstsq(spread, total, rcond=1e-10)[0]
    return float(chi2.sf(statistic, parts.shape[1]))


def _covariances(moments: Moments, columns: list[int]) -> tuple[Floats, Floats]:
    """Mean products of two different rows, and covariances within, of each environment."""
    products = moments.products(columns, columns)
    sums = moments.sums[:, columns]
    outer = sums[:, :, None] * sums[:, None, :]
    n = moments.sizes[:, None, None]
    left = np.maximum(n - 1, 1)
    return (outer - products) / (n * left), (products - outer / n) / left


def _whitening(covariance: Floats) -> Floats:
    """Coordinates of unit covariance; directions in which columns are copies of each other are left out."""
    values, vectors = np.linalg.eigh(covariance)
    kept = values > _SMALLEST_SHARE * values[-1]
    return vectors[:, kept] / np.sqrt(values[kept])


def _traceless(matrices: Floats) -> Floats:
    """Entries above the diagonal and contrasts of the diagonal, shape (n, d (d + 1) / 2 - 1)."""
    d = matrices.shape[1]
    diagonal = np.diagonal(matrices, axis1=1, axis2=2)
    above = matrices[(slice(None), *np.triu_indices(d, 1))]
    return np.hstack([above, diagonal[:, 1:] - diagonal.mean(axis=1, keepdims=True)])
