"""Variance of an estimated effect: its parts add up, and a misfit that no block sees is found."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.dummy import DummyRegressor

from causalkit.estimators._effect_models import LinearEffect, RegressorEffect
from causalkit.estimators._engine import Engine
from causalkit.estimators._final_stage import FinalStack
from causalkit.estimators._intervals import effect_variance, unseen_variance
from causalkit.estimators._joint_fits import JointFits, joint_columns
from causalkit.estimators._nodes import Nodes


def a_stack(plausible: list[float], constant_variance: float = 0.0) -> FinalStack:
    weights = np.zeros(len(plausible))
    return FinalStack(1.0, constant_variance, weights, weights, np.array(plausible), 0.0, 0.0, {})


def simulate(seed: int, misfit: Callable[[np.ndarray], np.ndarray], n: int = 2000) -> float:
    """Unseen variance when tau_hat = 1 and the effect is 1 + misfit."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, 6)).astype(np.float32)
    tr = (rng.uniform(size=n) < 0.5) - 0.5
    tau = 1 + misfit(features)
    yr = tr * tau + 0.5 * rng.normal(size=n)
    fold = np.arange(n) % 4
    return unseen_variance([features], fold, yr, tr, np.ones(n), np.random.default_rng(0))


def many_products(features: np.ndarray) -> np.ndarray:
    """All products of two columns alike, variance 0.5."""
    left, right = np.triu_indices(features.shape[1], 1)
    value = (features[:, left] * features[:, right]).sum(axis=1)
    return np.sqrt(0.5) * value / value.std()


def test_no_misfit_is_close_to_zero() -> None:
    found = [simulate(seed, lambda features: np.zeros(len(features))) for seed in range(12)]
    assert np.mean(found) < 0.02
    assert np.median(found) == 0


def test_misfit_spread_over_products_is_seen() -> None:
    found = [simulate(seed, many_products) for seed in range(8)]
    assert min(found) > 0.1
    assert 0.25 < np.mean(found) < 1.0


def test_misfit_does_not_depend_on_the_order_of_columns_or_on_their_units() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(800, 4)).astype(np.float32)
    tr = rng.choice([-0.5, 0.5], 800)
    yr = tr * (1 + many_products(features))
    fold, ones = np.arange(800) % 4, np.ones(800)

    def found(table: np.ndarray) -> float:
        return unseen_variance([table], fold, yr, tr, ones, np.random.default_rng(1))

    assert found(features[:, ::-1] * np.float32(8) + np.float32(3)) == pytest.approx(
        found(features), rel=1e-3
    )


def test_misfit_is_in_squared_units_of_the_effect() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(800, 4)).astype(np.float32)
    tr = rng.choice([-0.5, 0.5], 800)
    yr = tr * many_products(features)
    fold, zeros = np.arange(800) % 4, np.zeros(800)
    one, nine = (
        unseen_variance([features], fold, factor * yr, tr, zeros, np.random.default_rng(1))
        for factor in (1.0, 3.0)
    )
    assert nine == pytest.approx(9 * one, rel=1e-6)


def test_columns_without_variation_or_with_missing_values() -> None:
    rng = np.random.default_rng(0)
    tr = rng.choice([-0.5, 0.5], 200)
    group = np.ones((200, 3), np.float32)
    fold = np.arange(200) % 2
    assert unseen_variance([group], fold, tr * rng.normal(size=200), tr, np.zeros(200), rng) == 0
    group = rng.normal(size=(200, 3)).astype(np.float32)
    group[::7, 1] = np.nan
    assert np.isfinite(unseen_variance([group], fold, tr * rng.normal(size=200), tr, np.zeros(200), rng))


def nodes_of(engine: Engine) -> Nodes:
    return Nodes(engine.design, engine.data.units)


class TestEffectVariance:
    def test_parts_add_up(self, engine: Engine) -> None:
        n = engine.data.n_rows
        propensity = np.full(n, 0.5)
        additive = JointFits(engine, joint_columns(propensity, np.zeros(n))).additive()
        model: Any = additive.model
        tau = model.predict(engine.nodes) + 1
        known = model.variance(engine.design.rows(0, n))
        effects = [tau - 1, tau + 1]
        stack = a_stack([0.5, 0.5])
        found = effect_variance(stack, [model, RegressorEffect(None)], nodes_of(engine), effects, tau, 0.25)
        np.testing.assert_allclose(found, known + 1.0 + 0.25, rtol=1e-5)

    def test_the_least_sure_fit_of_the_engine_counts(self, engine: Engine) -> None:
        p = engine.design.n_columns
        first, second = np.zeros((p, 1)), np.zeros((p, 1))
        first[0], second[1] = 0.3, 2.0
        models = [LinearEffect(0 * root, 0 * root[None], root) for root in (first, second)]
        stack, zeros = a_stack([0.5, 0.5]), np.zeros(engine.data.n_rows)
        found = effect_variance(stack, models, nodes_of(engine), [zeros, zeros], zeros, 0.0)
        rows = engine.design.rows(0, engine.data.n_rows)
        np.testing.assert_allclose(found, np.maximum(0.09, 4 * rows[:, 1] ** 2), rtol=1e-5)

    def test_networks_count_with_their_jackknife(self, engine: Engine) -> None:
        """A network's folds disagree by 1 about every node: variance (n_folds - 1) / 4 times its weight."""
        folds = tuple(DummyRegressor(strategy="constant", constant=c).fit([[0]], [0]) for c in (0.0, 1.0))
        models = [RegressorEffect(folds[0], fold_models=folds), RegressorEffect(None)]
        zeros = np.zeros(engine.data.n_rows)
        stack = replace(a_stack([0.5, 0.5]), weights=np.array([0.5, 0.5]))
        found = effect_variance(stack, models, nodes_of(engine), [zeros, zeros], zeros, 0.0)
        np.testing.assert_allclose(found, 0.5 * 0.25)

    def test_constant_effect_has_the_variance_of_the_constant(self, engine: Engine) -> None:
        stack = a_stack([], constant_variance=0.09)
        found = effect_variance(stack, [], nodes_of(engine), [], np.ones(5), 0.0)
        np.testing.assert_allclose(found, 0.09)
