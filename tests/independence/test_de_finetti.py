"""The test of two variables as a whole: five answers, what must not matter, and what is refused."""

import pickle
from dataclasses import asdict, replace
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.utils import Bunch

from causalkit.datasets import make_exchangeable_scm
from causalkit.independence import DeFinettiTestResult, de_finetti_test

ARROW = nx.DiGraph([("x", "y")])
MIRROR = {"x->y": "y->x", "y->x": "x->y"}


def world(seed: int = 0, kind: str = "location", **changes: Any) -> Bunch:
    settings = {"n_environments": 100, "n_rows": 5, "causal_graph": ARROW} | changes
    return make_exchangeable_scm(kind, random_state=seed, **settings)


def run(data: Bunch, seed: int = 0, **changes: Any) -> DeFinettiTestResult:
    return de_finetti_test(data.X["x"], data.X["y"], data.environments, random_state=seed, **changes)


def mirrored(result: DeFinettiTestResult) -> DeFinettiTestResult:
    """What a result must become when x and y are swapped, but for the wording."""
    return replace(
        result,
        decision=MIRROR.get(result.decision, result.decision),
        forced=MIRROR.get(result.forced, result.forced),
        pvalue_x_to_y=result.pvalue_y_to_x,
        pvalue_y_to_x=result.pvalue_x_to_y,
        statistic_x_to_y=result.statistic_y_to_x,
        statistic_y_to_x=result.statistic_x_to_y,
        icc_x=result.icc_y,
        icc_y=result.icc_x,
        reason="",
    )


