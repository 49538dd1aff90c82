"""GraphSLearner: contrasts of the own treatment, against models written out by hand."""

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import PredefinedSplit
from sklearn.utils import Bunch

from causalkit.datasets import make_network_cate
from causalkit.estimators import GraphSLearner
from causalkit.graphs import HopFeatures
from causalkit.nuisance import GraphRegressor, HopAdditiveRegressor

FOLD = np.arange(500) % 4


def fit(world: Bunch, outcome_model: Any, **changes: Any) -> GraphSLearner:
    learner = GraphSLearner(
        outcome_model,
        LogisticRegression(),
        cv=PredefinedSplit(FOLD),
        n_hops=1,
        n_pairs=0,
        n_fourier=0,
        random_state=0,
    )
    data = {"y": world.y, "treatment": world.treatment, **changes}
    return learner.fit(world.X, data["y"], treatment=data["treatment"], graph=world.graph)


def test_least_squares_gives_its_coefficient_of_the_treatment(world: Bunch) -> None:
    learner = fit(world, LinearRegression())
    hops = HopFeatures(n_hops=1).fit(world.X).transform(world.X, graph=world.graph).to_numpy()
    table, y = np.column_stack([hops, world.treatment]), world.y.to_numpy()
    effect, mean = np.empty(500), np.empty(500)
    for k in range(4):
        here = k == FOLD
        model = LinearRegression().fit(table[~here], y[~here])
        effect[here] = model.coef_[-1]
        at = table[here].copy()
        at[:, -1] = learner.propensity_[here]
        mean[here] = model.predict(at)
    np.testing.assert_allclose(learner.out_of_fold_cate_, effect, rtol=1e-3)
    np.testing.assert_allclose(learner.outcome_residuals_, y - mean, rtol=1e-2, atol=1e-2)
    whole = LinearRegression().fit(table, y).coef_[-1]
    np.testing.assert_allclose(learner.predict(world.X, graph=world.graph), whole, rtol=1e-3)
    assert learner.final_weights_["LinearRegression"] == pytest.approx(1)


def test_contrast_does_not_ask_what_neighbours_were_given(world: Bunch, neighbour_regressor: Any) -> None:
    learner = fit(world, neighbour_regressor())
    assert np.mean((learner.predict(world.X, graph=world.graph) - world.cate) ** 2) < 0.6 * world.cate.var()
    model = learner._models[0].model
    assert model.own_columns == ["treatment"]
    rng = np.random.default_rng(0)
    for i in (3, 250):
        contrasts = []
        for _ in range(2):
            given = rng.integers(2, size=500).astype(float)  # to all others, whatever it was
            tables = [world.X.assign(treatment=np.where(np.arange(500) == i, a, given)) for a in (1.0, 0.0)]
            ends = [model.predict(table, graph=world.graph)[i] for table in tables]
            contrasts.append(ends[0] - ends[1])
        assert contrasts[0] == pytest.approx(contrasts[1], abs=1e-9)
        own = contrasts[0] * world.y.std(ddof=0)
        assert learner.predict(world.X, graph=world.graph)[i] == pytest.approx(own, rel=1e-6)


@pytest.mark.parametrize("architecture", ["sign", "gcn", "sage"])
def test_networks_contrast_the_own_treatment_only(world: Bunch, architecture: str) -> None:
    network = GraphRegressor(architecture, n_members=1, max_epochs=8, random_state=0)
    learner = fit(world, network)
    model, i = learner._models[0].model, 3
    assert model.own_columns == ["treatment"]
    given = np.random.default_rng(0).integers(2, size=500).astype(float)  # to all others, whatever it was
    tables = [world.X.assign(treatment=np.where(np.arange(500) == i, a, given)) for a in (1.0, 0.0)]
    ends = [model.predict(table, graph=world.graph)[i] for table in tables]
    own = (ends[0] - ends[1]) * world.y.std(ddof=0)
    assert learner.predict(world.X, graph=world.graph)[i] == pytest.approx(own, rel=1e-3, abs=1e-4)


def test_a_column_named_like_the_treatment_is_another_one(world: Bunch, neighbour_regressor: Any) -> None:
    named = Bunch(**{**world, "X": world.X.rename(columns={"x3": "treatment"})})
    one, other = fit(world, neighbour_regressor()), fit(named, neighbour_regressor())
    np.testing.assert_allclose(other.out_of_fold_cate_, one.out_of_fold_cate_, rtol=1e-6, atol=1e-9)
    assert other._models[0].model.own_columns == ["treatment_"]


@pytest.mark.parametrize("model", [HopAdditiveRegressor(), GraphRegressor(torch.nn.Linear)])
def test_a_model_that_would_mix_treatments_of_neighbours_is_refused(world: Bunch, model: Any) -> None:
    with pytest.raises(ValueError, match="outcome_model must have a parameter own_columns for GraphSLearner"):
        fit(world, ["linear", model])


def test_one_column_among_many_shrinks_the_effect() -> None:
    """What the docstring warns of: a ridge regression has one effect for all."""
    world = make_network_cate(600, effect="one_hop", n_features=4, random_state=0)
    learner = GraphSLearner("linear", "additive", n_pairs=0, random_state=0)
    learner.fit(world.X, world.y, treatment=world.treatment, graph=world.graph)
    assert np.ptp(learner.predict(world.X, graph=world.graph)) == pytest.approx(0, abs=1e-4)
    joint = GraphSLearner("additive", "additive", n_pairs=0, random_state=0)
    joint.fit(world.X, world.y, treatment=world.treatment, graph=world.graph)
    error = np.mean((joint.predict(world.X, graph=world.graph) - world.cate) ** 2)
    assert error < 0.2 * world.cate.var()
