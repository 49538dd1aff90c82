"""Cross-fitted nuisances: bounds, stacks, columns that boosting gets, and scores."""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss

from causalkit.estimators._engine import OUTCOME, TREATMENT, Engine, rough_effect
from causalkit.estimators._nuisances import (
    Propensity,
    fit_outcome,
    fit_propensity,
    nuisance_scores,
    outcome_stack,
)


class Nuisances(NamedTuple):
    """Out-of-fold outcome by candidate, and the propensity."""

    outcome: dict[str, np.ndarray]
    treatment: Propensity


def fit_both(engine: Engine, outcome_model: Any, treatment_model: Any, clip: float = 0.02) -> Nuisances:
    propensity = fit_propensity(engine, treatment_model, clip=clip, n_jobs=None, seed=0)
    return Nuisances(fit_outcome(engine, outcome_model, propensity.values, n_jobs=None, seed=0), propensity)


@pytest.fixture(scope="module")
def nuisances(engine: Engine) -> Nuisances:
    models = ["linear", "additive", "pairs"]
    return fit_both(engine, models, models)


def test_engine_models_are_the_engine_s_held_out_fits(engine: Engine, nuisances: Nuisances) -> None:
    rough = engine.data.rough_effect * (nuisances.treatment.values - engine.data.treated_share)
    found = nuisances.outcome
    np.testing.assert_allclose(found["additive"], engine.additive_held_out[OUTCOME] + rough)
    np.testing.assert_allclose(found["pairs"], engine.paired_held_out[OUTCOME] + rough)
    t = engine.data.treatment
    expected = np.clip(engine.additive_held_out[TREATMENT] * t.std() + t.mean(), 0.02, 0.98)
    np.testing.assert_array_equal(nuisances.treatment.candidates["additive"], expected)