class TestAnswers:
    @pytest.mark.parametrize("n_rows", [2, (1, 6)])
    @pytest.mark.parametrize("noise", ["gaussian", "laplace", "t"])
    def test_direction(self, noise: str, n_rows: Any) -> None:
        settings = {"n_environments": 200, "n_rows": n_rows, "noise": noise, "icc": [0.1, 0.7]}
        results = [run(world(seed, **settings), seed) for seed in range(8)]
        # The true statement is rejected by chance now and then, which looks like a violation.
        assert sum(result.decision == "x->y" for result in results) >= 6
        assert all(result.forced == "x->y" and result.pvalue_y_to_x < 0.025 for result in results)

    def test_no_edge(self) -> None:
        no_arrow = nx.DiGraph()
        no_arrow.add_nodes_from(["x", "y"])
        decisions = [run(world(seed, causal_graph=no_arrow), seed).decision for seed in range(20)]
        assert decisions.count("no edge") >= 18

    @pytest.mark.parametrize("icc", [0.0, 0.3])
    def test_not_orientable(self, icc: float) -> None:
        results = [run(world(seed, icc=icc), seed) for seed in range(20)]
        assert sum(result.decision == "not orientable" for result in results) >= 16
        assert all(result.forced in MIRROR for result in results)

    @pytest.mark.parametrize("varying", ["intercept", "slope", "scale"])
    def test_assumption_violated(self, varying: str) -> None:
        dependent = {"n_environments": 200, "n_rows": 10, "varying": (varying,), "icc": [0.3, 0.5]}
        results = [run(world(seed, correlation=0.9, **dependent), seed) for seed in range(10)]
        assert sum(result.decision == "assumption violated" for result in results) >= 7

    def test_three_rows_show_what_two_do_not(self) -> None:
        found = []
        for seed in range(10):
            rng = np.random.default_rng(seed)
            site = np.repeat(np.arange(250), 8)
            level = 1.5 * rng.normal(size=250)
            share = 1 / (1 + np.exp(-1.5 * level))
            x = level[site] + rng.normal(size=len(site))
            common = (np.sqrt(2 * share) * rng.normal(size=250))[site]
            y = x + common + np.sqrt(2 * (1 - share))[site] * rng.normal(size=len(site))
            found.append(de_finetti_test(x, y, site, random_state=seed))
        # Given its own cause an effect has the same law whatever the cause's level is.
        assert sum(result.pvalue_x_to_y < 0.015 for result in found) <= 2
        assert sum(result.decision == "assumption violated" for result in found) >= 6
        assert "triples of rows" in " ".join(result.reason for result in found)

    def test_without_three_rows(self) -> None:
        assert run(world(0, n_rows=2)).pvalue_three_rows is None
        assert "none or conditional" in run(world(0, n_rows=2)).summary()

    def test_environments_needed(self) -> None:
        results = [run(world(seed, n_environments=40, n_rows=2, icc=[0.3, 0.5]), seed) for seed in range(20)]
        unclear = [result for result in results if result.decision == "not orientable"]
        assert len(unclear) >= 8
        for result in unclear:
            needed = result.n_environments_needed
            assert (
                "no sign of anything" if needed is None else f"{needed} environments like"
            ) in result.reason
        for result in results:
            if result.decision in {"no edge", "assumption violated"}:
                assert result.n_environments_needed is None

    @pytest.mark.parametrize("seed", range(3))
    def test_binary(self, seed: int) -> None:
        result = run(world(seed, "published_binary", n_environments=500, n_rows=8), seed)
        assert result.decision == "x->y"
        assert result.pvalue_equal_icc is None
        assert result.statistic_equal_icc is None

    @pytest.mark.parametrize("levels", [{"x": 2}, {"y": 2}, {"x": 3}, {"x": 3, "y": 3}])
    def test_categories_and_mixed_types(self, levels: dict[str, int]) -> None:
        results = [
            run(world(seed, n_environments=300, n_rows=8, icc=[0.2, 0.7], levels=levels), seed)
            for seed in range(8)
        ]
        decisions = [result.decision for result in results]
        assert decisions.count("x->y") >= 5
        assert decisions.count("y->x") == 0

    def test_words_and_codes_are_the_same_categories(self) -> None:
        data = world(0, "categorical", n_levels=3, n_environments=150)
        words = data.X.map(lambda code: "abc"[code])
        assert run(data) == run(Bunch(X=words, environments=data.environments))
        as_categories = words.astype("category")
        assert run(data) == run(Bunch(X=as_categories, environments=data.environments))

    def test_equal_columns(self) -> None:
        x = world(0).X["x"]
        result = de_finetti_test(x, x, world(0).environments, random_state=0)
        assert result.decision == result.forced == "not orientable"

    def test_few_environments(self) -> None:
        data = world(0, n_environments=9, n_rows=50, icc=[0.1, 0.7])
        result = run(data)
        assert result.decision in {"not orientable", "no edge"}
        assert "environments" in result.reason

    def test_rare_pairs(self) -> None:
        sizes = np.r_[np.full(100, 1), np.full(12, 2)]
        result = run(world(0, n_environments=112, n_rows=sizes))
        assert (result.n_rows, result.n_environments, result.n_environments_with_pairs) == (124, 112, 12)
        assert result.n_pairs == 12
        assert result.pvalue_no_edge < 0.01


KINDS = [
    {"icc": [0.1, 0.7]},
    {"icc": [0.5, 0.2], "levels": {"x": 2}},
    {"kind": "published_binary"},
    {"kind": "categorical", "n_levels": 3},
    {"kind": "published_continuous"},
]


FORK = nx.DiGraph([("z", "x"), ("z", "y"), ("w", "y")])
FORK_AND_ARROW = nx.DiGraph([*FORK.edges, ("x", "y")])


def conditional(graph: nx.DiGraph, seed: int, **changes: Any) -> DeFinettiTestResult:
    data = world(seed, causal_graph=graph, **{"n_environments": 200, "icc": [0.3, 0.3, 0.2, 0.7]} | changes)
    given = data.X[["z", "w"]]
    return de_finetti_test(data.X["x"], data.X["y"], data.environments, given=given, random_state=seed)


