"""Worst-case risk of one subset, and what no predictor on it can undercut."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from causalkit.estimators._minimax._estimates import LowerBound, RiskEstimate
from causalkit.estimators._minimax._game import Game
from causalkit.estimators._minimax._mean import mean_and_error
from causalkit.estimators._minimax._overlap import effective_rows
from causalkit.estimators._minimax._policies import COARSE, FINE, SMOOTH, SOFTNESS, value_policies
from causalkit.estimators._minimax._predictor import Predictor, fit_predictor
from causalkit.estimators._minimax._setting import Setting
from causalkit.estimators._minimax._types import Floats, Index

_FEW_ROWS = 4000  # too few for the finer surface to be worth its time
_FOR_NEARLY_ALL = 0.95
ENOUGH_ROWS = 100.0  # effective rows under a fixed law, with fewer of which it certifies nothing


def fit_subset(setting: Setting, subset: Sequence[int]) -> Predictor:
    """Fit f_S, cross-fitted, for the columns `subset` of X."""
    columns = setting.columns(subset)
    mutable = np.flatnonzero(np.isin(columns, setting.data.place[[v.column for v in setting.mutable]]))
    x, y, weight = setting.data.table[:, columns], setting.data.outcome, setting.game(subset).weight
    return fit_predictor(x, y, weight, setting.fold, mutable, setting.estimator, setting.seed)


def estimate_risk(
    setting: Setting, subset: Sequence[int], predictor: Predictor | None = None
) -> RiskEstimate:
    """Worst-case risk of f_S for the columns `subset` of X, over interventions on the mutable variables.

    Adversaries are learned without each fold in turn and valued on it; which of them counts is decided on one
    part of the rows by the lower end of its value, and its value taken on the other part. The risk is at
    least that under random mechanisms and, unless the range is narrower, in the training rows. Mutable
    variables that are no ancestors of the subset or the outcome are left out: their mechanisms change
    nothing. A `predictor` from :func:`fit_subset` saves the fit.
    """
    game = setting.game(subset)
    predictor = predictor or fit_subset(setting, subset)
    loss = (setting.data.outcome - predictor.out_of_fold) ** 2
    terms, policy = _worst(setting, game, loss)
    average = game.random_law * loss
    # Random mechanisms and, unless the range is narrower, those of the training rows are among the changes.
    terms = max([terms, average, *([] if game.is_narrowed else [loss])], key=np.mean)
    environments, back = setting.data.environments, setting.data.restore
    risk, error = mean_and_error(terms, environments)
    return RiskEstimate(
        risk=risk,
        standard_error=error,
        average_risk=float(average.mean()),
        training_risk=float(loss.mean()),
        extrapolated_share=_extrapolated(game, policy),
        contributions=terms[back],
        policy=tuple(choice[back] for choice in policy),
        predictor=predictor,
        columns=setting.predictor_columns(subset),
        _environments=environments[back],
    )


def lower_bound(setting: Setting, subset: Sequence[int], predictor: Predictor | None = None) -> LowerBound:
    """Bayes risk of a subset under fixed laws of the mutable variables.

    For every part S' of the subset, R(S') >= R_h(f_S') >= min_f R_h(f), the minimum over functions of the
    subset's columns and the mutable variables: no smaller set undercuts it, whatever its predictor. The laws
    are the random one and, for a single mutable variable, every constant level. Laws under which fewer than a
    hundred rows are effective are left out; without any, the bound is zero. A `predictor` from
    :func:`fit_subset` saves the fit.
    """
    game = setting.game(subset)
    predictor = predictor or fit_subset(setting, subset)
    weights = np.column_stack([game.random_law, *_constant_laws(game)])
    weights = weights[:, effective_rows(weights) >= ENOUGH_ROWS]
    terms = weights * ((setting.data.outcome - predictor.out_of_fold) ** 2)[:, None]
    environments, back = setting.data.environments, setting.data.restore
    bound, error = max((mean_and_error(column, environments) for column in terms.T), default=(0.0, 0.0))
    return LowerBound(bound, error, terms[back], environments[back])


def _constant_laws(game: Game) -> list[Floats]:
    """Weights of do(M = level), levels that may be chosen for nearly all rows: mean one."""
    if len(game.stages) != 1:
        return []
    stage = game.stages[0]
    usual = np.flatnonzero(stage.allowed[:, : stage.n_levels].mean(axis=0) >= _FOR_NEARLY_ALL)
    at_level = [game.weight * (stage.codes == level) for level in usual]
    return [weight / weight.mean() for weight in at_level]


def policy_weights(setting: Setting, subset: Sequence[int], policy: Sequence[Floats]) -> Floats:
    """Weights (n,), in the setting's order, that turn the rows into those under a fixed intervention.

    They are prod_k pi(m_k) / p(m_k | history), scaled to mean one; the intervention has to be on the
    variables that matter for the subset.

    Raises
    ------
    ValueError
        If `policy` has arrays of other shapes than those of the variables that matter.
    """
    game = setting.game(subset)
    shapes = [choice.shape for choice in policy]
    expected = [stage.probability.shape for stage in game.stages]
    if shapes != expected:
        raise ValueError(
            f"policy must have arrays of shapes {expected}, one for each variable that matters; got {shapes}"
        )
    rows, ratio = np.arange(len(setting.data.outcome)), np.ones(len(setting.data.outcome))
    given = np.argsort(setting.data.restore)
    for stage, choice in zip(game.stages, policy, strict=True):
        ratio = ratio * choice[given][rows, stage.codes] / stage.observed_probability(rows)
    return ratio / max(ratio.mean(), np.finfo(float).tiny)


def _worst(setting: Setting, game: Game, loss: Floats) -> tuple[Floats, list[Floats]]:
    """Terms of the worst policy's risk, and its choices, for all rows."""
    if not game.stages:
        return loss, []
    n, surfaces = len(loss), (COARSE, SMOOTH) if len(loss) < _FEW_ROWS else (FINE, COARSE, SMOOTH)
    width = len(surfaces) * len(SOFTNESS)
    terms = np.empty((n, width))
    choices = [np.empty((n, stage.n_values, width)) for stage in game.stages]
    for k in range(int(setting.policy_fold.max()) + 1):
        held = setting.policy_fold == k
        found = [value_policies(loss, game.stages, ~held, surface) for surface in surfaces]
        terms[held] = np.hstack([one.terms for one in found])
        for j, choice in enumerate(choices):
            choice[held] = np.concatenate([one.choices[j] for one in found], axis=2)
    best = _best_elsewhere(terms, setting.part)
    rows = np.arange(n)
    return terms[rows, best], [choice[rows, :, best] for choice in choices]


def _best_elsewhere(terms: Floats, part: Index) -> Index:
    """For each row, the policy whose value has the greatest lower end on the other part of the rows."""
    best = np.empty(len(terms), dtype=np.intp)
    for side in (0, 1):
        other = terms[part != side]
        lower = other.mean(axis=0) - other.std(axis=0) / np.sqrt(len(other))
        best[part == side] = lower.argmax()
    return best


def _extrapolated(game: Game, policy: Sequence[Floats]) -> float:
    """Mean over rows of the greatest probability that a variable is set to an unsupported value."""
    shares = [
        (choice * ~stage.supported).sum(axis=1) for stage, choice in zip(game.stages, policy, strict=True)
    ]
    return float(np.max(shares, axis=0).mean()) if shares else 0.0
