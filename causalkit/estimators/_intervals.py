"""Variance of the estimated effect at each node: what the model knows, and what it cannot see."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from causalkit.estimators._candidates import EffectModel, LinearEffect
from causalkit.estimators._final_stage import FinalStack, sure_share
from causalkit.nuisance._gram import Design

Array = NDArray[np.float64]
Float32 = NDArray[np.float32]
Index = NDArray[np.intp]

_ROWS_PER_FOLD = 1_000  # the misfit is read off at most so many rows of each fold
_SIGN_FLIPS = 50


def effect_variance(
    stack: FinalStack, models: Sequence[EffectModel], design: Design, effects: Sequence[Array], tau: Array, misfit: float
) -> Array:
    """Posterior or jackknife variance (the larger), plus disagreement of candidates, plus unseen heterogeneity."""
    known = np.zeros(len(tau))
    for model in models:
        if isinstance(model, LinearEffect):
            posterior, jackknife = model.moments(design)
            known = np.maximum(known, np.maximum(posterior, jackknife))
    return known + stack.disagreement(effects, tau) + misfit


def unseen_variance(
    groups: Sequence[Float32],
    fold: Index,
    outcome_residual: Array,
    treatment_residual: Array,
    held_out: Array,
    rng: np.random.Generator,
) -> float:
    """Variance of tau - tau_hat that held-out residuals still show, in squared units of the effect.

    For rows i, j of the same fold the products s_i s_j of s = Tr (Yr - Tr tau_hat) have the mean
    Tr_i^2 Tr_j^2 Cov(d_i, d_j), d = tau - tau_hat, because their fit saw neither. Regressed on a quadratic kernel of
    each hop group (Haseman & Elston 1972, as in variance-component estimation) they give the variance of a misfit
    that is spread over many pairs of columns, too thin for any block to pick up. Rows are compared within folds only;
    the estimate is shrunk by its standard error over random sign flips.
    """
    total, flips = 0.0, np.zeros(_SIGN_FLIPS)
    score = treatment_residual * (outcome_residual - treatment_residual * held_out)
    for group in groups:
        explained, noise, scale = 0.0, np.zeros(_SIGN_FLIPS), 0.0
        directions = _directions(group)
        for k in np.unique(fold):
            rows = np.flatnonzero(fold == k)
            rows = rows if len(rows) <= _ROWS_PER_FOLD else np.sort(rng.choice(rows, _ROWS_PER_FOLD, replace=False))
            similar = (directions[rows] @ directions[rows].T).astype(np.float64) ** 2
            kernel = similar - similar.mean()
            np.fill_diagonal(kernel, 0.0)
            s, weight = score[rows], treatment_residual[rows] ** 2
            signed = s * rng.choice([-1.0, 1.0], (_SIGN_FLIPS, len(rows)))
            explained += s @ kernel @ s
            noise += np.einsum("ij,ij->i", signed @ kernel, signed)
            scale += weight @ (kernel * similar) @ weight
        if scale > 0:
            total += explained / scale
            flips += noise / scale
    error = float(flips.std())
    return total * sure_share(total, error) if total > 0 else 0.0


def _directions(group: Float32) -> Float32:
    """Rows of a hop group, standardised and scaled to length one; a group without variation gives zeros."""
    filled = np.where(np.isnan(group), np.nanmean(group, axis=0) if len(group) else 0.0, group)
    spread = filled.std(axis=0)
    live = spread > 1e-12
    if not live.any():
        return np.zeros((len(group), 1), np.float32)
    standard = (filled[:, live] - filled[:, live].mean(axis=0)) / spread[live]
    length = np.linalg.norm(standard, axis=1, keepdims=True)
    return (standard / np.maximum(length, 1e-12)).astype(np.float32)
