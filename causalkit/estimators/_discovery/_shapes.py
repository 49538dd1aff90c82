"""Whether what a mixed model leaves of a variable looks like the normal noise that its score assumes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import jarque_bera

from causalkit.estimators._discovery._data import DiscoveryData
from causalkit.estimators._discovery._found import Parents

Floats = NDArray[np.float64]

_LEVEL = 0.01


def doubtful_shapes(data: DiscoveryData, parents: Parents) -> frozenset[int]:
    """Return the variables whose score may owe something to a shape that the models lack.

    Those are all levels, whose curves are assumed to be logistic, and numbers whose residuals have more
    skewness or kurtosis than normal noise (Jarque & Bera): residuals inside environments, after a regression
    on parents.
    """
    return frozenset(
        v
        for v, own in enumerate(parents)
        if data.n_levels[v] or jarque_bera(_residuals(data, v, own)).pvalue < _LEVEL
    )


def _residuals(data: DiscoveryData, v: int, parents: tuple[int, ...]) -> Floats:
    several = data.sizes[data.codes] > 1
    columns = [data.values[:, v], *(part for u in parents for part in _columns(data, u))]
    inside = _inside(data, np.column_stack(columns))[several]
    response, regressors = inside[:, 0], inside[:, 1:]
    return np.asarray(response - regressors @ np.linalg.lstsq(regressors, response)[0], dtype=np.float64)


def _columns(data: DiscoveryData, u: int) -> list[Floats]:
    """A parent as regressors: a number as it is, levels by indicators."""
    column = data.values[:, u]
    return [(column == level) * 1.0 for level in range(1, data.n_levels[u])] or [column]


def _inside(data: DiscoveryData, values: Floats) -> Floats:
    """Deviations from the means of environments."""
    starts = np.cumsum(data.sizes) - data.sizes
    means = np.add.reduceat(values, starts, axis=0) / data.sizes[:, None]
    return values - means[data.codes]