class TestGiven:
    @pytest.mark.parametrize("levels", [{}, {"z": 3}, {"z": 2, "w": 2}])
    def test_a_common_cause_given_is_no_edge(self, levels: dict[str, int]) -> None:
        found = [conditional(FORK, seed, levels=levels).decision for seed in range(10)]
        assert found.count("no edge") >= 8

    @pytest.mark.parametrize("levels", [{}, {"z": 3}, {"z": 2, "w": 2}])
    def test_direction(self, levels: dict[str, int]) -> None:
        found = [conditional(FORK_AND_ARROW, seed, levels=levels).decision for seed in range(10)]
        assert found.count("x->y") >= 7
        assert found.count("y->x") <= 1

    def test_three_rows_are_not_tested(self) -> None:
        assert conditional(FORK_AND_ARROW, 0).pvalue_three_rows is None

    @settings(max_examples=15)
    @given(seed=st.integers(0, 100), levels=st.sampled_from([{}, {"z": 2}, {"x": 2, "w": 3}]))
    def test_order_labels_and_names(self, seed: int, levels: dict[str, int]) -> None:
        data = world(seed, causal_graph=FORK_AND_ARROW, n_environments=40, n_rows=(1, 4), levels=levels)
        x, y, environments = (np.asarray(part) for part in (data.X["x"], data.X["y"], data.environments))
        rest = data.X[["z", "w"]].to_numpy()
        rng = np.random.default_rng(seed)
        order, names = rng.permutation(len(x)), rng.permutation(40)
        result = de_finetti_test(x, y, environments, given=rest, random_state=seed)
        shuffled = de_finetti_test(
            x[order], y[order], names[environments][order], given=rest[order][:, ::-1], random_state=seed
        )
        assert result == shuffled
        swapped = de_finetti_test(y, x, environments, given=rest, random_state=seed)
        assert replace(swapped, reason="") == mirrored(result)

    def test_copies_of_a_column_change_nothing(self) -> None:
        data = world(0, causal_graph=FORK)
        x, y, z = (data.X[name] for name in "xyz")
        one = de_finetti_test(x, y, data.environments, given=z, random_state=0)
        two = de_finetti_test(x, y, data.environments, given=pd.DataFrame({"a": z, "b": z}), random_state=0)
        assert one == two


class TestWhatMustNotMatter:
    @settings(max_examples=25)
    @given(seed=st.integers(0, 100), kind=st.sampled_from(KINDS))
    def test_order_labels_and_names(self, seed: int, kind: dict[str, Any]) -> None:
        data = world(seed, n_environments=40, n_rows=(1, 4), **kind)
        x, y, environments = data.X["x"].to_numpy(), data.X["y"].to_numpy(), data.environments.to_numpy()
        rng = np.random.default_rng(seed)
        order, names = rng.permutation(len(x)), rng.permutation([f"site {i}" for i in range(40)])
        result = de_finetti_test(x, y, environments, random_state=seed)
        labels = names[environments]
        assert result == de_finetti_test(x[order], y[order], environments[order], random_state=seed)
        assert result == de_finetti_test(x, y, labels, random_state=seed)
        assert result == de_finetti_test(x, y, pd.Categorical(labels, categories=names), random_state=seed)
        assert result == de_finetti_test(list(x), pd.Series(y, index=order), environments, random_state=seed)
        swapped = de_finetti_test(y, x, environments, random_state=seed)
        assert replace(swapped, reason="") == mirrored(result)

    def test_units(self) -> None:
        data = world(0)
        changed = Bunch(X=data.X * [10.0, 0.5] + 3, environments=data.environments)
        one, two = asdict(run(data)), asdict(run(changed))
        assert one.keys() == two.keys()
        assert [one[name] == pytest.approx(two[name], abs=0.003) for name in one if "pvalue" in name]
        assert one["decision"] == two["decision"]

    def test_same_seed_same_answer(self) -> None:
        data = world(0, icc=[0.3, 0.4])
        assert run(data, 7) == run(data, 7)
        assert run(data, np.random.default_rng(7)) == run(data, np.random.default_rng(7))
        assert run(data, 7) != run(data, 8)


