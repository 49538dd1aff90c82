"""Rows and columns of the table of classes, from searches with given numbers."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from causalkit.estimators._minimax._estimates import RiskEstimate
from causalkit.estimators._minimax._predictor import ConstantPredictor
from causalkit.estimators._minimax._risk_table import Ranking, ordered_names, risk_table
from causalkit.estimators._minimax._search import Outcome, Pruned
from causalkit.graphs import SubsetTree, subset_classes

COLUMNS = [
    *("subset", "free", "n_subsets", "status", "pruned_by", "risk", "risk_low", "risk_high", "lower_bound"),
    *("average_risk", "training_risk", "extrapolated_share", "tied", "picked"),
]


def estimate(risk, error=0.1):
    return RiskEstimate(
        risk=risk,
        standard_error=error,
        average_risk=risk / 2,
        training_risk=risk / 4,
        extrapolated_share=0.25,
        contributions=np.array([risk]),
        policy=(),
        predictor=ConstantPredictor(0.0, np.zeros(1)),
        columns=np.array([], dtype=np.intp),
        _environments=np.zeros(1, dtype=np.intp),
    )


def star(n):
    return SubsetTree(nx.DiGraph([("y", f"x{i}") for i in range(n)]), "y", [])


def fitted_classes(tree, risks):
    """Outcome with classes assessed that are named by what they hold."""
    assessed = {}
    for names, risk in risks.items():
        each = tree.class_of(names)
        assessed[each.members] = (each, estimate(risk))
    return Outcome(assessed)


def ranking_of(outcome, picked, *others, errors=None):
    picked, others = frozenset(picked), [frozenset(each) for each in others]
    return Ranking(picked, (picked, *others), errors or dict.fromkeys(outcome.assessed, 0.1))


def table_of(tree, outcome, ranking, columns, alpha=0.05, scale=1.0):
    table = risk_table(tree, outcome, ranking, columns, alpha=alpha, scale=scale)
    assert list(table.columns) == COLUMNS
    assert isinstance(table.index, pd.RangeIndex)
    assert table["picked"].sum() == 1
    assert table["tied"].dtype == table["picked"].dtype == bool
    return table


@pytest.fixture
def small():
    """y -> a -> b and y -> c, where {} and {b, c} were dropped."""
    tree = SubsetTree(nx.DiGraph([("y", "a"), ("a", "b"), ("y", "c")]), "y", [], order=["a", "c", "b"])
    outcome = fitted_classes(tree, {("a", "b", "c"): 0.5, ("a",): 0.3, ("c",): 0.4, ("b",): 0.9})
    wanted = {frozenset(), frozenset("bc")}
    leaves = [leaf for leaf in tree.leaves() if tree.largest(leaf).members in wanted]
    bounds = {frozenset(): 0.8, frozenset("bc"): 0.7}
    outcome.pruned += [Pruned(leaf, "why", bounds[tree.largest(leaf).members]) for leaf in leaves]
    return tree, outcome, ranking_of(outcome, "a", "c")


def test_rows_and_their_order(small):
    table = table_of(*small, ["c", "b", "a"])
    assert list(table["subset"]) == [("a",), ("c",), ("c", "a"), ("b",), ("c", "b"), ()]
    assert list(table["free"]) == [("b",), (), ("b",), (), (), ()]
    assert list(table["n_subsets"]) == [2, 1, 2, 1, 1, 1]
    assert list(table["status"]) == ["fitted"] * 4 + ["pruned"] * 2
    assert list(table["pruned_by"]) == [""] * 4 + ["why"] * 2
    assert list(table["picked"]) == [True] + [False] * 5
    assert list(table["tied"]) == [True, True] + [False] * 4


def test_numbers(small):
    table = table_of(*small, ["a", "b", "c"], alpha=0.1, scale=4.0)
    fitted, dropped = table[:4], table[4:]
    np.testing.assert_allclose(fitted["risk"], [1.2, 1.6, 2.0, 3.6])
    np.testing.assert_allclose(fitted["average_risk"], fitted["risk"] / 2)
    np.testing.assert_allclose(fitted["training_risk"], fitted["risk"] / 4)
    np.testing.assert_allclose(fitted["risk_high"] - fitted["risk"], 1.6449 * 0.1 * 4, rtol=1e-4)
    np.testing.assert_allclose(fitted["risk"] - fitted["risk_low"], 1.6449 * 0.1 * 4, rtol=1e-4)
    np.testing.assert_array_equal(fitted["extrapolated_share"], 0.25)
    assert fitted["lower_bound"].isna().all()
    np.testing.assert_allclose(dropped["lower_bound"], [2.8, 3.2])
    numbers = ["risk", "risk_low", "risk_high", "average_risk", "training_risk", "extrapolated_share"]
    assert dropped[numbers].isna().all(axis=None)


def test_intervals_use_each_class_s_own_error_and_stay_above_zero(small):
    tree, outcome, _ = small
    errors = {members: 0.05 * (1 + place) for place, members in enumerate(outcome.assessed)}
    errors[frozenset("a")] = 9.0
    table = table_of(tree, outcome, ranking_of(outcome, "a", errors=errors), ["a", "b", "c"])
    for subset, risk, low, high in table.loc[:3, ["subset", "risk", "risk_low", "risk_high"]].to_numpy():
        half = 1.96 * errors[frozenset(subset)]
        assert high == pytest.approx(risk + half, rel=1e-4)
        assert low == pytest.approx(max(risk - half, 0.0), rel=1e-4)
    assert table["risk_low"].min() == 0


def test_classes_below_a_dropped_node_are_listed_with_its_bound():
    tree = star(4)
    without, with_it = tree.children(tree.root)
    outcome = fitted_classes(tree, {("x0", "x1", "x2", "x3"): 0.2})
    outcome.pruned += [Pruned(without, "low", 0.6), Pruned(with_it, "high", 0.9)]
    table = table_of(
        tree, outcome, ranking_of(outcome, ["x0", "x1", "x2", "x3"]), [f"x{i}" for i in range(4)]
    )
    assert table["n_subsets"].sum() == len(table) == 16
    assert len(set(table["subset"])) == 16
    dropped = table[1:]
    branched = next(iter(tree.names(with_it.included)))
    for subset, reason, bound in dropped[["subset", "pruned_by", "lower_bound"]].to_numpy():
        assert (reason, bound) == (("high", 0.9) if branched in subset else ("low", 0.6))
    assert dropped["lower_bound"].is_monotonic_increasing


def test_every_class_is_listed_once_in_random_graphs():
    rng = np.random.default_rng(0)
    for _ in range(10):
        arrows = np.triu(rng.random((7, 7)) < 0.4, k=1)
        graph, target = nx.from_numpy_array(arrows, create_using=nx.DiGraph), int(rng.integers(7))
        tree = SubsetTree(graph, target, [])
        whole = tree.largest(tree.root).members
        outcome = fitted_classes(tree, {tuple(whole): 0.2})
        outcome.pruned.append(Pruned(tree.root, "graph", float("nan")))
        columns = [node for node in graph if node != target]
        table = table_of(tree, outcome, ranking_of(outcome, whole), columns)
        listed = {frozenset(row.subset): (frozenset(row.free), row.n_subsets) for row in table.itertuples()}
        assert listed == {
            each.members: (each.free, each.n_subsets) for each in subset_classes(graph, target, [])
        }
        assert table["n_subsets"].sum() == 2**6
        assert list(table["status"]) == ["fitted"] + ["not needed"] * (len(table) - 1)


def many(n, n_dropped, step=1):
    """A star of n where the nodes without x0, with x0 but without x1, ... were dropped; or the last first."""
    names = [f"x{i}" for i in range(n)]
    tree = SubsetTree(nx.DiGraph([("y", name) for name in names]), "y", [], order=names)
    outcome, node = fitted_classes(tree, {tuple(names): 0.2}), tree.root
    for place in range(n_dropped):
        without, node = tree.children(node)
        outcome.pruned.append(Pruned(without, "low", 1.0 + place))
    outcome.pruned = outcome.pruned[::step]
    for leaf in tree.leaves(node):
        each = tree.largest(leaf)
        outcome.assessed.setdefault(each.members, (each, estimate(0.5)))
    return names, outcome, table_of(tree, outcome, ranking_of(outcome, names), names)


@pytest.mark.parametrize(
    ("step", "shared", "n_listed"), [(1, [13, 12, 11, 10], 0), (-1, [13, 12], 2**10 + 2**11)]
)
def test_beyond_five_thousand_rows_a_dropped_node_is_one_row(step, shared, n_listed):
    names, outcome, table = many(14, 4, step)
    assert sum(table["n_subsets"]) == 2**14
    assert len(outcome.assessed) == (table["status"] == "fitted").sum() == 2**10
    dropped = table[table["status"] == "pruned"]
    together = dropped[dropped["n_subsets"] > 1]
    assert list(together["n_subsets"]) == [2**k for k in shared]
    assert list(together["lower_bound"]) == [1.0 + place for place in range(len(shared))]
    assert together["subset"].iloc[0] == tuple(names[1:])
    assert len(dropped) == len(shared) + n_listed
    assert len(set(table["subset"])) == len(table)


def test_the_whole_set_is_not_counted_twice_where_all_others_share_a_row():
    tree, names = star(14), [f"x{i}" for i in range(14)]
    outcome = fitted_classes(tree, {tuple(names): 0.2})
    outcome.pruned.append(Pruned(tree.root, "graph", float("nan")))
    table = table_of(tree, outcome, ranking_of(outcome, names), names)
    assert sum(table["n_subsets"]) == 2**14
    assert list(table["status"]) == ["fitted", "not needed"]


def test_numbers_of_subsets_may_be_larger_than_any_machine_integer():
    _, _, table = many(80, 76)
    assert sum(table["n_subsets"]) == 2**80
    assert table["n_subsets"].max() == 2**79
    assert len(table) <= 5000 + 76 + 16


def test_names_in_the_order_of_the_columns():
    assert ordered_names({"b", "a", "c"}, {"c": 0, "a": 1, "b": 2}) == ("c", "a", "b")
    assert ordered_names((), {}) == ()
