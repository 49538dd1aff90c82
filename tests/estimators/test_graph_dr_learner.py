"""GraphDRLearner: pseudo-outcomes by the formula, and what is regressed on them."""

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.utils import Bunch

from causalkit.datasets import make_network_cate
from causalkit.estimators import GraphDRLearner, GraphTLearner
from causalkit.estimators._final_models import PSEUDO_OUTCOME_STACK
from causalkit.estimators._graph_dr_learner import pseudo_outcome
from causalkit.estimators._outcome_models import OutcomeModel
from causalkit.graphs import HopFeatures


def fit(world: Bunch, final_model: Any, outcome_model: Any = "linear", **settings: Any) -> GraphDRLearner:
    given: dict[str, Any] = {
        "treatment_model": LogisticRegression(),
        "n_pairs": 0,
        "n_fourier": 0,
        "n_hops": 1,
    }
    learner = GraphDRLearner(outcome_model, final_model=final_model, random_state=0, **{**given, **settings})
    return learner.fit(world.X, world.y, treatment=world.treatment, graph=world.graph)


def test_pseudo_outcome_by_arm() -> None:
    rng = np.random.default_rng(0)
    mu0, mu1, y = rng.normal(size=(3, 50))
    e, t = rng.uniform(0.1, 0.9, 50), rng.integers(2, size=50).astype(float)
    found = pseudo_outcome(OutcomeModel("", mu0, mu1), y, t, e)
    for i in range(50):
        correction = (y[i] - mu1[i]) / e[i] if t[i] else -(y[i] - mu0[i]) / (1 - e[i])
        assert found[i] == pytest.approx(mu1[i] - mu0[i] + correction)


def test_outcome_models_are_those_of_the_arms(world: Bunch) -> None:
    learner = fit(world, "constant")
    arms = GraphTLearner("linear", LogisticRegression(), n_pairs=0, n_fourier=0, n_hops=1, random_state=0)
    arms.fit(world.X, world.y, treatment=world.treatment, graph=world.graph)
    np.testing.assert_allclose(learner.pseudo_outcomes_, arms.aipw_scores(), rtol=1e-6)
    np.testing.assert_allclose(learner.outcome_residuals_, arms.outcome_residuals_, rtol=1e-6)
    np.testing.assert_array_equal(learner.propensity_, arms.propensity_)


def test_average_effect_is_the_mean_of_pseudo_outcomes(world: Bunch) -> None:
    learner = fit(world, "constant")
    mean = learner.pseudo_outcomes_.mean()
    assert learner.ate().estimate == pytest.approx(mean)
    assert learner.constant_effect_ == pytest.approx(mean)
    np.testing.assert_allclose(learner.predict(world.X, graph=world.graph), mean)
    loss = learner.final_scores_.loc["constant", "dr_loss"]
    assert loss == pytest.approx(learner.pseudo_outcomes_.var())


def test_regressor_is_fitted_to_the_pseudo_outcomes(world: Bunch) -> None:
    learner = fit(world, LinearRegression())
    hops = HopFeatures(n_hops=1).fit(world.X).transform(world.X, graph=world.graph).to_numpy()
    phi, fold = learner.pseudo_outcomes_, learner._fold
    held_out = np.empty(500)
    for k in np.unique(fold):
        held_out[fold == k] = LinearRegression().fit(hops[fold != k], phi[fold != k]).predict(hops[fold == k])
    weight = learner.final_weights_["LinearRegression"]
    assert 0 < weight <= 1
    expected = phi.mean() + weight * (held_out - phi.mean())
    np.testing.assert_allclose(learner.out_of_fold_cate_, expected, rtol=1e-3, atol=1e-3)
    whole = LinearRegression().fit(hops, phi).predict(hops)
    expected = phi.mean() + weight * (whole - phi.mean())
    np.testing.assert_allclose(learner.predict(world.X, graph=world.graph), expected, rtol=1e-3, atol=1e-3)
    loss = learner.final_scores_.loc["LinearRegression", "dr_loss"]
    assert loss == pytest.approx(np.mean((phi - held_out) ** 2), rel=1e-4)


def test_regressors_need_to_take_no_weights(world: Bunch) -> None:
    learner = fit(world, KNeighborsRegressor(50))
    assert list(learner.final_weights_.index) == ["KNeighborsRegressor"]


@pytest.mark.parametrize("final_model", ["additive", "pairs", "forest"])
def test_named_candidates_alone(world: Bunch, final_model: str) -> None:
    learner = fit(world, final_model, "additive", treatment_model="additive", n_pairs=2)
    assert list(learner.final_weights_.index) == [final_model]
    effect = learner.predict(world.X, graph=world.graph)
    assert np.mean((effect - world.cate) ** 2) < 0.6 * world.cate.var()


def test_stack(world: Bunch) -> None:
    learner = fit(world, "stack", "stack", treatment_model="stack")
    assert {*learner.final_weights_.index, *learner.skipped_} == set(PSEUDO_OUTCOME_STACK)
    models = set(learner.nuisance_scores_.query("nuisance == 'outcome'")["model"])
    assert {"joint additive", "joint pairs", "linear", "boosting"} <= models


@pytest.mark.parametrize("bad", ["residual", "boosting", LogisticRegression(), Ridge])
def test_bad_final_model(world: Bunch, bad: Any) -> None:
    with pytest.raises(ValueError, match=r"final_model must be a regressor, a list, or one of 'additive'"):
        fit(world, bad)


@pytest.mark.parametrize("seed", range(3))
def test_constant_effect_stays_constant(seed: int) -> None:
    world = make_network_cate(1000, effect="constant", random_state=seed)
    learner = GraphDRLearner("additive", "additive", "additive", n_pairs=0, random_state=0)
    learner.fit(world.X, world.y, treatment=world.treatment, graph=world.graph)
    effect = learner.predict(world.X, graph=world.graph)
    of_constant = np.mean((learner.constant_effect_ - world.cate) ** 2)
    assert np.mean((effect - world.cate) ** 2) < 1.5 * of_constant + 0.02
    assert learner.final_weights_.sum() < 0.5


def test_mean_is_right_where_only_the_propensity_is() -> None:
    """Double robustness: an outcome model without a single column leaves the mean of phi where it belongs."""
    from sklearn.dummy import DummyRegressor

    errors = []
    for seed in range(8):
        world = make_network_cate(1000, effect="constant", random_state=seed)
        learner = fit(world, "constant", DummyRegressor(), treatment_model="additive", n_hops=2)
        naive = world.y[world.treatment == 1].mean() - world.y[world.treatment == 0].mean()
        errors.append((learner.ate().estimate - world.ate, naive - world.ate))
    robust, naive = np.mean(errors, axis=0)
    assert abs(robust) < 0.25 * abs(naive)
