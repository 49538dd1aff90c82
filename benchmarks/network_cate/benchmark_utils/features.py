"""The two tables of features that solvers see: own columns, or own columns beside hop features."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from causalkit.graphs import HopFeatures


def feature_table(X, graph, features: str) -> NDArray[np.float64]:
    """Own columns of each node ("own"), or these and the means over one and two hops ("hops")."""
    table = X if features == "own" else HopFeatures(n_hops=2).fit_transform(X, graph=graph)
    values = np.asarray(table, dtype=float)
    # The flag of isolated nodes is constant where there are none, which makes linear models singular.
    return values[:, np.ptp(values, axis=0) > 0]
