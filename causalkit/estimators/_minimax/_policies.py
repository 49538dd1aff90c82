"""Adversaries of a predictor: interventions learned on some rows and valued doubly robustly on others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from causalkit.estimators._minimax._boosting import TreeSettings, boost, predict
from causalkit.estimators._minimax._distinct import DistinctRows
from causalkit.estimators._minimax._smooth import SmoothRidge, cross_fit_smooth
from causalkit.estimators._minimax._stages import Stage
from causalkit.estimators._minimax._types import Floats, Index, Mask

# The last one leaves the variable as it is in the training rows: nothing that is learned adds to its noise.
SOFTNESS = (0.0, 0.03, 0.1, 0.3, np.inf)
FINE = TreeSettings(n_trees=60, n_leaves=31, min_rows=15, ridge=3.0, rate=0.15)
COARSE = TreeSettings(n_trees=80, n_leaves=12, min_rows=25, ridge=5.0)
SMOOTH = None  # curves instead of trees
Surface = TreeSettings | None

_SMOOTH_FOLDS = 3
_TINY = 1e-9


@dataclass(frozen=True)
class ValuedPolicies:
    """Policies of one surface, a column for each softness, on the rows that did not teach them.

    Attributes
    ----------
    terms : ndarray, shape (n_held, n_policies)
        Doubly robust terms, whose mean is a policy's risk.
    choices : list of ndarray, shape (n_held, n_values, n_policies)
        Probability of each value, one array for each stage.
    """

    terms: Floats
    choices: list[Floats]


def value_policies(loss: Floats, stages: Sequence[Stage], train: Mask, surface: Surface) -> ValuedPolicies:
    """Learn policies on the `train` rows and value them on the others, going backward through the stages.

    With Q_k the regression of the value V_{k+1} on what came before stage k, and V_{K+1} the loss,

        V_k = sum_m pi(m) Q_k(m) + pi(m_k) / p(m_k) (V_{k+1} - Q_k(m_k));

    training rows carry only the first sum, so that their noise does not enter twice.
    """
    value = np.repeat(loss[:, None], len(SOFTNESS), axis=1)
    held = np.flatnonzero(~train)
    choices: list[Floats] = []
    for k in reversed(range(len(stages))):
        rows = held if k == 0 else np.arange(len(loss))
        shared = k == len(stages) - 1  # every softness has the same loss there
        stage_value, choice = _one_stage(stages[k], value, train, rows, surface, shared)
        choices.insert(0, choice if k == 0 else choice[held])
        value = stage_value
    return ValuedPolicies(value, choices)


def _one_stage(
    stage: Stage, value: Floats, train: Mask, rows: Index, surface: Surface, shared: bool
) -> tuple[Floats, Floats]:
    new, choice = np.empty((len(rows), len(SOFTNESS))), np.empty((len(rows), stage.n_values, len(SOFTNESS)))
    for i, softness in enumerate(SOFTNESS):
        if i == 0 or not shared:
            q = _surface(stage, stage.history, value[:, i], None, train, rows, surface)
            seen = q
            if not stage.is_nested:
                seen = _surface(stage, stage.own, value[:, i], stage.earlier_weight, train, rows, surface)
        choice[:, :, i] = _policy(stage, seen, rows, softness)
        new[:, i] = _robust_value(stage, choice[:, :, i], q, value[rows, i], rows, train)
    return new, choice


def _surface(
    stage: Stage,
    table: DistinctRows,
    value: Floats,
    weight: Floats | None,
    train: Mask,
    rows: Index,
    surface: Surface,
) -> Floats:
    """Expected value at every choice, (n_rows, n_values), on in a straight line beyond the observed range."""
    x, some = stage.with_value(table)[train], None if weight is None else weight[train]
    distinct, inverse = table.among(rows)
    grid = stage.grid(distinct)
    beyond = stage.n_levels < stage.n_values
    if surface is None or beyond:
        line = _smooth(x, value[train], some).predict(grid).reshape(-1, stage.n_values)
    if surface is None:
        return line[inverse]
    out = predict(boost(x, value[train], surface, some), grid).reshape(-1, stage.n_values)
    if beyond:
        out[:, stage.n_levels :] = line[:, stage.n_levels :]
    return out[inverse]


def _smooth(x: Floats, value: Floats, weight: Floats | None) -> SmoothRidge:
    fold = (np.arange(len(x)) % _SMOOTH_FOLDS).astype(np.intp)
    chosen = np.array([x.shape[1] - 1])
    return cross_fit_smooth(
        x, value, np.ones(len(x)) if weight is None else weight, fold, chosen, by_curves=True
    )


def _policy(stage: Stage, surface: Floats, rows: Index, softness: float) -> Floats:
    """Probabilities of allowed values that favour large ones; the less so, the softer."""
    allowed = stage.allowed[rows]
    if np.isinf(softness):
        policy = np.where(allowed, stage.probability[rows] + _TINY, 0.0)
    else:
        inside = np.where(allowed, surface, -np.inf)
        top = inside.max(axis=1, keepdims=True)
        policy = np.exp((inside - top) / (softness * np.abs(top.mean()) + _TINY))
    return policy / policy.sum(axis=1, keepdims=True)


def _robust_value(stage: Stage, policy: Floats, q: Floats, value: Floats, rows: Index, train: Mask) -> Floats:
    each, codes = np.arange(len(rows)), stage.codes[rows]
    probability = stage.observed_probability(rows)
    ratio = np.where(stage.supported[rows, codes] & ~train[rows], policy[each, codes] / probability, 0.0)
    return (policy * q).sum(axis=1) + ratio * (value - q[each, codes])
