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
    answer = judge(
        table,
        graph,
        resampled or [graph] * 5,
        outcome_gain,
        mutable_given=mutable_given,
        graph_given=graph_given,
    )
    return answer.identified, answer.reason, {table.names[j] for j in answer.suspects}


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
        set(),
    )


@pytest.mark.parametrize(("named", "other"), [("M", "X"), ("X", "M")])
def test_two_variables_that_explain_each_other_are_both_named(named, other):
    table = diagonal_table()
    parents = {"M": {"M": "y", "X": "My"}, "X": {"X": "y", "M": "Xy"}}[named]
    identified, reason, suspects = verdict(table, graph_of(table, parents, [named]))
    assert not identified
    assert reason == "the environments do not tell which mechanism changes, that of 'M' or 'X'"
    assert suspects == {other}


@pytest.mark.parametrize("parents", [{"X": "y"}, {"y": "X"}, {"y": "M"}, {}], ids=str)
def test_a_change_that_no_mechanism_shows_leaves_the_same_suspects_whatever_was_learned(parents):
    table = diagonal_table()
    identified, reason, suspects = verdict(table, graph_of(table, parents, []))
    assert not identified
    assert reason.startswith("maybe the mechanism of 'M' or 'X' changes")
    assert suspects == {"M", "X"}


@pytest.mark.parametrize("changing", [("m",), ()])
def test_environments_that_do_not_differ_are_told(changing):
    rng = np.random.default_rng(2)
    columns = pd.DataFrame({"m": rng.normal(size=300), "x": rng.normal(size=300)})
    same = read_table(columns, pd.Series(rng.normal(size=300), name="y"), np.repeat([0, 1, 2], 100))
    expected = {
        (): "no mechanism of a covariate changes detectably between the environments",
        ("m",): "the change of the mechanism of 'm' is too small to be confirmed in held-out rows",
    }[changing]
    assert verdict(same, graph_of(same, {"m": "y"}, changing)) == (False, expected, set())


def test_one_environment_tells_nothing():
    rng = np.random.default_rng(3)
    table = read_table(pd.DataFrame({"a": rng.normal(size=50)}), rng.normal(size=50), np.zeros(50))
    assert verdict(table, graph_of(table, {}, [])) == (
        False,
        "there is one environment, in which no mechanism can change",
        set(),
    )


def test_an_outcome_that_changes_is_told(table):
    identified, reason, _ = verdict(table, graph_of(table, {"m": "y"}, ["m"]), outcome_gain=10.0)
    assert not identified
    assert reason.startswith("the mechanism of the outcome 'y' itself seems to change")


def test_resamples_that_disagree_are_told(table):
    graph = graph_of(table, {"m": "y"}, ["m"])
    other = graph_of(table, {"m": "y", "x": "my"}, ["m"])
    identified, reason, suspects = verdict(table, graph, [graph] * 7 + [other] * 3)
    assert not identified
    assert reason.startswith("only 70% of the resamples agree")
    assert not suspects


def test_what_resamples_call_mutable_is_a_suspect(table):
    graph = graph_of(table, {"m": "y"}, ["m"])
    below = graph_of(table, {"m": "y", "x": "my"}, ["m"])
    both = graph_of(table, {"m": "y", "x": "my"}, ["m", "x"])
    _, reason, suspects = verdict(table, graph, [graph] * 4 + [both] * 3 + [below] * 3)
    assert suspects == {"x"}
    assert reason.startswith("maybe the mechanism of 'x' changes, beside that of 'm'; only 70%")


def test_what_is_given_is_not_doubted(table):
    graph = graph_of(table, {"x": "y"}, ["x"])
    identified, reason, suspects = verdict(table, graph, mutable_given=True, graph_given=True)
    assert identified
    assert reason.startswith("mutable and causal_graph as given; ")
    assert not suspects


def test_a_given_graph_tells_two_variables_apart_that_explain_each_other():
    table = diagonal_table()
    graph = graph_of(table, {"M": "y", "X": "My"}, ["M"])
    identified, reason, _ = verdict(table, graph, graph_given=True)
    assert identified
    assert reason.startswith("causal_graph as given; ")
