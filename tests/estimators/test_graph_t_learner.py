"""GraphTLearner: each arm by itself, against cross-fitting written out by hand."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import PredefinedSplit
from sklearn.utils import Bunch

from causalkit.datasets import make_network_cate
from causalkit.estimators import GraphTLearner
from causalkit.graphs import HopFeatures
from causalkit.nuisance._defaults import resolve_model

FOLD = np.arange(500) % 4


def fit(world: Bunch, outcome_model: Any, **settings: Any) -> GraphTLearner:
    given: dict[str, Any] = {
        "treatment_model": LogisticRegression(),
        "n_pairs": 0,
        "n_fourier": 0,
        "n_hops": 1,
    }
    learner = GraphTLearner(outcome_model, cv=PredefinedSplit(FOLD), random_state=0, **{**given, **settings})
    return learner.fit(world.X, world.y, treatment=world.treatment, graph=world.graph)


def hop_columns(world: Bunch) -> np.ndarray:
    return HopFeatures(n_hops=1).fit(world.X).transform(world.X, graph=world.graph).to_numpy()


def by_hand(world: Bunch) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Held-out predictions of "linear" for (untreated, treated), and its effect when fitted to all rows."""
    columns, y, t = hop_columns(world), world.y.to_numpy(), world.treatment.to_numpy()
    y = (y - y.mean()) / y.std()
    model = resolve_model("linear", "regression", name="outcome_model", seed=0)["linear"]
    arms = np.empty((2, len(y)))
    for arm in (0, 1):
        for k in range(4):
            train = (t == arm) & (k != FOLD)
            arms[arm, k == FOLD] = model.fit(columns[train], y[train]).predict(columns[k == FOLD])
    whole = [model.fit(columns[t == a], y[t == a]).predict(columns) for a in (0, 1)]
    return arms[0], arms[1], whole[1] - whole[0]


def test_linear_models_are_a_cross_fit_of_each_arm(world: Bunch) -> None:
    learner = fit(world, "linear")
    untreated, treated, whole = by_hand(world)
    scale = world.y.to_numpy().std()
    np.testing.assert_allclose(learner.out_of_fold_cate_, scale * (treated - untreated), rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(
        learner.predict(world.X, graph=world.graph), scale * whole, rtol=1e-3, atol=1e-3
    )
    e = learner.propensity_
    mean = world.y.mean() + scale * (e * treated + (1 - e) * untreated)
    np.testing.assert_allclose(learner.outcome_residuals_, world.y - mean, rtol=1e-3, atol=1e-3)


def test_scores_are_those_of_the_doubly_robust_formula(world: Bunch) -> None:
    learner = fit(world, "linear")
    untreated, treated, _ = by_hand(world)
    y, t, e = world.y.to_numpy(), world.treatment.to_numpy(), learner.propensity_
    mu0, mu1 = (y.mean() + y.std() * m for m in (untreated, treated))
    expected = mu1 - mu0 + t * (y - mu1) / e - (1 - t) * (y - mu0) / (1 - e)
    np.testing.assert_allclose(learner.aipw_scores(), expected, rtol=1e-3, atol=1e-2)


def test_each_arm_ignores_the_other(world: Bunch) -> None:
    treated = np.flatnonzero(world.treatment == 1)
    y = world.y.to_numpy().copy()
    y[treated] = y[np.random.default_rng(0).permutation(treated)]  # mean and spread stay
    before, after = (fit(Bunch(**{**world, "y": pd.Series(v)}), Ridge()) for v in (world.y, y))
    np.testing.assert_allclose(after._models[0].untreated.coef_, before._models[0].untreated.coef_, rtol=1e-4)
    assert np.abs(after._models[0].treated.coef_ - before._models[0].treated.coef_).max() > 0.1


def test_weights_are_shared_and_sum_to_one(world: Bunch) -> None:
    learner = fit(world, ["linear", "additive", Ridge(50)], treatment_model="linear")
    assert learner.final_weights_.sum() == pytest.approx(1)
    assert list(learner.final_weights_.index) == ["linear", "additive", "Ridge"]
    weights = learner.nuisance_scores_.set_index(["nuisance", "model"])["weight"]["outcome"].dropna()
    np.testing.assert_allclose(weights.to_numpy(), learner.final_weights_.to_numpy())
    best = learner.final_scores_["squared_error"].drop("means of the arms").idxmin()
    assert learner.final_weights_.idxmax() == best


@pytest.mark.parametrize("seed", range(3))
def test_a_constant_effect_is_not_far_off(seed: int) -> None:
    world = make_network_cate(1000, effect="constant", random_state=seed)
    learner = GraphTLearner("additive", "additive", n_pairs=0, random_state=0)
    learner.fit(world.X, world.y, treatment=world.treatment, graph=world.graph)
    effect = learner.predict(world.X, graph=world.graph)
    assert np.mean((effect - world.cate) ** 2) < 0.1 * world.y.var()
