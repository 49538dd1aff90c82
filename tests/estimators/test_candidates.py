"""Final-stage candidates: the engine on residuals and pseudo-outcomes, forests, regressors."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from causalkit.estimators._candidates import (
    engine_candidate,
    forest_candidate,
    forest_trial,
    regressor_candidate,
    residual_candidate,
    target_sums,
)
from causalkit.estimators._effect_models import LinearEffect
from causalkit.estimators._engine import Engine

Residuals = tuple[np.ndarray, np.ndarray]


def test_residual_candidate_minimises_a_penalised_r_loss(engine: Engine, world, residuals: Residuals) -> None:
    candidate = residual_candidate(engine, *residuals)
    yr, tr = residuals
    truth = world.cate / engine.data.scale
    assert np.mean((candidate.held_out - truth) ** 2) < 0.3 * truth.var()
    constant = (tr @ yr) / (tr @ tr)
    assert np.mean((yr - tr * candidate.held_out) ** 2) < np.mean((yr - tr * constant) ** 2)


def test_target_sums_are_those_of_the_explicit_weighted_design(engine: Engine, residuals: Residuals) -> None:
    yr, tr = residuals
    sums = target_sums(engine, yr, tr)
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
        (np.ones(len(yr), bool), candidate.model.predict(engine.nodes)),
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
    assert np.isfinite(candidate.model.predict(engine.nodes)).all()
    assert np.isfinite(candidate.held_out).all()


def test_forest_is_held_out_by_its_trees(engine: Engine, world, residuals: Residuals) -> None:
    forest = forest_candidate(engine.data.groups, *residuals, n_trees=40, n_jobs=None, seed=0)
    truth = world.cate / engine.data.scale
    assert np.mean((forest.held_out - truth) ** 2) < 0.6 * truth.var()
    yr, tr = residuals
    assert np.mean((yr - tr * forest.model.predict(engine.nodes)) ** 2) < np.mean(
        (yr - tr * forest.held_out) ** 2
    )


def test_rows_that_the_forest_was_not_grown_on_are_predicted_by_all_trees(
    engine: Engine, residuals: Residuals
) -> None:
    forest = forest_candidate(engine.data.groups, *residuals, n_trees=12, n_rows=300, n_jobs=None, seed=0)
    seen = np.linspace(0, engine.data.n_rows - 1, 300).astype(int)
    same = np.isclose(forest.held_out, forest.model.predict(engine.nodes))
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


class TestPseudoOutcome:
    """Without a treatment the target itself is regressed on the features."""

    @pytest.fixture
    def phi(self, engine: Engine, world) -> np.ndarray:
        return world.cate / engine.data.scale + np.random.default_rng(0).normal(size=engine.data.n_rows)

    @pytest.mark.parametrize("with_pairs", [False, True])
    def test_engine_is_that_of_a_treatment_that_is_one(
        self, engine: Engine, phi: np.ndarray, with_pairs: bool
    ) -> None:
        plain, ones = (
            engine_candidate(engine, "x", phi, t, with_pairs=with_pairs) for t in (None, np.ones(len(phi)))
        )
        np.testing.assert_allclose(plain.held_out, ones.held_out, atol=1e-5)

    def test_without_pairs_only_main_blocks_carry_the_effect(self, engine: Engine, phi: np.ndarray) -> None:
        model = engine_candidate(engine, "x", phi, with_pairs=False).model
        assert isinstance(model, LinearEffect)
        main = engine.design.columns_of(range(engine.n_main))
        assert not np.delete(model.weights, main, axis=0).any()

    def test_forest_is_one_of_regression_trees(self, engine: Engine, world, phi: np.ndarray) -> None:
        forest = forest_candidate(engine.data.groups, phi, None, n_trees=40, n_jobs=None, seed=0)
        truth = world.cate / engine.data.scale
        assert type(forest.model.forest).__name__ == "RegressionForest"
        assert np.mean((forest.held_out - truth) ** 2) < 0.7 * truth.var()
        rows, trial = forest_trial(engine.data.groups, phi, None, n_jobs=None, seed=0)
        assert len(rows) == len(trial) == len(phi)

    def test_regressor_is_fitted_to_the_target_without_weights(self, engine: Engine, phi: np.ndarray) -> None:
        candidate = regressor_candidate(engine, "neighbours", KNeighborsRegressor(20), phi, None)
        columns, fold = engine.data.columns(), engine.data.fold
        by_hand = KNeighborsRegressor(20).fit(columns[fold != 3], phi[fold != 3])
        np.testing.assert_allclose(candidate.held_out[fold == 3], by_hand.predict(columns[fold == 3]))


def test_weights_go_to_the_regression_at_the_end_of_a_pipeline(engine: Engine, residuals: Residuals) -> None:
    yr, tr = residuals
    pipeline = make_pipeline(StandardScaler(), Ridge())
    candidate = regressor_candidate(engine, "scaled", pipeline, yr, tr)
    columns, fold = engine.data.columns(), engine.data.fold
    scaler = StandardScaler().fit(columns[fold != 1])
    z = scaler.transform(columns)
    by_hand = Ridge().fit(z[fold != 1], (yr / tr)[fold != 1], sample_weight=tr[fold != 1] ** 2)
    np.testing.assert_allclose(candidate.held_out[fold == 1], by_hand.predict(z[fold == 1]), atol=1e-4)
