"""Final-stage candidates: the joint engine against a dense posterior, residuals, forest, regressors."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression, Ridge

from causalkit.estimators._candidates import (
    Candidate,
    JointFits,
    LinearEffect,
    compact_root,
    forest_candidate,
    forest_trial,
    joint_columns,
    regressor_candidate,
    residual_candidate,
    residual_sums,
)
from causalkit.estimators._engine import Engine

Residuals = tuple[np.ndarray, np.ndarray]


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
    np.testing.assert_allclose(additive.model.predict(joint.engine.design), mean, atol=2e-4)


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


def test_residual_candidate_minimises_a_penalised_r_loss(engine: Engine, world, residuals: Residuals) -> None:
    candidate = residual_candidate(engine, *residuals)
    yr, tr = residuals
    truth = world.cate / engine.data.scale
    assert np.mean((candidate.held_out - truth) ** 2) < 0.3 * truth.var()
    constant = (tr @ yr) / (tr @ tr)
    assert np.mean((yr - tr * candidate.held_out) ** 2) < np.mean((yr - tr * constant) ** 2)


def test_residual_sums_are_those_of_the_explicit_weighted_design(
    engine: Engine, residuals: Residuals
) -> None:
    yr, tr = residuals
    sums = residual_sums(engine, yr, tr)
    rows = engine.design.rows(0, engine.data.n_rows).astype(float) * tr[:, None]
    for k in range(engine.data.n_folds):
        here = engine.data.fold == k
        expected = rows[here].T @ rows[here]
        np.testing.assert_allclose(sums.gram[k], expected, atol=1e-5 * np.abs(expected).max())
        np.testing.assert_allclose(sums.moment[k, :, 0], rows[here].T @ yr[here], atol=1e-3)


def test_regressor_candidate_is_the_weighted_regression_of_the_ratio(
    engine: Engine, residuals: Residuals
) -> None:
    yr, tr = residuals
    candidate = regressor_candidate(engine, "ols", LinearRegression(), yr, tr)
    columns, fold = engine.data.columns().astype(float), engine.data.fold
    design = np.hstack([np.ones((len(yr), 1)), columns])
    for rows, predicted in (
        (np.ones(len(yr), bool), candidate.model.predict(engine.design)),
        (fold != 1, candidate.held_out),
    ):
        # Weighted least squares of the ratio is least squares of Yr on Tr times the columns.
        weights = np.linalg.lstsq(design[rows] * tr[rows, None], yr[rows], rcond=None)[0]
        here = rows if rows.all() else fold == 1
        np.testing.assert_allclose(predicted[here], (design @ weights)[here], atol=1e-2)


def test_regressor_candidate_does_not_change_the_prototype(engine: Engine, residuals: Residuals) -> None:
    prototype = RandomForestRegressor(n_estimators=5, random_state=0)
    regressor_candidate(engine, "forest", prototype, *residuals)
    assert not hasattr(prototype, "estimators_")


def test_missing_columns_are_imputed_for_models_that_do_not_take_them(
    make_engine, residuals: Residuals
) -> None:
    engine = make_engine(n_pairs=0)
    engine.data.groups[1][:20, 0] = np.nan
    candidate = regressor_candidate(engine, "ridge", Ridge(), *residuals)
    assert np.isfinite(candidate.model.predict(engine.design)).all()
    assert np.isfinite(candidate.held_out).all()


def test_forest_is_held_out_by_its_trees(engine: Engine, world, residuals: Residuals) -> None:
    forest = forest_candidate(engine.data.groups, *residuals, n_trees=40, n_jobs=None, seed=0)
    truth = world.cate / engine.data.scale
    assert np.mean((forest.held_out - truth) ** 2) < 0.6 * truth.var()
    yr, tr = residuals
    assert np.mean((yr - tr * forest.model.predict(engine.design)) ** 2) < np.mean(
        (yr - tr * forest.held_out) ** 2
    )


def test_rows_that_the_forest_was_not_grown_on_are_predicted_by_all_trees(
    engine: Engine, residuals: Residuals
) -> None:
    forest = forest_candidate(engine.data.groups, *residuals, n_trees=12, n_rows=300, n_jobs=None, seed=0)
    seen = np.linspace(0, engine.data.n_rows - 1, 300).astype(int)
    same = np.isclose(forest.held_out, forest.model.predict(engine.design))
    assert same[np.setdiff1d(np.arange(engine.data.n_rows), seen)].all()
    assert not same[seen].all()


def test_trial_is_a_small_forest_on_some_rows(
    engine: Engine, residuals: Residuals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("causalkit.estimators._candidates._TRIAL_ROWS", 200)
    rows, held_out = forest_trial(engine.data.groups, *residuals, n_jobs=None, seed=0)
    assert len(rows) == len(held_out) == len(set(rows)) == 200
    expected = forest_candidate(
        [g[rows] for g in engine.data.groups], *(r[rows] for r in residuals), n_trees=24, n_jobs=None, seed=0
    )
    np.testing.assert_array_equal(held_out, expected.held_out)


def test_forest_is_the_same_for_any_number_of_threads(engine: Engine, residuals: Residuals) -> None:
    one, two = (
        forest_candidate(engine.data.groups, *residuals, n_trees=12, n_jobs=n, seed=3).held_out
        for n in (1, 2)
    )
    np.testing.assert_allclose(one, two, rtol=1e-10)


def test_compact_root_has_the_same_square() -> None:
    rng = np.random.default_rng(0)
    root = np.zeros((9, 20))
    root[[1, 4, 5, 7]] = rng.normal(size=(4, 20))
    small = compact_root(root)
    assert small.shape == (9, 4)
    np.testing.assert_allclose(small @ small.T, root @ root.T, atol=1e-12)


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