def test_linear_model_is_fitted_without_the_fold(engine: Engine) -> None:
    found = fit_both(engine, Ridge(), LogisticRegression(), clip=0.01)
    data, columns, fold = engine.data, engine.data.columns(), engine.data.fold
    instrument, centred = data.treatment - found.treatment.values, data.treatment - data.treated_share
    residual = engine.target(OUTCOME) - engine.paired_held_out[OUTCOME]
    effect = data.rough_effect + (instrument @ residual) / (instrument @ centred)
    target = data.outcome - effect * centred
    for k in range(engine.data.n_folds):
        train, test = fold != k, fold == k
        outcome = Ridge().fit(columns[train], target[train]).predict(columns[test])
        outcome += effect * (found.treatment.values[test] - data.treated_share)
        treatment = LogisticRegression().fit(columns[train], engine.data.treatment[train])
        np.testing.assert_allclose(found.outcome["Ridge"][test], outcome, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(
            found.treatment.candidates["LogisticRegression"][test],
            np.clip(treatment.predict_proba(columns[test])[:, 1], 0.01, 0.99),
        )


def test_stacked_propensity_is_at_least_as_good_as_each_candidate(
    engine: Engine, nuisances: Nuisances
) -> None:
    t = engine.data.treatment
    best = min(log_loss(t, p) for p in nuisances.treatment.candidates.values())
    assert log_loss(t, nuisances.treatment.values) <= best + 1e-9
    assert all(weight >= 0 for weight in nuisances.treatment.weights.values())


@pytest.mark.parametrize("clip", [0.02, 0.3])
def test_propensities_are_clipped_and_the_share_is_told(engine: Engine, clip: float) -> None:
    found = fit_propensity(engine, "linear", clip=clip, n_jobs=None, seed=0)
    assert found.values.min() >= clip
    assert found.values.max() <= 1 - clip
    at_bound = np.isclose(found.values, clip) | np.isclose(found.values, 1 - clip)
    assert found.clipped == pytest.approx(at_bound.mean())
    assert (found.clipped > 0.05) == (clip == 0.3)


def test_outcome_stack_is_the_best_convex_combination(engine: Engine, nuisances: Nuisances) -> None:
    y = engine.data.outcome
    stacked, weights = outcome_stack(nuisances.outcome, y)
    values = np.array(list(weights.values()))
    assert values.min() >= 0
    assert values.sum() == pytest.approx(1)
    np.testing.assert_allclose(stacked, np.column_stack(list(nuisances.outcome.values())) @ values)
    for candidate in nuisances.outcome.values():
        # The best of a convex set is not improved by a step towards any of its corners.
        step = stacked + 0.01 * (candidate - stacked)
        assert np.mean((y - stacked) ** 2) <= np.mean((y - step) ** 2) + 1e-9


def test_boosting_gets_products_that_the_other_folds_chose(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[np.ndarray] = []

    def record(estimator: object, tables: list[np.ndarray], y: np.ndarray, *_: object, **__: object):
        seen.extend(tables[k] for k in range(len(tables)))
        return np.zeros(len(y))

    monkeypatch.setattr("causalkit.estimators._nuisances.cross_fit", record)
    monkeypatch.setattr(
        "causalkit.estimators._nuisances.stack_log_odds", lambda columns, outcome: np.ones(columns.shape[1])
    )
    fit_both(engine, "boosting", "additive")
    width = engine.data.columns().shape[1] + 2
    assert len(seen) == engine.data.n_folds
    for k, table in enumerate(seen):
        chosen = {*engine.choices[OUTCOME][k][:3], *engine.choices[TREATMENT][k][:3]}
        assert table.shape == (engine.data.n_rows, width + len(chosen))
        for j, pair in enumerate(dict.fromkeys([*engine.choices[OUTCOME][k][:3]])):
            left, right = (engine.basis.blocks[i] for i in pair)
            product = [
                engine.basis.standardised(engine.data.groups, block.hop, block.feature)
                for block in (left, right)
            ]
            np.testing.assert_allclose(table[:, width + j], product[0] * product[1], rtol=1e-5)


def test_scores_are_those_of_the_predictions(engine: Engine, nuisances: Nuisances) -> None:
    y, t = engine.data.outcome, engine.data.treatment
    stacked, weights = outcome_stack(nuisances.outcome, y)
    table = nuisance_scores(engine.data, nuisances.outcome, weights, nuisances.treatment)
    value = table.set_index(["nuisance", "model"])["value"]
    assert value["outcome", "constant"] == pytest.approx(0)
    assert value["outcome", "stack"] == pytest.approx(1 - np.var(y - stacked) / np.var(y), abs=0.01)
    assert value["treatment", "constant"] == pytest.approx(log_loss(t, np.full(len(t), t.mean())))
    assert value["treatment", "stack"] == pytest.approx(log_loss(t, nuisances.treatment.values))
    assert value["outcome", "stack"] > value["outcome", "linear"]
    assert value["treatment", "stack"] < value["treatment", "constant"]
    assert set(table["score"]) == {"r2", "log_loss"}
    assert table.loc[table["model"].isin(["stack", "constant"]), "weight"].isna().all()
    assert isinstance(table, pd.DataFrame)


def test_an_error_in_the_propensity_cancels_where_the_effect_is_constant(engine: Engine) -> None:
    """Y - m - effect (T - e) is the residual of the effect-free target, whatever e is."""
    rough = rough_effect(engine.data.columns(), engine.data.outcome, engine.data.treatment)
    data = replace(engine.data, rough_effect=rough)
    shifted = Engine(data, 4, None, engine.basis)
    found = fit_both(shifted, "additive", "linear")
    left = data.outcome - found.outcome["additive"] - rough * (data.treatment - found.treatment.values)
    np.testing.assert_allclose(left, shifted.target(OUTCOME) - shifted.additive_held_out[OUTCOME], atol=1e-9)


def test_rough_effect_is_near_the_effect_under_linear_confounding() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4000, 3))
    t = (rng.random(4000) < 1 / (1 + np.exp(-x[:, 0]))).astype(float)
    y = x[:, 0] + 0.7 * t + 0.1 * rng.normal(size=4000)
    x[rng.random(4000) < 0.05, 1] = np.nan
    assert rough_effect(x.astype(np.float32), y, t) == pytest.approx(0.7, abs=0.03)
    assert np.mean(y[t == 1]) - np.mean(y[t == 0]) > 1.2  # the difference in means is far off
