"""Effects from fitted mechanisms: near the truth, unmoved by names and orders, honest about i.i.d. rows."""

from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from sklearn.utils import Bunch

from causalkit.datasets import make_exchangeable_scm
from causalkit.estimators._discovery._data import DiscoveryData, discovery_data
from causalkit.estimators._interventional._distribution import interventional_distribution
from causalkit.estimators._interventional._fitted import fitted_interventional
from causalkit.estimators._interventional._mechanisms import DirichletMechanism, UrnMechanism
from causalkit.estimators._interventional._result import InterventionalResult

ARROW = nx.DiGraph([("x", "y")])
CHAIN = nx.DiGraph([("x", "m"), ("m", "y")])


def world(kind: str = "published_binary", graph: nx.DiGraph = ARROW, **changes: Any) -> Bunch:
    settings = {"n_environments": 300, "n_rows": 3, "random_state": 0} | changes
    return make_exchangeable_scm(kind, causal_graph=graph, **settings)


def read(data: Bunch) -> DiscoveryData:
    return discovery_data(data.X, data.environments)


def answer(data: Bunch, do: dict[str, Any], companions: Any = None, **options: Any) -> InterventionalResult:
    return fitted_interventional(read(data), data.graph, "y", do, companions, **options)


@pytest.fixture(scope="module")
def numbers() -> Bunch:
    """A chain of continuous variables with three intraclass correlations."""
    return world("location", CHAIN, n_environments=800, n_rows=5, icc=[0.2, 0.6, 0.4])


class TestTables:
    """Categorical variables."""

    def test_close_to_the_answer_with_true_parameters(self) -> None:
        data = world(n_environments=3000)
        companions = pd.DataFrame({"x": [1, 0], "y": [0, 1]})
        flip = UrnMechanism([3, 1], mapping=[[0, 1], [1, 0]], parents=["x"])
        mechanisms = {"x": DirichletMechanism([3, 1]), "y": flip}
        truth = interventional_distribution(ARROW, mechanisms, "y", {"x": 0}, companions).distribution
        assert truth.loc[1, "estimate"] == 0.5
        found = answer(data, {"x": 0}, companions)
        assert found.distribution.loc[1, "estimate"] == pytest.approx(0.5, abs=0.05)
        assert found.distribution.loc[1, "iid"] == pytest.approx(0.25, abs=0.03)
        assert found.distribution.loc[1, "without_companions"] == pytest.approx(0.25, abs=0.03)
        assert found.updated == ("y",)
        np.testing.assert_allclose(found.distribution.sum(), 1, atol=1e-12)

    def test_variables_between(self) -> None:
        """The chain's answer is the middle variable's law through the outcome's table."""
        data = world("categorical", CHAIN, n_levels=3, n_rows=8)
        companions = data.X[data.environments == 4]
        by_hand = np.zeros(3)
        middle = fitted_interventional(read(data), CHAIN, "m", {"x": 2}, companions).distribution["estimate"]
        for level, chance in middle.items():
            given_middle = answer(data, {"m": level, "x": 0}, companions).distribution["estimate"]
            by_hand += chance * given_middle.to_numpy()
        found = answer(data, {"x": 2}, companions).distribution["estimate"]
        np.testing.assert_allclose(found, by_hand, atol=1e-12)

    def test_rows_that_look_iid_teach_nothing(self) -> None:
        """A concentration so high that all environments have the same tables."""
        data = world("categorical", concentration=1e6, n_rows=6, n_environments=400)
        companions = pd.DataFrame({"x": [1] * 5, "y": [0] * 5})
        found = answer(data, {"x": 1}, companions).distribution
        assert found.loc[0, "estimate"] == pytest.approx(found.loc[0, "iid"], abs=0.01)

    def test_named_levels(self) -> None:
        data = world()
        named = Bunch(**{**data, "X": data.X.replace({"x": {0: "low", 1: "high"}})})
        first = answer(data, {"x": 1}, pd.DataFrame({"x": [1], "y": [1]})).distribution
        second = answer(named, {"x": "high"}, pd.DataFrame({"x": ["high"], "y": [1]})).distribution
        np.testing.assert_allclose(first, second, atol=1e-10)


