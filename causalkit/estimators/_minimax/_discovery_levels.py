"""The mechanism of a variable with levels: multinomial logistic regression on parents and environment."""

from __future__ import annotations

import numpy as np
from scipy.special import logsumexp

from causalkit.estimators._minimax._discovery_features import Features, Floats
from causalkit.estimators._minimax._discovery_rows import RowFit

_MAX_STEPS = 60
# A step that gains less log-likelihood than this is the last one.
_SMALL_GAIN = 0.05
# Of a row whose level is nearly certain, so that no step is too long.
_LEAST_CURVATURE = 0.01


def level_family(features: Features, v: int, parents: tuple[int, ...]) -> tuple[RowFit, RowFit]:
    """Return the best stable and the best mutable mechanism of the levels of ``v`` given its parents.

    Parents enter straight and bent, with and without their products; the environment by its own intercepts,
    and by its own coefficients of the straight columns.
    """
    straight = _columns(features, parents, 1)
    shapes = [straight]
    if parents:
        shapes.append(_columns(features, parents, 2))
    if len(parents) > 1:
        shapes.append(np.hstack([shapes[-1], _crossed(features, parents)]))
    stable = _best([_fit(features, v, shape) for shape in shapes])
    n_envs = len(features.sizes)
    if n_envs == 1:
        return stable, RowFit.impossible(len(straight))
    label = np.repeat(np.eye(n_envs), features.sizes, axis=0)[:, 1:]
    by_environment = (label[:, :, None] * straight[:, None, :]).reshape(len(label), -1)
    changing = [np.hstack([shape, label]) for shape in shapes]
    changing += [np.hstack([shapes[-1], label, by_environment])] if parents else []
    return stable, _best([_fit(features, v, shape) for shape in changing])


def _best(fits: list[RowFit]) -> RowFit:
    return max(fits, key=lambda fit: fit.score)


def _columns(features: Features, parents: tuple[int, ...], width: int) -> Floats:
    terms = [term for j in parents for term in features.block(j, width) if term]
    return features.columns[:, terms]


def _crossed(features: Features, parents: tuple[int, ...]) -> Floats:
    pairs = [(a, b) for i, a in enumerate(parents) for b in parents[i + 1 :]]
    return features.columns[:, [term for pair in pairs for term in features.products[pair] if term]]


def _fit(features: Features, v: int, columns: Floats) -> RowFit:
    """Maximum likelihood: Newton steps for two levels, else steps under a bound on the curvature.

    The bound (Böhning, 1992) needs no new matrix in each step, but more steps.
    """
    codes = features.targets[:, v].astype(np.int64)
    n_levels = int(codes.max()) + 1
    design = np.column_stack([np.ones(len(codes)), columns])
    # A little shrinkage keeps the coefficients finite where levels are separated.
    shrink = 0.05 * np.eye(design.shape[1])
    shrink[0, 0] = 1e-6
    step = np.linalg.inv(0.5 * design.T @ design + shrink)
    hot = np.eye(n_levels)[codes]
    coefficients = np.zeros((design.shape[1], n_levels))
    best, likelihood = np.full(len(codes), -np.inf), -np.inf
    for _ in range(_MAX_STEPS):
        scores = design @ coefficients
        log_share = scores - logsumexp(scores, axis=1, keepdims=True)
        rows = log_share[np.arange(len(codes)), codes]
        gain, likelihood = rows.sum() - likelihood, max(likelihood, rows.sum())
        best = rows if gain > 0 else best
        if gain < _SMALL_GAIN:
            break
        share = np.exp(log_share)
        if n_levels == 2:
            curvature = 2 * np.maximum(share[:, 0] * share[:, 1], _LEAST_CURVATURE)
            step = np.linalg.inv(design.T @ (design * curvature[:, None]) + shrink)
        coefficients = coefficients + step @ (design.T @ (hot - share) - shrink @ coefficients)
    return RowFit(best, design.shape[1] * (n_levels - 1))
