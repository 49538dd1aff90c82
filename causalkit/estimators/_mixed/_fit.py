"""A fitted Gaussian mixed model on feature columns, and the least squares behind it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from causalkit.estimators._mixed._features import Floats
from causalkit.estimators._mixed._moments import Moments
from causalkit.estimators._mixed._quadrature import nodes_and_log_weights

# Relative to the features' unit variance: keeps copies of a column solvable and moves nothing else.
_RIDGE = 1e-9
# A response that its regressors explain up to rounding; its likelihood would be infinite.
_SMALLEST_VARIANCE = 1e-10


@dataclass(frozen=True)
class GaussianFit:
    r"""Response :math:`y = F \beta + Z b + \varepsilon`, :math:`b_k \sim N(0, \sigma^2 d_k)`.

    Columns are numbers of feature columns; the response is standardised.

    Attributes
    ----------
    random_columns : tuple of int
        Feature columns Z whose coefficients an environment has for itself.
    ratios : ndarray of float, shape (n_random_columns,)
        Their variances d over the noise's.
    n_ratios : int
        How many different ratios, and deviations of scales, were fitted.
    scale_sd : float
        Standard deviation between environments of the log of the noise's scale; ``noise_variance`` is then
        that of the environment in the middle, and intercepts keep their variance.
    """

    response: int
    regressors: tuple[int, ...]
    coefficients: Floats
    noise_variance: float
    random_columns: tuple[int, ...]
    ratios: Floats
    n_ratios: int
    log_likelihood: float
    scale_sd: float = 0.0

    def penalised(self, moments: Moments) -> float:
        """Log-likelihood less half the log of the rows (environments) for each coefficient (ratio)."""
        coefficients = (len(self.regressors) - 1) * np.log(moments.n_rows)
        return float(
            self.log_likelihood - 0.5 * (coefficients + self.n_ratios * np.log(moments.n_environments))
        )

    def by_environment(self, moments: Moments) -> Floats:
        """Log-likelihood of each environment, each counted once."""
        features = moments.features
        residual = features[:, self.response] - features[:, list(self.regressors)] @ self.coefficients
        squares = np.add.reduceat(residual**2, moments.starts)
        random = list(self.random_columns)
        cross = np.add.reduceat(features[:, random] * residual[:, None], moments.starts, axis=0)
        nodes, log_weights = nodes_and_log_weights(moments.sizes.max())
        if not self.scale_sd:
            nodes, log_weights = np.zeros(1), np.zeros(1)
        products = moments.products(random, random)
        by_node = [
            self._at_scale(moments.sizes, squares, cross, products, factor) for factor in self.factors(nodes)
        ]
        return np.asarray(logsumexp(np.column_stack(by_node) + log_weights, axis=1), dtype=np.float64)

    def factors(self, nodes: Floats) -> Floats:
        """Noise variance, over that in the middle, of an environment at each node of its scale."""
        return np.exp(2 * self.scale_sd * nodes)

    def _at_scale(
        self, sizes: Floats, squares: Floats, cross: Floats, products: Floats, factor: float
    ) -> Floats:
        """Log-likelihood of each environment, were its noise variance ``factor`` times the middle one."""
        variance, ratios = max(self.noise_variance, _SMALLEST_VARIANCE) * factor, self.ratios / factor
        determinants = np.zeros(len(sizes))
        if self.random_columns:
            inner = np.eye(len(ratios)) + products * ratios
            shrunk = np.linalg.solve(inner, cross[:, :, None])[:, :, 0]
            squares = squares - ((cross * ratios) * shrunk).sum(axis=1)
            determinants = np.linalg.slogdet(inner)[1]
        return -0.5 * (sizes * np.log(2 * np.pi * variance) + determinants + squares / variance)


def regress(grams: Floats) -> tuple[Floats, Floats]:
    """Coefficients and weighted residual sum of squares from stacked products, the response last."""
    inner, cross = grams[:, :-1, :-1], grams[:, :-1, -1]
    ridge = _RIDGE * np.diagonal(inner, axis1=1, axis2=2).max(axis=1)
    inner = inner + ridge[:, None, None] * np.eye(inner.shape[1])
    coefficients = np.linalg.solve(inner, cross[:, :, None])[:, :, 0]
    return coefficients, grams[:, -1, -1] - (coefficients * cross).sum(axis=1)


def log_likelihood(moments: Moments, log_determinants: Floats, residual: Floats) -> Floats:
    """Gaussian log-likelihood with the noise's variance at its best, for the standardised response."""
    n = moments.n_rows
    variance = np.maximum(residual / n, _SMALLEST_VARIANCE)
    return -0.5 * (log_determinants + n * (np.log(2 * np.pi * variance) + 1))
