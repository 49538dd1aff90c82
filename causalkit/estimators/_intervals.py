"""Variance of the estimated effect at each node: what the model knows, and what it cannot see."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from causalkit.estimators._effect_models import EffectModel, LinearEffect, RegressorEffect
from causalkit.estimators._final_stage import FinalStack, sure_share
from causalkit.estimators._nodes import Nodes

Array = NDArray[np.float64]
Float32 = NDArray[np.float32]
Index = NDArray[np.intp]

_ROWS_PER_FOLD = 1_000  # the misfit is read off at most so many rows of each fold
_SIGN_FLIPS = 50


def effect_variance(
    stack: FinalStack,
    models: Sequence[EffectModel],
    nodes: Nodes,
    effects: Sequence[Array],
    tau: Array,
    misfit: float,
) -> Array:
    """Posterior and jackknife variance, plus candidates' disagreement, plus what none of them saw.

    The posterior is right where the blocks can express the effect, the jackknife over folds where they
    cannot; their sum, the largest over the engine's fits, is cautious in the first case. A network has the
    jackknife only, which counts with its weight.
    """
    known = np.full(len(tau), 0.0 if models else stack.constant_variance)
    linear = [model for model in models if isinstance(model, LinearEffect)]
    if linear:
        largest = nodes.design.map(lambda _, rows: np.max([model.variance(rows) for model in linear], axis=0))
        known = np.concatenate(list(largest))
    for weight, model in zip(stack.weights, models, strict=True):
        if weight > 0 and isinstance(model, RegressorEffect) and model.fold_models:
            known = np.maximum(known, weight * model.variance(nodes))
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
    Tr_i^2 Tr_j^2 Cov(d_i, d_j), d = tau - tau_hat, because their fit saw neither. Regressed on a polynomial
    kernel of each hop group (Haseman & Elston 1972, as in variance-component estimation) they give the
    variance of a misfit that is spread over many pairs of columns, too thin for any block to pick up. Rows
    are compared within folds only; the estimate is shrunk by its standard error over random sign flips.
    """
    score = treatment_residual * (outcome_residual - treatment_residual * held_out)
    return sum(_group_misfit(_directions(g), fold, score, treatment_residual**2, rng) for g in groups)


def _group_misfit(
    directions: Float32, fold: Index, score: Array, weight: Array, rng: np.random.Generator
) -> float:
    """The variance that one hop group's quadratic or cubic kernel explains (the larger), each shrunk."""
    explained, scale, flips = np.zeros(2), np.zeros(2), np.zeros((2, _SIGN_FLIPS))
    for k in np.unique(fold):
        rows = np.flatnonzero(fold == k)
        if len(rows) > _ROWS_PER_FOLD:
            rows = np.sort(rng.choice(rows, _ROWS_PER_FOLD, replace=False))
        cosine = (directions[rows] @ directions[rows].T).astype(np.float64)
        s, w = score[rows], weight[rows]
        signed = s * rng.choice([-1.0, 1.0], (_SIGN_FLIPS, len(rows)))
        for i, power in enumerate((2, 3)):
            similar = cosine**power
            kernel = similar - similar.mean()
            np.fill_diagonal(kernel, 0.0)
            explained[i] += s @ kernel @ s
            scale[i] += w @ (kernel * similar) @ w
            flips[i] += np.einsum("ij,ij->i", signed @ kernel, signed)
    found = [
        e / c * sure_share(e, f.std()) for e, c, f in zip(explained, scale, flips, strict=True) if c > 0 < e
    ]
    return float(max(found, default=0.0))


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
