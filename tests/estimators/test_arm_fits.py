"""The engine's fits of each arm against the dense posterior of that arm's rows."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from sklearn.utils import Bunch

from causalkit.estimators._arm_fits import ArmFits, arm_moments
from causalkit.estimators._effect_models import LinearEffect
from causalkit.estimators._engine import EFFECT, OUTCOME, Engine
from causalkit.nuisance._evidence import FoldedFit

MakeEngine = Callable[..., Engine]


@pytest.fixture(scope="module")
def shifted(engine: Engine) -> Engine:
    """An engine whose target is the outcome less a rough effect, which the arms must give back."""
    return Engine(replace(engine.data, rough_effect=0.4), 4, None, engine.basis)


def dense_posterior(fit: FoldedFit, rows: np.ndarray, outcome: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of the weights from the formula, at the variances of the fit."""
    design = rows[:, fit.columns][:, fit.everything.active]
    variance = fit.everything.variance[fit.prior.block[fit.everything.active]]
    covariance = np.linalg.inv(design.T @ design / fit.everything.noise + np.diag(1 / variance))
    return covariance @ design.T @ outcome / fit.everything.noise, covariance


@pytest.mark.parametrize("name", ["additive", "pairs"])
def test_effect_is_the_difference_of_two_posteriors(
    shifted: Engine, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fits: list[FoldedFit] = []
    original = ArmFits._model

    def record(self: ArmFits, label: str, arms: list[FoldedFit]):
        fits[:] = arms
        return original(self, label, arms)

    monkeypatch.setattr(ArmFits, "_model", record)
    model = getattr(ArmFits(shifted), name)()
    data = shifted.data
    rows = shifted.design.rows(0, data.n_rows).astype(np.float64)
    mean, variance = np.zeros(data.n_rows), np.zeros(data.n_rows)
    for arm, sign in ((0, -1), (1, 1)):
        here, fit = data.treatment == arm, fits[arm]
        shift = data.rough_effect * (arm - data.treated_share)
        weights, covariance = dense_posterior(fit, rows[here], data.outcome[here] - shift)
        design = rows[:, fit.columns][:, fit.everything.active]
        mean += sign * (design @ weights + shift)
        variance += np.einsum("ij,jk,ik->i", design, covariance, design)
    assert isinstance(model.effect, LinearEffect)
    np.testing.assert_allclose(model.effect.predict(shifted.nodes), mean, atol=1e-3)
    alone = LinearEffect(model.effect.weights, model.effect.weights[None], model.effect.root)
    np.testing.assert_allclose(alone.variance(rows.astype(np.float32)), variance, rtol=5e-3)


def test_moments_are_those_of_the_rows_of_one_arm_and_fold(engine: Engine) -> None:
    columns = np.arange(5, 25)
    rows = engine.design.rows(0, engine.data.n_rows).astype(np.float64)[:, columns]
    y = engine.target(OUTCOME)
    for arm in (0, 1):
        for k, part in enumerate(arm_moments(engine.sums, arm, columns)):
            here = (engine.data.fold == k) & (engine.data.treatment == arm)
            scale = np.abs(rows[here].T @ rows[here]).max()
            np.testing.assert_allclose(part.gram, rows[here].T @ rows[here], atol=1e-6 * scale)
            np.testing.assert_allclose(part.moment, rows[here].T @ y[here], atol=1e-5 * scale)
            assert part.n_rows == here.sum()


def test_held_out_rows_are_predicted_by_the_fits_without_their_fold(engine: Engine) -> None:
    model = ArmFits(engine).additive()
    assert isinstance(model.effect, LinearEffect)
    rows = engine.design.rows(0, engine.data.n_rows)
    for k in range(engine.data.n_folds):
        here = engine.data.fold == k
        expected = rows[here] @ model.effect.fold_weights[k, :, 0]
        np.testing.assert_allclose(model.contrast[here], expected, atol=1e-4)


def test_held_out_predictions_do_not_see_the_fold(make_engine: MakeEngine) -> None:
    before = ArmFits(make_engine()).additive()
    changed = make_engine()
    rows = changed.data.fold == 2
    changed.data.outcome[rows] = np.random.default_rng(0).normal(size=rows.sum())
    changed.__post_init__()
    after = ArmFits(changed).additive()
    moved = np.abs(after.treated - before.treated)
    # Only the block variances, which all rows have a part in, reach the held-out rows.
    assert np.mean(moved[rows] ** 2) < 0.2 * np.mean(moved[~rows] ** 2)


def test_arms_are_recovered(engine: Engine, world: Bunch) -> None:
    truth = world.cate / engine.data.scale
    for model in (ArmFits(engine).additive(), ArmFits(engine).pairs()):
        assert np.mean((model.contrast - truth) ** 2) < 0.4 * truth.var()
        seen = model.observed(engine.data.treatment)
        assert np.mean((engine.data.outcome - seen) ** 2) < 0.45


def test_pairs_are_those_of_outcome_and_effect(engine: Engine) -> None:
    blocks, allowed = engine.blocks_of(OUTCOME, EFFECT)
    chosen = {pair for which in (OUTCOME, EFFECT) for choice in engine.choices[which] for pair in choice}
    assert {engine.pairs[i - engine.n_main] for i in blocks[engine.n_main :]} == chosen
    for k in range(engine.data.n_folds + 1):
        named = {*engine.choices[OUTCOME][k], *engine.choices[EFFECT][k]}
        picked = {engine.pairs[i - engine.n_main] for i in blocks[allowed[k]] if i >= engine.n_main}
        assert picked == named