class TestNumbers:
    """Continuous variables."""

    def test_close_to_the_answer_with_true_parameters(self, numbers: Bunch) -> None:
        """Intercepts shrink: their mean given k residuals r is icc sum(r) / (1 - icc + k icc)."""
        companions = numbers.X[numbers.environments == 3]
        mean, variance = 2.0, 0.0
        for parent, child, icc in (("x", "m", 0.6), ("m", "y", 0.4)):
            slope = numbers.parameters["coefficients"][
                numbers.causal_order.index(parent), numbers.causal_order.index(child)
            ]
            residual = companions[child] - slope * companions[parent]
            spread = 1 - icc + len(companions) * icc
            mean = slope * mean + icc * residual.sum() / spread
            variance = slope**2 * variance + (1 - icc) + icc * (1 - icc) / spread
        found = answer(numbers, {"x": 2}, companions).distribution
        assert found.loc["mean", "estimate"] == pytest.approx(mean, abs=0.1)
        assert found.loc["sd", "estimate"] == pytest.approx(np.sqrt(variance), rel=0.05)
        assert abs(found.loc["mean", "iid"] - mean) > 0.3
        assert found.loc["sd", "iid"] > found.loc["sd", "estimate"]

    def test_companions_enter_through_the_residuals(self, numbers: Bunch) -> None:
        """Moving m and y of the companions together along y's regression line tells nothing new of y."""
        companions = numbers.X[numbers.environments == 3]
        found = answer(numbers, {"m": 1.0, "x": 0.0}, companions)
        assert found.updated == ("y",)
        slope = (
            answer(numbers, {"m": 1.0, "x": 0.0}).distribution
            - answer(numbers, {"m": 0.0, "x": 0.0}).distribution
        )
        moved = companions.assign(m=companions["m"] + 1, y=companions["y"] + slope.loc["mean", "estimate"])
        again = answer(numbers, {"m": 1.0, "x": 0.0}, moved)
        np.testing.assert_allclose(found.distribution, again.distribution, atol=1e-9)

    def test_the_intervened_variable_s_companions_do_not_matter(self, numbers: Bunch) -> None:
        """x has no child but m, which is set: its values tell nothing."""
        companions = numbers.X[numbers.environments == 3]
        first, second = (
            answer(numbers, {"m": 1.0}, rows).distribution for rows in (companions, companions.assign(x=9.0))
        )
        np.testing.assert_allclose(first, second, atol=1e-12)

    def test_rows_that_look_iid_teach_nothing(self) -> None:
        data = world("location", icc=0.0, n_environments=400, n_rows=4)
        found = answer(data, {"x": 1}, pd.DataFrame({"x": [0.0] * 5, "y": [5.0] * 5})).distribution
        assert found.loc["mean", "estimate"] == pytest.approx(found.loc["mean", "iid"], abs=0.3)

    def test_a_level_as_the_cause_and_one_as_the_effect(self) -> None:
        data = world("location", CHAIN, levels={"x": 2, "y": 2}, n_environments=500, n_rows=4)
        found = answer(data, {"x": 1}, data.X[data.environments == 3], n_bootstrap=3, random_state=0)
        assert list(found.distribution.index) == [0, 1]
        np.testing.assert_allclose(found.distribution.sum(), 1, atol=1e-9)
        np.testing.assert_allclose(found.replications.sum(axis=1), 1, atol=1e-9)
        shares = data.X.groupby("x")["y"].mean()
        assert found.distribution.loc[1, "iid"] == pytest.approx(shares[1], abs=0.05)


class TestBootstrap:
    """Environments are drawn again; the graph stays."""

    def test_interval_holds_the_estimate_and_the_truth(self) -> None:
        data = world(n_environments=1000)
        found = answer(data, {"x": 1}, pd.DataFrame({"x": [1], "y": [1]}), n_bootstrap=60, random_state=1)
        limits = found.conf_int().loc[1]
        assert found.replications.shape == (60, 2)
        assert limits["low"] < found.distribution.loc[1, "estimate"] < limits["high"]
        assert limits["low"] < 0.8 < limits["high"]
        assert limits["high"] - limits["low"] < 0.15

    def test_number_of_jobs_changes_nothing(self) -> None:
        data, companions = world(), pd.DataFrame({"x": [1], "y": [1]})
        one = answer(data, {"x": 1}, companions, n_bootstrap=4, n_jobs=1, random_state=3)
        # Threads, because starting processes takes seconds.
        with parallel_config("threading"):
            two = answer(data, {"x": 1}, companions, n_bootstrap=4, n_jobs=2, random_state=3)
        assert np.array_equal(one.replications, two.replications)
        other = answer(data, {"x": 1}, companions, n_bootstrap=4, random_state=4)
        assert not np.array_equal(one.replications, other.replications)


