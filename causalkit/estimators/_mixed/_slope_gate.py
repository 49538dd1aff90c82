"""Whether slopes differ between environments, told so that uneven noise does not count."""

from __future__ import annotations

import numpy as np

from causalkit.estimators._mixed._features import Floats
from causalkit.estimators._mixed._fit import GaussianFit
from causalkit.estimators._mixed._moments import Moments

# Of z around its means, by environment; what rounding leaves of columns that are constant there is less.
_SMALLEST_LENGTH = 1e-9


def shared_slopes(moments: Moments, fit: GaussianFit, slope: list[int]) -> float:
    r"""Return a statistic that is standard normal unless environments have own slopes in feature columns z.

    With z centred and residuals r in an environment that has an own intercept but no own slope,

    .. math:: E\left[\Bigl|\sum_i z_i r_i\Bigr|^2\right] = E\left[\sum_i |z_i|^2 \hat\sigma_i^2\right]

    whatever the noise's variances, where :math:`\hat\sigma_i^2` averages
    :math:`(r_i - r_j)(r_i - r_k)` over different rows j, k and is free of the intercept and of other rows'
    variances. The statistic sums the difference over environments, over its spread. A likelihood ratio would
    also rise where the noise's variance depends on z, as it does when a cause is regressed on an effect with
    heavy tails. Environments with fewer than three rows tell nothing.
    """
    features, starts = moments.features, moments.starts
    residual = features[:, fit.response] - features[:, list(fit.regressors)] @ fit.coefficients
    residual = _centred(residual[:, None], moments)
    z = _centred(features[:, slope], moments)
    lengths, squares = (z**2).sum(axis=1), residual[:, 0] ** 2
    n = np.maximum(moments.sizes, 3)
    own = (n * (n - 1))[moments.codes] * squares - np.add.reduceat(squares, starts)[moments.codes]
    own = own / ((n - 1) * (n - 2))[moments.codes]
    shared = (np.add.reduceat(z * residual, starts, axis=0) ** 2).sum(axis=1)
    length = np.add.reduceat(lengths, starts)
    usual = moments.counts @ length / moments.n_environments
    if usual < _SMALLEST_LENGTH:
        return 0.0
    # Weights depend on z alone, so that they bias nothing; they tame environments with far larger z.
    weights = np.where(moments.sizes > 2, (usual / (usual + length)) ** 2, 0.0)
    parts = weights * (shared - np.add.reduceat(lengths * own, starts))
    spread = np.sqrt(moments.counts @ parts**2)
    return float(moments.counts @ parts / spread) if spread else 0.0


def _centred(columns: Floats, moments: Moments) -> Floats:
    means = np.add.reduceat(columns, moments.starts, axis=0) / moments.sizes[:, None]
    return columns - means[moments.codes]
