"""The mechanism of a variable with levels: multinomial logistic regression on parents and environment."""

from __future__ import annotations

import numpy as np
from scipy.special import logsumexp

from causalkit.estimators._minimax._discovery_features import Features, Floats
from causalkit.estimators._minimax._discovery_rows import RowFit

_MAX_STEPS = 60
# A step that gains less log-likelihood than this is the last one.
_SMALL_GAIN = 0.05


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
    """Maximum likelihood by steps under a fixed bound on the curvature (Böhning, 1992)."""
    codes = features.targets[:, v].astype(np.int64)
    n_levels = int(codes.max()) + 1
    design = np.column_stack([np.ones(len(codes)), columns])
    gram = design.T @ design
    # A little shrinkage keeps the coefficients finite where levels are separated.
    shrink = 0.05 * np.eye(len(gram))
    shrink[0, 0] = 1e-6
    step = np.linalg.inv(0.5 * gram + shrink)
    hot = np.eye(n_levels)[codes]
    coefficients = np.zeros((design.shape[1], n_levels))
    before = -np.inf
    for _ in range(_MAX_STEPS):
        scores = design @ coefficients
        rows = scores[np.arange(len(codes)), codes] - logsumexp(scores, axis=1)
        if rows.sum() - before < _SMALL_GAIN:
            break
        before = rows.sum()
        slope = design.T @ (hot - np.exp(scores - logsumexp(scores, axis=1, keepdims=True)))
        coefficients = coefficients + step @ (slope - shrink @ coefficients)
    return RowFit(rows, design.shape[1] * (n_levels - 1))
