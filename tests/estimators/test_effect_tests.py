"""Tests for heterogeneity and for the network: groups of signs, what is tested, planted answers."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from causalkit.estimators._effect_tests import (
    TestInputs,
    flip_groups,
    graph_test,
    heterogeneity_test,
    test_inputs,
)
from causalkit.estimators._engine import Engine
from causalkit.estimators._score_test import ScoreTest, block_score_test
from causalkit.graphs import Network
from causalkit.nuisance._gram import Design
from causalkit.nuisance._hops import HopLayout
from causalkit.nuisance._relevance import name_blocks

N = 500


def make_inputs(
    engine: Engine, world: Any, tau: np.ndarray, *, seed: int = 0, noise: float = 1.0
) -> TestInputs:
    """Inputs for residuals drawn with a known effect at the engine's rows."""
    rng = np.random.default_rng(seed)
    tr = (rng.uniform(size=N) < 0.5) - 0.5
    yr = tr * tau + noise * rng.normal(size=N)
    layout = HopLayout.of(world.X.to_numpy(), list(world.X.columns), 1)
    design = Design(engine.data.groups, engine.basis)
    return test_inputs(design, name_blocks(design, layout), yr, tr, engine.data.fold, np.arange(N), seed)


class TestFlipGroups:
    def test_given_groups(self) -> None:
        labels = np.array([7, 7, 3, 3, 9])
        found = flip_groups(Network.from_edges([(0, 4)], n_nodes=5), labels, 5, 0)
        np.testing.assert_array_equal(found, [1, 1, 0, 0, 2])

    def test_rows_without_edges_are_alone(self) -> None:
        network = Network.from_edges([], n_nodes=30)
        np.testing.assert_array_equal(flip_groups(network, None, 30, 0), np.arange(30))

    def test_there_are_at_most_2000(self) -> None:
        network = Network.from_edges([], n_nodes=4500)
        assert set(flip_groups(network, None, 4500, 0)) == set(range(2000))

    def test_few_components_are_cut_into_groups_of_about_25(self) -> None:
        labels = np.arange(300) // 100
        found = flip_groups(Network.from_groups(labels), None, 300, 0)
        assert np.bincount(found).tolist() == [25] * 12

    def test_components_stay_whole(self) -> None:
        labels = np.arange(300) // 6
        found = flip_groups(Network.from_groups(labels), None, 300, 0)
        assert all(len(set(found[labels == label])) == 1 for label in range(50))
        assert len(set(found)) == 50

    def test_connected_networks_are_cut_into_groups_of_about_25(self, world: Any) -> None:
        sizes = np.bincount(flip_groups(world.graph, None, N, 0))
        assert len(sizes) == 20
        assert sizes.max() <= 30


class TestHeterogeneity:
    def test_planted_effect_is_found_and_named(self, engine: Engine, world: Any) -> None:
        inputs = make_inputs(engine, world, 1 + engine.data.groups[1][:, 2] * 2.0)
        found = heterogeneity_test(inputs, 1.0, 0.5, 0.1)
        assert found.pvalue == pytest.approx(0.001)
        assert found.leading == "x2 (hop 1)"
        assert (found.gain, found.gain_standard_error, found.n_groups) == (0.5, 0.1, N)
        assert found.scores.index[0] == found.leading
        assert found.scores.iloc[0] == found.statistic

    def test_every_block_is_tested_but_the_intercept(self, engine: Engine, world: Any) -> None:
        found = heterogeneity_test(make_inputs(engine, world, np.ones(N)), 1.0, 0.0, 0.0)
        assert isinstance(found.scores, pd.Series)
        assert {"x0", "x3", "x0 (hop 1)", "log_degree", "all blocks"} <= set(found.scores.index)
        assert len(found.scores) == len(engine.basis.blocks) + 1

    def test_error_in_the_constant_does_not_count(self, engine: Engine, world: Any) -> None:
        inputs = make_inputs(engine, world, np.ones(N), noise=0.3)
        right, wrong = (heterogeneity_test(inputs, c, 0.0, 0.0).pvalue for c in (1.0, 1.2))
        assert min(right, wrong) > 0.1


class TestGraph:
    def test_effect_of_neighbours_is_found(self, engine: Engine, world: Any) -> None:
        inputs = make_inputs(engine, world, 1 + engine.data.groups[1][:, 2] * 2.0)
        found = graph_test(inputs, world.graph, None, 1.0)
        assert found.pvalue < 0.01
        assert found.leading == "x2 (hop 1)"
        assert found.loss_difference > 2 * found.standard_error
        assert not any(name in found.scores.index for name in ("x0", "log_degree"))

    def test_effect_of_own_columns_is_not_the_network_s(self, engine: Engine, world: Any) -> None:
        tau = 1 + np.sin(engine.data.groups[0][:, 0].astype(float))
        found = graph_test(make_inputs(engine, world, tau, noise=0.5), world.graph, None, 1.0)
        assert found.pvalue > 0.05
        assert found.loss_difference <= 2 * found.standard_error

    def test_neighbours_blocks_are_cleared_of_own_ones(
        self, engine: Engine, world: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen: dict[str, Any] = {}

        def record(*arguments: Any, **settings: Any) -> ScoreTest:
            seen.update(settings)
            return block_score_test(*arguments, **settings)

        monkeypatch.setattr("causalkit.estimators._effect_tests.block_score_test", record)
        graph_test(make_inputs(engine, world, np.ones(N)), world.graph, None, 1.0)
        hops = [-1, *(block.hop for block in engine.basis.blocks)]
        assert [hops[i] for i in seen["null_blocks"]] == [h for h in hops if h < 1]
        assert {hops[i] for blocks in seen["tested"].values() for i in blocks} == {1}

    def test_losses_are_in_squared_units_of_the_outcome(self, engine: Engine, world: Any) -> None:
        inputs = make_inputs(engine, world, 1 + engine.data.groups[1][:, 2] * 2.0)
        one, two = (graph_test(inputs, world.graph, None, scale) for scale in (1.0, 2.0))
        assert two.loss_difference == pytest.approx(4 * one.loss_difference)
        assert two.standard_error == pytest.approx(4 * one.standard_error)

    def test_standard_error_respects_groups(self, engine: Engine, world: Any) -> None:
        inputs = make_inputs(engine, world, 1 + engine.data.groups[1][:, 2] * 2.0)
        network, grouped = (graph_test(inputs, world.graph, g, 1.0) for g in (None, np.arange(N) // 10))
        assert network.loss_difference == grouped.loss_difference
        assert network.standard_error != grouped.standard_error

    def test_without_edges(self, engine: Engine, world: Any) -> None:
        with pytest.raises(ValueError, match="graph_matters_test needs a graph with edges in fit"):
            graph_test(make_inputs(engine, world, np.ones(N)), Network.from_edges([], n_nodes=N), None, 1.0)
