"""Least squares with coefficients that all environments share and coefficients of each environment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from causalkit.estimators._minimax._discovery_features import Floats

_RIDGE = 1e-7


@dataclass(frozen=True)
class Sums:
    """Sums of products of many regressions (f) in all environments (e).

    Attributes
    ----------
    shared : ndarray, shape (f, s, s)
        Of columns with shared coefficients, over all environments.
    mixed : ndarray, shape (e, f, u, s)
        Of columns with their own coefficients, and shared ones.
    own : ndarray, shape (e, f, u, u)
    shared_target : ndarray, shape (f, s)
    own_target : ndarray, shape (e, f, u)
    """

    shared: Floats
    mixed: Floats
    own: Floats
    shared_target: Floats
    own_target: Floats


def solve(sums: Sums) -> tuple[Floats, Floats]:
    """Return shared coefficients, shape (f, s), and those of each environment, shape (e, f, u).

    Each environment's own coefficients are solved for first, so that the work is linear in environments.
    """
    if not sums.own.shape[-1]:
        return solved(sums.shared, sums.shared_target[..., None])[..., 0], sums.own_target
    both = np.concatenate([sums.mixed, sums.own_target[..., None]], axis=-1)
    if not sums.shared.shape[-1]:
        return sums.shared_target, solved(sums.own, both)[..., 0]
    by_own = solved(sums.own, both)
    left = (np.swapaxes(sums.mixed, -1, -2) @ by_own).sum(axis=0)
    rest, target = sums.shared - left[..., :-1], sums.shared_target - left[..., -1]
    shared = solved(rest, target[..., None])[..., 0]
    return shared, by_own[..., -1] - (by_own[..., :-1] @ shared[..., None])[..., 0]


def solved(gram: Floats, targets: Floats) -> Floats:
    """Solve with a trace of ridge, so that columns of zeros, or collinear ones, do no harm."""
    size = np.trace(gram, axis1=-2, axis2=-1) / gram.shape[-1]
    ridge = _RIDGE * (size[..., None, None] + 1.0) * np.eye(gram.shape[-1])
    return np.linalg.solve(gram + ridge, targets)
