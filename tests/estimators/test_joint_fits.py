"""The joint fit of outcome and effect against a dense posterior."""

import numpy as np
import pytest

from causalkit.estimators._effect_models import Candidate, LinearEffect
from causalkit.estimators._engine import Engine
from causalkit.estimators._joint_fits import JointFits, joint_columns


@pytest.fixture(scope="module")
def joint(engine: Engine) -> JointFits:
    rng = np.random.default_rng(0)
    propensity = np.clip(0.5 + 0.1 * engine.data.groups[0][:, 0], 0.05, 0.95).astype(float)
    return JointFits(engine, joint_columns(propensity, rng.normal(size=engine.data.n_rows)))


@pytest.fixture(scope="module")
def additive(joint: JointFits) -> Candidate:
    return joint.additive()


def dense_effect_posterior(joint: JointFits) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of the effect at the rows, from the formula, at the variances of the fit."""
    fit, mu, tau = joint._additive
    rows = joint.design.rows(0, joint.design.n_rows).astype(np.float64)
    t = joint.engine.data.treatment
    design = np.hstack([rows[:, mu], (t - t.mean())[:, None] * rows[:, tau]])
    variance = fit.everything.variance[fit.prior.block]
    kept = np.zeros(len(variance), bool)
    kept[fit.everything.active] = True
    precision = design.T @ design / fit.everything.noise + np.diag(1 / variance)
    covariance = np.zeros_like(precision)
    covariance[np.ix_(kept, kept)] = np.linalg.inv(precision[np.ix_(kept, kept)])
    weights = covariance @ design.T @ joint.engine.data.outcome / fit.everything.noise
    effect = rows[:, tau]
    of_effect = covariance[len(mu) :, len(mu) :]
    return effect @ weights[len(mu) :], effect @ of_effect @ effect.T


def test_effect_is_the_posterior_mean_of_the_explicit_model(joint: JointFits, additive: Candidate) -> None:
    mean, _ = dense_effect_posterior(joint)
    np.testing.assert_allclose(additive.model.predict(joint.engine.nodes), mean, atol=2e-4)


def test_posterior_variance_is_that_of_the_explicit_model(joint: JointFits, additive: Candidate) -> None:
    _, covariance = dense_effect_posterior(joint)
    assert isinstance(additive.model, LinearEffect)
    # With one fit in place of the folds' fits there is no spread between folds, and the posterior is left.
    alone = LinearEffect(additive.model.weights, additive.model.weights[None], additive.model.root)
    variance = alone.variance(joint.engine.design.rows(0, joint.engine.data.n_rows))
    np.testing.assert_allclose(variance, np.diag(covariance), rtol=2e-3)


def test_jackknife_is_the_spread_of_the_fits_without_a_fold(joint: JointFits, additive: Candidate) -> None:
    model, n_folds = additive.model, joint.engine.data.n_folds
    assert isinstance(model, LinearEffect)
    rows = joint.engine.design.rows(0, joint.engine.data.n_rows)
    jackknife = LinearEffect(model.weights, model.fold_weights, 0 * model.root).variance(rows)
    both = model.variance(rows) - LinearEffect(model.weights, model.weights[None], model.root).variance(rows)
    np.testing.assert_allclose(both, jackknife, atol=1e-6)
    fits = np.column_stack([rows @ weights[:, 0] for weights in model.fold_weights])
    expected = (n_folds - 1) / n_folds * ((fits - fits.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    np.testing.assert_allclose(jackknife, expected, rtol=1e-3, atol=1e-8)


def test_held_out_effect_of_a_row_is_that_of_the_fit_without_its_fold(
    engine: Engine, additive: Candidate
) -> None:
    assert isinstance(additive.model, LinearEffect)
    rows = engine.design.rows(0, engine.data.n_rows)
    for k in range(engine.data.n_folds):
        here = engine.data.fold == k
        np.testing.assert_allclose(
            additive.held_out[here], rows[here] @ additive.model.fold_weights[k, :, 0], atol=1e-4
        )


def test_joint_fits_recover_the_effect(engine: Engine, world, joint: JointFits, additive: Candidate) -> None:
    truth = world.cate / engine.data.scale
    for candidate in (additive, joint.pairs()):
        assert np.mean((candidate.held_out - truth) ** 2) < 0.15 * truth.var()
        assert candidate.outcome_held_out is not None
        np.testing.assert_array_equal(candidate.outcome_held_out[1], candidate.held_out)


def test_outcome_part_of_a_joint_fit_predicts_the_outcome(engine: Engine, additive: Candidate) -> None:
    assert additive.outcome_held_out is not None
    mu, tau = additive.outcome_held_out
    t, y = engine.data.treatment, engine.data.outcome
    assert np.mean((y - mu - (t - t.mean()) * tau) ** 2) < 0.4 * y.var()


def test_joint_columns_are_centred_functions_of_the_nuisances() -> None:
    rng = np.random.default_rng(0)
    e, m = rng.uniform(0.1, 0.9, 400), rng.normal(3, 2, 400)
    columns = joint_columns(e, m)
    assert {name: table.shape[1] for name, table in columns.items()} == {
        "propensity": 5,
        "log-odds of the propensity": 1,
        "outcome model": 1,
    }
    for table in columns.values():
        np.testing.assert_allclose(table.mean(axis=0), 0, atol=1e-5)
    index = columns["log-odds of the propensity"][:, 0]
    assert np.corrcoef(index, np.log(e / (1 - e)))[0, 1] == pytest.approx(1, abs=1e-6)
    constant = joint_columns(np.full(50, 0.5), np.zeros(50))
    assert all(np.isfinite(table).all() for table in constant.values())
