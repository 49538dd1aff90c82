"""Gaussian models in which environments have an intercept and a noise scale of their own."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp

from causalkit.estimators._mixed._features import Floats
from causalkit.estimators._mixed._fit import GaussianFit, regress
from causalkit.estimators._mixed._moments import Moments
from causalkit.estimators._mixed._quadrature import nodes_and_log_weights
from causalkit.estimators._mixed._scale_gate import shared_scales

_ROUNDS = 2
_FIRST_SCALE_SD = 0.3
_SMALLEST_SCALE_SD = 0.02


@dataclass(frozen=True)
class _Residuals:
    """What the likelihood needs of the residuals: sizes, sums of squares within, and squared sums over n."""

    sizes: Floats
    within: Floats
    between: Floats
    counts: Floats


def fit_scales(moments: Moments, start: GaussianFit) -> GaussianFit:
    r"""Let noise be :math:`\sigma \exp(\tau \eta_e) \varepsilon` with :math:`\eta_e \sim N(0, 1)`.

    Coefficients and variances take turns, as in the EM algorithm; the normal :math:`\eta_e` is integrated
    out by quadrature. The intercept's variance does not change with the scale.

    Parameters
    ----------
    moments : Moments
        The table.
    start : GaussianFit
        A model with own intercepts or with independent rows.

    Returns
    -------
    GaussianFit
        With own scales if different rows of an environment agree on them, or ``start``.
    """
    if not shared_scales(moments, start).are_clear:
        return start
    nodes, log_weights = nodes_and_log_weights(moments.sizes.max())
    coefficients = start.coefficients
    intercept = start.noise_variance * float(start.ratios[0]) if len(start.ratios) else 0.0
    at = np.array([np.log(max(start.noise_variance, 1e-10)), np.log(max(intercept, 1e-3)), _FIRST_SCALE_SD])
    for turn in range(_ROUNDS):
        residuals = _residuals(moments, start, coefficients)
        at = _maximise(residuals, at, nodes, log_weights)
        if turn < _ROUNDS - 1:
            coefficients = _reweighted(moments, start, *_precisions(residuals, at, nodes, log_weights))
    scale_sd = abs(float(at[2]))
    if scale_sd < _SMALLEST_SCALE_SD:
        return start
    likelihood = float(moments.counts @ _log_likelihoods(residuals, at, nodes, log_weights))
    return replace(
        start,
        coefficients=coefficients,
        noise_variance=float(np.exp(at[0])),
        random_columns=(0,),
        ratios=np.array([np.exp(at[1] - at[0])]),
        n_ratios=2,
        scale_sd=scale_sd,
        log_likelihood=likelihood,
    )


def _residuals(moments: Moments, fit: GaussianFit, coefficients: Floats) -> _Residuals:
    features = moments.features
    residual = features[:, fit.response] - features[:, list(fit.regressors)] @ coefficients
    between = np.add.reduceat(residual, moments.starts) ** 2 / moments.sizes
    within = np.add.reduceat(residual**2, moments.starts) - between
    return _Residuals(moments.sizes, np.maximum(within, 0), between, moments.counts)


def _variances(data: _Residuals, at: Floats, nodes: Floats) -> tuple[Floats, Floats]:
    """Noise variance at each node, and the variance of n^(1/2) times a mean, shape (E, n_nodes)."""
    noise = np.exp(at[0] + 2 * at[2] * nodes)
    return noise, noise + data.sizes[:, None] * np.exp(at[1])


def _joint(data: _Residuals, at: Floats, nodes: Floats, log_weights: Floats) -> Floats:
    noise, mean = _variances(data, at, nodes)
    n = data.sizes[:, None]
    squares = data.within[:, None] / noise + data.between[:, None] / mean
    constant = n * np.log(2 * np.pi) + (n - 1) * np.log(noise) + np.log(mean)
    return log_weights - 0.5 * (constant + squares)


def _log_likelihoods(data: _Residuals, at: Floats, nodes: Floats, log_weights: Floats) -> Floats:
    return np.asarray(logsumexp(_joint(data, at, nodes, log_weights), axis=1), dtype=np.float64)


def _loss(at: Floats, data: _Residuals, nodes: Floats, log_weights: Floats) -> tuple[float, Floats]:
    """Negative log-likelihood, and its gradient in the two log variances and the scale's deviation."""
    joint = _joint(data, at, nodes, log_weights)
    likelihoods = logsumexp(joint, axis=1)
    posterior = np.exp(joint - likelihoods[:, None]) * data.counts[:, None]
    noise, mean = _variances(data, at, nodes)
    n, between = data.sizes[:, None], data.between[:, None]
    of_mean = (between / mean - 1) / mean
    of_noise = 0.5 * (data.within[:, None] / noise - (n - 1) + of_mean * noise)
    of_intercept = 0.5 * of_mean * (mean - noise)
    by_node = (posterior * of_noise).sum(axis=0)
    gradient = np.array([by_node.sum(), (posterior * of_intercept).sum(), 2 * by_node @ nodes])
    return -float(data.counts @ likelihoods), -gradient


def _maximise(data: _Residuals, at: Floats, nodes: Floats, log_weights: Floats) -> Floats:
    bounds = [(at[0] - 8, at[0] + 8), (at[0] - 12, at[0] + 8), (0.0, 2.0)]
    found = minimize(_loss, at, (data, nodes, log_weights), jac=True, method="L-BFGS-B", bounds=bounds)
    return np.asarray(found.x, dtype=np.float64)


def _precisions(data: _Residuals, at: Floats, nodes: Floats, log_weights: Floats) -> tuple[Floats, Floats]:
    """Expected inverse variances of rows around their mean and of means, given the environment's rows."""
    joint = _joint(data, at, nodes, log_weights)
    posterior = np.exp(joint - logsumexp(joint, axis=1, keepdims=True))
    noise, mean = _variances(data, at, nodes)
    return posterior @ (1 / noise), (posterior / mean).sum(axis=1)


def _reweighted(moments: Moments, fit: GaussianFit, of_rows: Floats, of_means: Floats) -> Floats:
    columns = [*fit.regressors, fit.response]
    sums = moments.sums[:, columns]
    features = moments.features[:, columns]
    rows = features.T @ ((moments.counts * of_rows)[moments.codes, None] * features)
    means = sums.T @ ((moments.counts * (of_means - of_rows) / moments.sizes)[:, None] * sums)
    return regress((rows + means)[None])[0][0]
