"""How often an arrow comes back when environments are drawn again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from causalkit._threads import one_blas_thread
from causalkit.estimators._discovery._data import DiscoveryData
from causalkit.estimators._discovery._found import Found

Floats = NDArray[np.float64]


def bootstrap_shares(
    data: DiscoveryData,
    find: Callable[[DiscoveryData, Floats], Found],
    *,
    n_bootstrap: int,
    n_jobs: int | None,
    verbose: int,
    rng: np.random.Generator,
) -> Floats:
    """Return the share of resamples in whose best graph each arrow is: (d, d), causes in rows.

    Environments are the independent units: each resample draws as many of them with replacement, and
    ``find`` is told how often each counts.
    """
    even = np.full(data.n_environments, 1 / data.n_environments)
    # Drawn before any work starts, so that the number of jobs changes nothing.
    counts = rng.multinomial(data.n_environments, even, size=n_bootstrap).astype(np.float64)
    arrows = Parallel(n_jobs=n_jobs, verbose=verbose)(delayed(_arrows)(find, data, row) for row in counts)
    return np.mean(np.stack(arrows), axis=0)


def _arrows(
    find: Callable[[DiscoveryData, Floats], Found], data: DiscoveryData, counts: Floats
) -> NDArray[np.bool_]:
    with one_blas_thread():
        return find(data, counts).adjacency()