class TestResult:
    def test_summary(self) -> None:
        result = run(world(0, n_environments=200, icc=[0.1, 0.7]))
        text = result.summary()
        for part in (
            "x->y at alpha = 0.05",
            result.reason,
            f"{result.pvalue_x_to_y:.4f}",
            f"{result.icc_x:.3f}, {result.icc_y:.3f}",
            "200 (200 of two or more rows)",
            "2000",
            "Assumes",
        ):
            assert part in text

    def test_summary_of_categories(self) -> None:
        assert "not for categories" in run(world(0, "published_binary")).summary()

    def test_table_and_pickle(self) -> None:
        result = run(world(0))
        frame = result.to_frame()
        assert frame.shape[0] == 1
        assert frame.loc[0, "decision"] == result.decision
        assert pickle.loads(pickle.dumps(result)) == result
        assert repr(result).startswith("DeFinettiTestResult")

    def test_intraclass_correlations_belong_to_their_variables(self) -> None:
        result = run(world(0, n_environments=2000, icc=[0.1, 0.7]))
        assert result.icc_x == pytest.approx(0.1, abs=0.04)
        assert result.icc_y > 0.2

    def test_pvalues_are_shares_of_the_flips(self) -> None:
        result = run(world(0), n_flips=299)
        for pvalue in (
            result.pvalue_x_to_y,
            result.pvalue_y_to_x,
            result.pvalue_no_edge,
            result.pvalue_equal_icc,
            result.pvalue_levels,
            result.pvalue_three_rows,
        ):
            assert pvalue is not None
            assert pvalue * 300 == pytest.approx(round(pvalue * 300))
            assert 0 < pvalue <= 1


X, Y = np.random.default_rng(0).normal(size=(2, 40))
SITES = np.repeat(np.arange(20), 2)


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"x": np.ones(40)}, "x must vary; got 1.0 in all 40 rows"),
        ({"y": np.r_[Y[:39], np.nan]}, r"y must have no missing values; got 1 missing \(first at row 39\)"),
        ({"x": np.r_[np.inf, X[1:]]}, r"x must be finite; got 1 infinite \(first at row 0\)"),
        ({"y": Y[:30]}, "y must have one entry for each row of x; got 30 and 40"),
        ({"environments": SITES[:30]}, "environments must have one label for each row; got 30 labels and 40"),
        ({"environments": np.zeros(40)}, r"at least two environments; got one \(.*0.0.*\) in all 40 rows"),
        (
            {"environments": np.arange(40)},
            "at least one environment of two or more rows, .*; got 40 environments",
        ),
        (
            {"environments": np.where(SITES == 3, np.nan, SITES)},
            "environments must have a label .*; got 2 missing",
        ),
        ({"given": Y[:30]}, "given must have one entry for each row of x; got 30 and 40"),
        ({"given": np.ones(40)}, "given must vary; got 1.0 in all 40 rows"),
        (
            {"given": pd.DataFrame({"dose": Y, "age": np.r_[np.nan, X[1:]]})},
            r"given \(column 'age'\) must have no missing values; got 1 missing",
        ),
        ({"given": np.ones((40, 0))}, r"given must have at least one column; got shape \(40, 0\)"),
        ({"x": np.column_stack([X, Y])}, r"x must be one-dimensional .*; got shape \(40, 2\)"),
        ({"alpha": 0}, "alpha must be a number greater than 0 and less than 1; got 0"),
        ({"alpha": 1.5}, "alpha must be .*; got 1.5"),
        ({"n_flips": 99}, "n_flips must be at least 200 at alpha=0.05; got 99"),
        ({"n_flips": 0}, "n_flips must be an integer at least 1; got 0"),
        ({"random_state": -1}, "random_state must be None, a non-negative integer"),
    ],
)
def test_refused(changes: dict[str, Any], match: str) -> None:
    arguments = {"x": X, "y": Y, "environments": SITES} | changes
    with pytest.raises(ValueError, match=match):
        de_finetti_test(**arguments)
