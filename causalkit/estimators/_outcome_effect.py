"""The effect as a difference of outcome models: their stack, residuals and loss, for the T- and S-learner."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from causalkit.estimators._effect_fit import EffectFit
from causalkit.estimators._effect_models import Candidate
from causalkit.estimators._engine import EffectData
from causalkit.estimators._final_stage import FinalStack, constant_effect, plausible_weights, r_loss_gain
from causalkit.estimators._outcome_models import OutcomeModel
from causalkit.nuisance._stacking import simplex_weights

Array = NDArray[np.float64]


def stacked_outcome(
    models: Sequence[OutcomeModel], data: EffectData
) -> tuple[OutcomeModel, dict[str, float]]:
    """One weight for each model in both arms, non-negative with sum one, by held-out squared error."""
    seen = np.column_stack([model.observed(data.treatment) for model in models])
    weights = simplex_weights(seen, data.outcome)
    untreated, treated = (
        np.column_stack([getattr(model, arm) for model in models]) @ weights
        for arm in ("untreated", "treated")
    )
    by_name = {model.name: float(w) for model, w in zip(models, weights, strict=True)}
    return OutcomeModel("stack", untreated, treated), by_name


def effect_of_outcomes(models: Sequence[OutcomeModel], data: EffectData, propensity: Array) -> EffectFit:
    """Candidates are the models' contrasts; their weights are those of the outcome's stack."""
    stacked, by_name = stacked_outcome(models, data)
    predictions = {model.name: model.observed(data.treatment) for model in models}
    yr, tr = data.outcome - stacked.mean(propensity), data.treatment - propensity
    losses = (data.outcome[:, None] - np.column_stack(list(predictions.values()))) ** 2
    weights = np.array(list(by_name.values()))
    gain = r_loss_gain(stacked.contrast, yr, tr)
    stack = FinalStack(
        constant_effect(yr, tr),
        0.0,
        weights,
        weights,
        plausible_weights(losses),
        *gain,
        _losses(predictions, losses, data),
    )
    candidates = [Candidate(m.name, m.effect, m.contrast) for m in models if m.effect is not None]
    return EffectFit(candidates, stack, yr, tr, predictions, by_name, gain)


def _losses(predictions: dict[str, Array], losses: Array, data: EffectData) -> dict[str, float]:
    """Mean squared error of the means of the two arms, and of every model."""
    arms = [data.outcome[data.treatment == a] for a in (0, 1)]
    spread = sum(float(((y - y.mean()) ** 2).sum()) for y in arms) / data.n_rows
    return {"means of the arms": spread, **dict(zip(predictions, losses.mean(axis=0).tolist(), strict=True))}
