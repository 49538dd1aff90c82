"""Means of per-row terms with a standard error that counts rows and environments."""

from __future__ import annotations

import numpy as np

from causalkit.estimators._minimax._types import Floats, Index


def mean_and_error(terms: Floats, environments: Index) -> tuple[float, float]:
    """Mean of the terms (n,) and its standard error.

    The variance of the mean is that of independent rows plus sum_e share_e^2 tau^2, where tau^2 is what the
    environments' means vary beyond their rows (the moment estimate of DerSimonian and Laird, at least zero).
    The order of the rows changes nothing, not even the last digit.
    """
    order = np.lexsort((terms, environments))
    terms, environments = terms[order], environments[order]
    n, sizes = len(terms), np.bincount(environments)
    mean = terms.mean()
    means = np.bincount(environments, weights=terms) / sizes
    within = np.bincount(environments, weights=(terms - means[environments]) ** 2)
    noise = within / np.maximum(sizes - 1, 1) / sizes  # variance of each environment's mean
    share = sizes / n
    usable = (sizes > 1) & (noise > 0)
    extra = _between(means[usable], noise[usable]) if usable.sum() > 1 else 0.0
    return float(mean), float(np.sqrt(terms.var() / n + extra * (share**2).sum()))


def _between(means: Floats, noise: Floats) -> float:
    precision = 1 / noise
    centre = precision @ means / precision.sum()
    excess = precision @ (means - centre) ** 2 - (len(means) - 1)
    scale = precision.sum() - (precision**2).sum() / precision.sum()
    return max(float(excess / scale), 0.0)
