"""Standard errors of several estimates at once, each from its influence values."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from causalkit.graphs._network import Network
from causalkit.inference._mean_inference import mean_variance
from causalkit.metrics._columns import Floats


@dataclass(frozen=True)
class StandardErrors:
    """Standard errors, how they were computed, and the distribution that their t statistics follow.

    Attributes
    ----------
    values : ndarray, shape (k,)
    description : str
    distribution : scipy.stats distribution
    """

    values: Floats
    description: str
    distribution: Any


def standard_errors(influence: Floats, *, groups: Any, network: Network | None) -> StandardErrors:
    """Return the standard error of each of k estimates from influence values of shape (n, k)."""
    # A joint covariance along a network is made positive in every direction, which raises the single
    # variances more than each of them needs.
    jointly = groups is not None or network is None
    parts = [influence] if jointly else list(influence.T)
    spreads = [mean_variance(part, groups=groups, network=network) for part in parts]
    variances = [np.diag(np.atleast_2d(spread.covariance)) for spread in spreads]
    degrees = spreads[0].degrees_of_freedom
    return StandardErrors(
        values=np.sqrt(np.concatenate(variances)),
        description=spreads[0].description,
        distribution=stats.norm() if degrees is None else stats.t(degrees),
    )
