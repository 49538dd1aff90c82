"""What coefficients that differ between environments cost: free ones, or draws from one normal law."""

from __future__ import annotations

import math

import numpy as np

from causalkit.estimators._minimax._discovery_features import Floats, Ints

# A law is chosen among many sets of parents and shapes, so that it costs more than its spread alone.
_PRICE_OF_A_LAW = 3.0
_STEPS = 4
_RIDGE = 1e-9


def environment_price(own: Floats, information: Floats, n_own: Ints, n_rows: int) -> Floats:
    r"""Return the price of own coefficients beyond their common mean, in parameters, shape (f,).

    Free coefficients cost one parameter for each environment but the first. Where coefficient k of
    environment e is a draw from N(mu_k, tau_k^2), the log-likelihood falls, from that of the free
    coefficients :math:`\hat c_e`, by

    .. math:: \tfrac12 \sum_e \{\log\det(I + T H_e) + (\hat c_e - \mu)' (H_e^{-1} + T)^{-1} (\hat c_e - \mu)\}

    with T = diag(tau^2) and H_e the information of environment e, and each law costs three parameters. The
    smaller of both prices counts, so that four environments or fewer have free coefficients; a parameter
    costs half the logarithm of the rows.

    Parameters
    ----------
    own : ndarray, shape (e, f, u)
        Coefficients of each environment and family, zero where there is none.
    information : ndarray, shape (e, f, u, u)
    n_own : ndarray of int, shape (f,)
        Number of coefficients that are not zero by construction.
    n_rows : int
    """
    n_envs, _, n_columns = own.shape
    free = n_own * (n_envs - 1.0)
    if not n_columns or n_envs < 2:
        return free
    drawn = _loss(own, information) / (0.5 * math.log(n_rows)) + _PRICE_OF_A_LAW * n_own
    return np.minimum(free, drawn)


def _loss(own: Floats, information: Floats) -> Floats:
    deviation, spread = _law(own, _variances(information))
    # With T in the middle of both sides, all matrices stay symmetric.
    root = np.sqrt(spread)
    inner = np.eye(own.shape[-1]) + root[..., :, None] * information * root[..., None, :]
    pull = (information @ deviation[..., None])[..., 0]
    inside = np.linalg.solve(inner, (root * pull)[..., None])[..., 0]
    squared = (pull * (deviation - root * inside)).sum(axis=(0, 2))
    return 0.5 * (np.linalg.slogdet(inner)[1].sum(axis=0) + squared)


def _variances(information: Floats) -> Floats:
    """Variance of each coefficient, shape (e, f, u)."""
    size = np.trace(information, axis1=-2, axis2=-1) / information.shape[-1]
    ridge = _RIDGE * (size[..., None, None] + 1.0) * np.eye(information.shape[-1])
    return np.diagonal(np.linalg.inv(information + ridge), axis1=-2, axis2=-1)


def _law(own: Floats, variances: Floats) -> tuple[Floats, Floats]:
    """Deviations from the mean, shape (e, f, u), and tau squared, shape (f, u), about the likeliest ones."""
    spread = own.var(axis=0)
    for _ in range(_STEPS):
        weights = 1 / (spread + variances)
        deviation = own - (weights * own).sum(axis=0) / weights.sum(axis=0)
        excess = (weights**2 * (deviation**2 - variances)).sum(axis=0) / (weights**2).sum(axis=0)
        spread = np.maximum(excess, 0.0)
    return deviation, spread
