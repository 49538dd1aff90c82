"""The stack of outcome models and the effect that is its contrast."""

from dataclasses import replace

import numpy as np
import pytest

from causalkit.estimators._effect_models import RegressorEffect
from causalkit.estimators._engine import EffectData, Engine
from causalkit.estimators._outcome_effect import effect_of_outcomes, stacked_outcome
from causalkit.estimators._outcome_models import OutcomeModel


@pytest.fixture
def data(engine: Engine) -> EffectData:
    return replace(engine.data, outcome=np.random.default_rng(0).normal(size=500))


def models_of(data: EffectData) -> list[OutcomeModel]:
    rng = np.random.default_rng(1)
    return [
        OutcomeModel(
            f"model {i}",
            data.outcome + rng.normal(0, s, 500),
            data.outcome + 1 + rng.normal(0, s, 500) - data.treatment,
            RegressorEffect(None),
        )
        for i, s in enumerate((1.0, 1.5, 4.0))
    ]


def test_one_weight_for_both_arms_by_squared_error(data: EffectData) -> None:
    models = models_of(data)
    stacked, weights = stacked_outcome(models, data)
    values = np.array(list(weights.values()))
    assert values.min() >= 0
    assert values.sum() == pytest.approx(1)
    assert values[0] > values[1] > values[2]
    np.testing.assert_allclose(
        stacked.treated, sum(w * m.treated for w, m in zip(values, models, strict=True))
    )
    best = np.mean((data.outcome - stacked.observed(data.treatment)) ** 2)
    for model in models:
        moved = 0.99 * stacked.observed(data.treatment) + 0.01 * model.observed(data.treatment)
        assert best <= np.mean((data.outcome - moved) ** 2) + 1e-9


def test_residuals_losses_and_effect(data: EffectData) -> None:
    models, e = models_of(data), np.full(500, 0.4)
    fit = effect_of_outcomes(models, data, e)
    stacked, weights = stacked_outcome(models, data)
    np.testing.assert_allclose(fit.held_out, stacked.contrast)
    np.testing.assert_allclose(fit.outcome_residual, data.outcome - stacked.mean(e))
    np.testing.assert_allclose(fit.treatment_residual, data.treatment - e)
    assert fit.outcome_weights == weights
    arms = [data.outcome[data.treatment == a] for a in (0, 1)]
    expected = sum(len(y) * y.var() for y in arms) / 500
    assert fit.stack.losses["means of the arms"] == pytest.approx(expected)
    error = np.mean((data.outcome - models[1].observed(data.treatment)) ** 2)
    assert fit.stack.losses["model 1"] == pytest.approx(error)
    yr, tr = fit.outcome_residual, fit.treatment_residual
    c = (yr @ tr) / (tr @ tr)
    assert fit.constant == pytest.approx(c)
    gain = np.mean((yr - tr * c) ** 2 - (yr - tr * stacked.contrast) ** 2)
    assert fit.gain[0] == pytest.approx(gain)


def test_a_single_model_is_the_stack(data: EffectData) -> None:
    model = models_of(data)[1]
    fit = effect_of_outcomes([model], data, np.full(500, 0.5))
    np.testing.assert_allclose(fit.held_out, model.contrast)
    np.testing.assert_array_equal(fit.stack.plausible, [1])
