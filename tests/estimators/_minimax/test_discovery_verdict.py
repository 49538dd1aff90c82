"""Verdicts in words: where environments single the answer out, and each reason why they do not."""

import numpy as np
import pandas as pd
import pytest

from causalkit.estimators._minimax._discovery_search import Graph
from causalkit.estimators._minimax._discovery_table import read_table
from causalkit.estimators._minimax._discovery_verdict import judge


def graph_of(table, parents, mutable):
    place = table.names.index
    own = [tuple(sorted(place(u) for u in parents.get(name, ()))) for name in table.names]
    return Graph(tuple(own), frozenset(place(name) for name in mutable))


def verdict(table, graph, resampled=None, outcome_gain=-5.0, mutable_given=False, graph_given=False):
    return judge(
        table,
        graph,
        resampled or [graph] * 5,
        outcome_gain,
        mutable_given=mutable_given,
        graph_given=graph_given,
    )


def diagonal_table(n_rows=3000):
    """The environment moves how often M is the tenth that holds y; X is y only where it is not."""
    rng = np.random.default_rng(0)
    environments = np.repeat([0, 1], n_rows)
    y = rng.random(2 * n_rows)
    tenth = np.floor(10 * y)
    follows = rng.random(2 * n_rows) < 0.3 * environments
    m = np.where(follows, tenth, rng.integers(0, 10, 2 * n_rows))
    x = np.where(m == tenth, rng.random(2 * n_rows), y)
    return read_table(pd.DataFrame({"X": x, "M": m}), pd.Series(y, name="y"), environments)


@pytest.fixture
def table():
    rng = np.random.default_rng(1)
    environments = np.repeat([0, 1], 500)
    y = rng.normal(size=1000)
    m = y + 2 * environments + rng.normal(size=1000)
    return read_table(
        pd.DataFrame({"m": m, "x": rng.normal(size=1000)}), pd.Series(y, name="y"), environments
    )


def test_a_change_beyond_all_neighbours_is_identified(table):
    assert verdict(table, graph_of(table, {"m": "y"}, ["m"])) == (
        True,
        "100% of the resamples agree on whether the whole stable set is optimal",
    )


@pytest.mark.parametrize("named", ["M", "X"])
def test_two_variables_that_explain_each_other_are_both_named(named):
    table = diagonal_table()
    parents = {"M": {"M": "y", "X": "My"}, "X": {"X": "y", "M": "Xy"}}[named]
    identified, reason = verdict(table, graph_of(table, parents, [named]))
    assert not identified
    assert reason == "the environments do not tell which mechanism changes, that of 'M' or 'X'"


def test_a_change_that_no_mechanism_shows_is_told():
    table = diagonal_table()
    identified, reason = verdict(table, graph_of(table, {"X": "y"}, []))
    assert not identified
    assert reason.startswith(
        "the environments differ, but do not tell which mechanism changes: maybe that of"
    )
    assert "'X'" in reason


def test_environments_that_do_not_differ_are_told(table):
    rng = np.random.default_rng(2)
    columns = pd.DataFrame({"m": rng.normal(size=300), "x": rng.normal(size=300)})
    same = read_table(columns, pd.Series(rng.normal(size=300), name="y"), np.repeat([0, 1, 2], 100))
    identified, reason = verdict(same, graph_of(same, {}, []))
    assert not identified
    assert reason == "no mechanism of a covariate changes detectably between the environments"
    identified, reason = verdict(same, graph_of(same, {"m": "y"}, ["m"]))
    assert not identified
    assert reason == "the change of the mechanism of 'm' is too small to be confirmed in held-out rows"


def test_one_environment_tells_nothing():
    rng = np.random.default_rng(3)
    table = read_table(pd.DataFrame({"a": rng.normal(size=50)}), rng.normal(size=50), np.zeros(50))
    assert verdict(table, graph_of(table, {}, [])) == (
        False,
        "there is one environment, in which no mechanism can change",
    )


def test_an_outcome_that_changes_is_told(table):
    identified, reason = verdict(table, graph_of(table, {"m": "y"}, ["m"]), outcome_gain=10.0)
    assert not identified
    assert reason.startswith("the mechanism of the outcome 'y' itself seems to change")


def test_resamples_that_disagree_are_told(table):
    graph = graph_of(table, {"m": "y"}, ["m"])
    other = graph_of(table, {"m": "y", "x": "my"}, ["m"])
    identified, reason = verdict(table, graph, [graph] * 7 + [other] * 3)
    assert not identified
    assert reason.startswith("only 70% of the resamples agree")


def test_what_is_given_is_not_doubted(table):
    graph = graph_of(table, {"x": "y"}, ["x"])
    identified, reason = verdict(table, graph, mutable_given=True, graph_given=True)
    assert identified
    assert reason.startswith("mutable and causal_graph as given; ")
