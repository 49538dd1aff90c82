"""Outcome models by arm and with the treatment as a column, against fits written out by hand."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.utils import Bunch

from causalkit.estimators._engine import Engine
from causalkit.estimators._joint_fits import JointFits
from causalkit.estimators._nodes import Nodes, Units
from causalkit.estimators._outcome_models import (
    OutcomeModel,
    arm_regressions,
    joint_outcome_model,
    takes_own_columns,
    treatment_column,
    treatment_regression,
    with_own_column,
)
from causalkit.graphs import Network
from causalkit.nuisance import HopAdditiveRegressor

NeighbourRegressor = Callable[..., Any]
SETTINGS: dict[str, Any] = {"n_jobs": None, "seed": 0}


def test_observed_arm_and_mean() -> None:
    model = OutcomeModel("m", np.array([1.0, 2.0]), np.array([4.0, 8.0]))
    np.testing.assert_array_equal(model.contrast, [3, 6])
    np.testing.assert_array_equal(model.observed(np.array([1.0, 0.0])), [4, 2])
    np.testing.assert_allclose(model.mean(np.array([0.5, 0.25])), [2.5, 3.5])


def test_joint_fit_as_a_model_of_the_outcome(engine: Engine) -> None:
    candidate = JointFits(engine, {}).additive()
    assert candidate.outcome_held_out is not None
    mu, tau = candidate.outcome_held_out
    model = joint_outcome_model(candidate, engine.data, "joint")
    np.testing.assert_allclose(model.contrast, tau)
    t = engine.data.treatment
    np.testing.assert_allclose(model.observed(t), mu + (t - t.mean()) * tau)
    assert model.effect is candidate.model


class TestArmRegressions:
    def test_each_arm_is_fitted_by_itself_and_without_the_fold(self, engine: Engine) -> None:
        found = arm_regressions(engine, "ridge", Ridge(), refit=True, **SETTINGS)
        data, columns = engine.data, engine.data.columns()
        for arm, predicted in ((0, found.untreated), (1, found.treated)):
            for k in range(data.n_folds):
                train = (data.fold != k) & (data.treatment == arm)
                by_hand = Ridge().fit(columns[train], data.outcome[train])
                rows = data.fold == k
                np.testing.assert_allclose(
                    predicted[rows], by_hand.predict(columns[rows]), rtol=1e-5, atol=1e-6
                )
        whole = [Ridge().fit(columns[data.treatment == a], data.outcome[data.treatment == a]) for a in (0, 1)]
        expected = whole[1].predict(columns) - whole[0].predict(columns)
        assert found.effect is not None
        np.testing.assert_allclose(found.effect.predict(engine.nodes), expected, rtol=1e-5, atol=1e-6)

    def test_held_out_alone(self, engine: Engine) -> None:
        once = arm_regressions(engine, "ridge", Ridge(), refit=False, **SETTINGS)
        assert once.effect is None
        twice = arm_regressions(engine, "ridge", Ridge(), refit=True, **SETTINGS)
        np.testing.assert_array_equal(once.contrast, twice.contrast)

    def test_units_of_the_other_arm_stay_neighbours(self, engine: Engine, world: Bunch) -> None:
        model = HopAdditiveRegressor(n_hops=1, n_fourier=0, random_state=0)
        found = arm_regressions(engine, "hops", model, refit=False, **SETTINGS)
        data = engine.data
        weight = ((data.fold != 2) & (data.treatment == 1)).astype(float)
        by_hand = clone(model).fit(world.X, data.outcome, graph=world.graph, sample_weight=weight)
        rows = data.fold == 2
        expected = by_hand.predict(world.X, graph=world.graph)[rows]
        np.testing.assert_allclose(found.treated[rows], expected, rtol=1e-5, atol=1e-6)


class TestTreatmentAsAColumn:
    def test_contrast_of_a_linear_model_is_its_coefficient(self, engine: Engine) -> None:
        found = treatment_regression(engine, "ols", LinearRegression(), **SETTINGS)
        data = engine.data
        columns = np.column_stack([data.columns(), data.treatment])
        for k in range(data.n_folds):
            rows = data.fold == k
            by_hand = LinearRegression().fit(columns[~rows], data.outcome[~rows])
            np.testing.assert_allclose(found.contrast[rows], by_hand.coef_[-1], rtol=1e-3)
            np.testing.assert_allclose(
                found.observed(data.treatment)[rows], by_hand.predict(columns[rows]), rtol=1e-3, atol=1e-4
            )
        whole = LinearRegression().fit(columns, data.outcome)
        assert found.effect is not None
        np.testing.assert_allclose(found.effect.predict(engine.nodes), whole.coef_[-1], rtol=1e-3)

    def test_only_the_unit_s_own_treatment_moves(
        self, engine: Engine, world: Bunch, neighbour_regressor: NeighbourRegressor
    ) -> None:
        found = treatment_regression(engine, "network", neighbour_regressor(), **SETTINGS)
        assert found.effect is not None
        effect = found.effect.predict(engine.nodes)
        table = world.X.assign(treatment=world.treatment.astype(float))
        by_hand = neighbour_regressor(own_columns=["treatment"])
        by_hand.fit(table, engine.data.outcome, graph=world.graph)
        for i in (0, 17, 300):
            one, other = table.copy(), table.copy()
            one.loc[i, "treatment"], other.loc[i, "treatment"] = 1.0, 0.0
            expected = [by_hand.predict(t, graph=world.graph)[i] for t in (one, other)]
            assert effect[i] == pytest.approx(expected[0] - expected[1], rel=1e-6)

    def test_treatments_of_neighbours_would_count_without_own_columns(
        self, world: Bunch, neighbour_regressor: NeighbourRegressor
    ) -> None:
        # Else the test above could not fail.
        table = world.X.assign(treatment=world.treatment.astype(float))
        model = neighbour_regressor().fit(table, world.y.to_numpy(), graph=world.graph)
        everybody, nobody = (table.assign(treatment=a) for a in (1.0, 0.0))
        one, other = table.copy(), table.copy()
        one.loc[0, "treatment"], other.loc[0, "treatment"] = 1.0, 0.0
        all_at_once = model.predict(everybody, graph=world.graph) - model.predict(nobody, graph=world.graph)
        own = model.predict(one, graph=world.graph) - model.predict(other, graph=world.graph)
        assert abs(all_at_once[0] - own[0]) > 1e-3

    def test_units_whose_outcome_is_missing_stay_neighbours(
        self, engine: Engine, world: Bunch, neighbour_regressor: NeighbourRegressor
    ) -> None:
        wider = pd.concat([world.X.iloc[:7] + 3, world.X], ignore_index=True)
        links = world.graph.edges() + 7
        network = Network.from_edges([*links.tolist(), (2, 8)], n_nodes=507)
        data = replace(engine.data, units=Units(wider, network, np.arange(7, 507)))
        found = treatment_regression(
            Bunch(data=data),  # type: ignore[arg-type]
            "network",
            neighbour_regressor(),
            **SETTINGS,
        )
        outcome, weight = np.r_[np.zeros(7), data.outcome], np.r_[np.zeros(7), np.ones(500)]
        tables = [
            wider.assign(treatment=np.r_[np.full(7, 5.0), t])
            for t in (data.treatment, np.ones(500), np.zeros(500))
        ]
        by_hand = neighbour_regressor(own_columns=["treatment"])
        by_hand.fit(tables[0], outcome, graph=network, sample_weight=weight)
        treated, untreated = (by_hand.predict(table, graph=network)[7:] for table in tables[1:])
        assert found.effect is not None
        nodes = Nodes(engine.design, data.units)
        np.testing.assert_allclose(found.effect.predict(nodes), treated - untreated, rtol=1e-6, atol=1e-8)


class TestOwnColumns:
    def test_name_that_is_free(self) -> None:
        assert treatment_column(np.zeros((3, 4))) == 4
        assert treatment_column(pd.DataFrame({"age": [1]})) == "treatment"
        assert treatment_column(pd.DataFrame({"treatment": [1], "treatment_": [2]})) == "treatment__"

    @pytest.mark.parametrize(
        ("kept", "expected"),
        [
            (None, ["treatment"]),
            ("age", ["age", "treatment"]),
            (["age"], ["age", "treatment"]),
            ([0], [0, 3]),
        ],
    )
    def test_column_joins_those_that_are_kept_already(
        self, neighbour_regressor: NeighbourRegressor, kept: Any, expected: list[Any]
    ) -> None:
        model = neighbour_regressor(own_columns=kept)
        assert with_own_column(model, "treatment", 3).own_columns == expected
        assert model.own_columns == kept

    def test_who_takes_them(self, neighbour_regressor: NeighbourRegressor) -> None:
        assert takes_own_columns(neighbour_regressor())
        assert not takes_own_columns(HopAdditiveRegressor())
