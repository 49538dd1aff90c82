"""Whether noise scales differ between environments, told so that heavy tails do not count."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from causalkit.estimators._mixed._features import Floats
from causalkit.estimators._mixed._fit import GaussianFit
from causalkit.estimators._mixed._moments import Moments

_FEWEST_ROWS = 4
# In standard errors, and the smallest part of the excess that may be due to environments.
_FEWEST_ERRORS = 1.645
_SMALLEST_SHARE = 0.5


@dataclass(frozen=True)
class SharedScales:
    """How far the spread of variances over environments is shared by different rows.

    Attributes
    ----------
    statistic : float
        Standard normal unless environments have noise variances of their own.
    share : float
        About one where these are all that makes variances spread more than those of normal noise do, about
        zero where heavy tails are.
    """

    statistic: float
    share: float

    @property
    def are_clear(self) -> bool:
        """Whether own scales rather than tails explain the spread."""
        return self.statistic > _FEWEST_ERRORS and self.share > _SMALLEST_SHARE


def shared_scales(moments: Moments, fit: GaussianFit) -> SharedScales:
    r"""Tell own noise scales of environments from heavy tails.

    With residuals r of an environment, independent given its intercept and variance v, four different rows
    have

    .. math:: E\left[\tfrac12 (r_1 - r_2)^2 \, \tfrac12 (r_3 - r_4)^2\right] = v^2

    whatever the noise's tails. The statistic compares the mean of these with the squared mean variance over
    environments, which are the independent units. Environments with fewer than four rows tell nothing.
    """
    features = moments.features
    residual = features[:, fit.response] - features[:, list(fit.regressors)] @ fit.coefficients
    residual = residual - (np.add.reduceat(residual, moments.starts) / moments.sizes)[moments.codes]
    several = moments.sizes >= _FEWEST_ROWS
    if not several.any():
        return SharedScales(0.0, 0.0)
    squares = np.add.reduceat(residual**2, moments.starts)[several]
    fourths = np.add.reduceat(residual**4, moments.starts)[several]
    n, counts = moments.sizes[several], moments.counts[several]
    weights = counts * n / (counts @ n)
    variance = squares / (n - 1)
    mean = weights @ variance
    parts = n * (_squared_variance(squares, fourths, n) - 2 * mean * variance + mean**2)
    spread = np.sqrt(counts @ parts**2)
    excess = weights @ (variance**2 * (n - 1) / (n + 1)) - mean**2
    if not spread or excess <= 0:
        return SharedScales(0.0, 0.0)
    return SharedScales(float(counts @ parts / spread), float(counts @ parts / (counts @ n) / excess))


def _squared_variance(squares: Floats, fourths: Floats, n: Floats) -> Floats:
    """Unbiased estimate of the squared variance from sums of centred squares and fourth powers.

    Expectations of ``squares**2`` and ``fourths`` are both linear in the fourth moment and the squared
    variance; the combination below is free of the fourth moment.
    """
    share = (n - 1) / n
    fourth_weight = share * (n**2 - 3 * n + 3) / n**2
    ratio = share**2 / fourth_weight
    left = share * (n**2 - 2 * n + 3) - 3 * n * ratio * (share**2 - fourth_weight)
    return (squares**2 - ratio * fourths) / left