class TestWhatMustNotMatter:
    """Orders, names and labels change no answer."""

    @pytest.mark.parametrize(
        ("kind", "changes"),
        [("published_binary", {}), ("location", {}), ("location", {"levels": {"x": 2, "y": 3}})],
        ids=["levels", "numbers", "mixed"],
    )
    def test_shuffled_renamed_and_relabelled(self, kind: str, changes: dict[str, Any]) -> None:
        data = world(kind, CHAIN, n_environments=60, n_rows=(2, 4), **changes)
        rng = np.random.default_rng(0)
        companions = data.X[data.environments == 7]
        names = {"x": "u", "m": "a", "y": "t"}
        rows = rng.permutation(len(data.X))
        other = data.X.iloc[rows, [2, 0, 1]].rename(columns=names)
        labels = data.environments.iloc[rows].map(dict(enumerate(rng.permutation(60)))).astype(str)
        graph = nx.relabel_nodes(nx.DiGraph([("m", "y"), ("x", "m")]), names)
        options = {"n_bootstrap": 3, "random_state": 5}
        first = answer(data, {"x": 1}, companions, **options)
        second = fitted_interventional(
            discovery_data(other, labels),
            graph,
            "t",
            {"u": 1},
            companions.iloc[::-1].rename(columns=names)[["t", "u", "a"]],
            **options,
        )
        assert first.distribution.equals(second.distribution)
        assert np.array_equal(first.replications, second.replications)


class TestRemarks:
    """What a reader of the summary must know about the question."""

    def test_no_cause_among_the_intervened(self) -> None:
        data = world()
        found = fitted_interventional(read(data), ARROW, "x", {"y": 1})
        assert (
            "no intervened variable is a cause of the outcome in the graph: nothing changes"
            in found.summary()
        )
        assert "nothing changes" not in answer(data, {"x": 1}).summary()

    def test_extrapolation(self) -> None:
        data = world("location", n_environments=60)
        assert "do['x'] = 99 lies outside" in answer(data, {"x": 99}).summary()
        assert "lies outside" not in answer(data, {"x": 0}).summary()


class TestRefused:
    """Errors name the argument, what was expected and what came."""

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"alpha": 1}, "alpha must be a number greater than 0 and less than 1; got 1"),
            ({"n_bootstrap": 1}, "n_bootstrap must be an integer at least 2; got 1"),
            (
                {"causal_graph": nx.DiGraph([("x", "z")])},
                r"causal_graph must have the nodes \['x', 'y'\]; got",
            ),
            ({"causal_graph": nx.DiGraph([("x", "y"), ("y", "x")])}, "causal_graph must have no cycle"),
            ({"outcome": "z"}, "outcome must be one of the variables .*; got 'z'"),
            ({"do": {"y": 1}}, "do must not set the outcome 'y'"),
            ({"do": {"x": 7}}, r"do\['x'\] must be one of the levels \[0, 1\]; got 7"),
            (
                {"companions": pd.DataFrame({"x": [1]})},
                r"companions must have exactly the columns .*without \['y'\]",
            ),
            (
                {"companions": pd.DataFrame({"x": [1], "y": [7]})},
                r"'y'\) must hold the levels \[0, 1\]; got 7 at",
            ),
            ({"random_state": -1, "n_bootstrap": 2}, "random_state must be"),
        ],
        ids=range(10),
    )
    def test_message(self, changes: dict[str, Any], message: str) -> None:
        data = world(n_environments=30)
        arguments = {"causal_graph": ARROW, "outcome": "y", "do": {"x": 1}} | changes
        with pytest.raises(ValueError, match=message):
            fitted_interventional(read(data), **arguments)
