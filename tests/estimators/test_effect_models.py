"""Fitted models of the effect: square roots of posteriors, regressions of own columns and the network."""

import numpy as np
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LinearRegression

from causalkit.estimators._effect_models import (
    ArmsEffect,
    OwnTreatmentEffect,
    RegressorEffect,
    compact_root,
)
from causalkit.estimators._engine import Engine
from causalkit.estimators._nodes import HOP_COLUMNS


def test_compact_root_has_the_same_square() -> None:
    rng = np.random.default_rng(0)
    root = np.zeros((9, 20))
    root[[1, 4, 5, 7]] = rng.normal(size=(4, 20))
    small = compact_root(root)
    assert small.shape == (9, 4)
    np.testing.assert_allclose(small @ small.T, root @ root.T, atol=1e-12)


def test_difference_of_two_regressions(engine: Engine) -> None:
    columns = engine.data.columns()
    models = [DummyRegressor(strategy="constant", constant=c).fit(columns, columns[:, 0]) for c in (5.0, 2.0)]
    np.testing.assert_allclose(ArmsEffect(*models, HOP_COLUMNS).predict(engine.nodes), 3.0)


def test_contrast_in_the_last_column(engine: Engine) -> None:
    columns, t = engine.data.columns(), engine.data.treatment
    model = LinearRegression().fit(np.column_stack([columns, t]), 4 * t + columns[:, 0])
    effect = OwnTreatmentEffect(model, HOP_COLUMNS, "treatment").predict(engine.nodes)
    np.testing.assert_allclose(effect, 4.0, atol=1e-3)


def test_regression_of_the_effect_sees_hop_columns(engine: Engine) -> None:
    columns = engine.data.columns()
    model = LinearRegression().fit(columns, columns @ np.arange(columns.shape[1]))
    expected = columns @ np.arange(columns.shape[1])
    np.testing.assert_allclose(RegressorEffect(model).predict(engine.nodes), expected, atol=1e-2)
