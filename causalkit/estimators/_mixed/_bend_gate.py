"""How uneven the noise is, beside which a bent regression says little on directions."""

from __future__ import annotations

import numpy as np

from causalkit.estimators._mixed._fit import GaussianFit
from causalkit.estimators._mixed._moments import Moments


def uneven_noise(moments: Moments, fit: GaussianFit, functions: list[int]) -> float:
    """Return a chi-squared statistic that the size of residuals depends on feature columns ``functions``.

    An effect that is linear in its cause has a bent regression the other way round as soon as the noise is
    not normal. Gaussian likelihoods would take the bend for support of the wrong direction. There the noise
    is far more uneven than the regression is bent, while a bent mechanism with additive noise leaves it even.
    Absolute residuals are correlated with the functions; environments are the independent units.
    """
    features = moments.features
    residual = features[:, fit.response] - features[:, list(fit.regressors)] @ fit.coefficients
    size, chosen, weights = np.abs(residual), features[:, functions], moments.row_weights
    size = size - weights @ size / moments.n_rows
    chosen = chosen - weights @ chosen / moments.n_rows
    parts = np.add.reduceat(chosen * size[:, None], moments.starts, axis=0)
    total = moments.counts @ parts
    spread = parts.T @ (moments.counts[:, None] * parts)
    return float(total @ np.linalg.lstsq(spread, total, rcond=1e-10)[0])
