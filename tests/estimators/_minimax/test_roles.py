"""Roles of columns as given and as learned, and mutable variables as networkx sees the graph."""

import re

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from causalkit.estimators._minimax._discovery import discover
from causalkit.estimators._minimax._roles import GIVEN, Roles, assign_roles, mutable_variables
from causalkit.graphs import whole_set_is_optimal

GRAPH = nx.DiGraph([("x", "y"), ("y", "m"), ("y", "z"), ("m", "z"), ("z", "far")])
COLUMNS = ["far", "m", "x", "z"]
TABLE = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 4)), columns=COLUMNS)
Y = pd.Series(np.arange(60.0), name="y")
SITE = np.repeat([0, 1, 2], 20)


def assigned(table=TABLE, y=Y, environments=SITE, n_environments=3, **arguments):
    settings = {"mutable": None, "causal_graph": None, "n_resamples": 2, "random_state": 0} | arguments
    return assign_roles(table, y, environments, n_environments, **settings)


@pytest.fixture(scope="module")
def sites():
    """The level of m differs between three sites; x causes the outcome and z follows it."""
    rng, site = np.random.default_rng(0), np.repeat([0, 1, 2], 300)
    x, e1, e2, e3 = rng.normal(size=(4, 900))
    y = np.sin(2 * x) + 0.5 * e1
    m = y + np.repeat([-1.0, 0.0, 2.0], 300) + 0.5 * e2
    return pd.DataFrame({"x": x, "m": m, "z": y + e3}), pd.Series(y, name="y"), site


@pytest.mark.parametrize("named", ["m", ["m"], ("m",), {"m"}, pd.Index(["m"])])
def test_what_is_given_is_taken(named):
    roles = assigned(mutable=named, causal_graph=GRAPH)
    assert nx.utils.graphs_equal(roles.causal_graph, GRAPH)
    assert (roles.target, roles.mutable, roles.stable) == ("y", ("m",), ("x", "z", "far"))
    assert roles.whole_set_is_optimal is False
    assert (roles.is_identified, roles.reason, roles.stability) == (True, GIVEN, None)


def test_the_graph_is_a_copy_that_later_changes_do_not_reach(sites):
    given = GRAPH.copy()
    roles = assigned(mutable="m", causal_graph=given)
    given.remove_edge("y", "m")
    assert nx.utils.graphs_equal(roles.causal_graph, GRAPH)
    table, y, site = sites
    drawn = nx.DiGraph([("x", "y"), ("y", "m"), ("y", "z")])
    learned = assigned(table, y, site, causal_graph=drawn)
    drawn.remove_node("z")
    assert set(learned.causal_graph.edges) == {("x", "y"), ("y", "m"), ("y", "z")}


def test_names_may_be_numbers():
    names = {name: j for j, name in enumerate([*COLUMNS, "y"])}
    roles = assigned(
        TABLE.rename(columns=names), Y.rename(4), mutable=[1], causal_graph=nx.relabel_nodes(GRAPH, names)
    )
    assert (roles.target, roles.mutable, set(roles.stable)) == (4, (1,), {0, 2, 3})


def test_one_environment_is_enough_where_both_are_given():
    roles = assigned(environments=np.zeros(60), n_environments=1, mutable="far", causal_graph=GRAPH)
    assert roles.mutable == ("far",)
    assert roles.whole_set_is_optimal is True


def test_nothing_need_be_mutable():
    roles = assigned(mutable=[], causal_graph=GRAPH)
    assert (roles.mutable, set(roles.stable), roles.whole_set_is_optimal) == ((), set(COLUMNS), True)


def test_the_condition_is_that_of_the_graph():
    for mutable in (["m"], ["z"], ["far"], ["x"], ["x", "m"], ["z", "m"]):
        roles = assigned(mutable=mutable, causal_graph=GRAPH)
        assert roles.whole_set_is_optimal == whole_set_is_optimal(GRAPH, "y", mutable)
        assert {*roles.mutable} == {*mutable}
        assert {*roles.stable} == {*COLUMNS} - {*mutable}


def test_roles_are_learned_from_the_environments(sites):
    table, y, site = sites
    roles = assigned(table, y, site, n_resamples=4)
    found = discover(table, y, site, n_resamples=4, random_state=0)
    assert (roles.mutable, {*roles.stable}) == (found.mutable, {"x", "z"}) == (("m",), {"x", "z"})
    assert nx.utils.graphs_equal(roles.causal_graph, found.causal_graph)
    assert (roles.is_identified, roles.reason) == (found.identified, found.reason)
    pd.testing.assert_frame_equal(roles.stability, found.stability)


def test_a_graph_or_a_list_alone_is_completed(sites):
    table, y, site = sites
    named = assigned(table, y, site, mutable="z")
    assert (named.mutable, {*named.stable}) == (("z",), {"x", "m"})
    assert named.stability is not None
    graph = nx.DiGraph([("x", "y"), ("y", "m"), ("y", "z")])
    drawn = assigned(table, y, site, causal_graph=graph)
    assert drawn.mutable == ("m",)
    assert set(drawn.causal_graph.edges) == set(graph.edges)
    assert drawn.whole_set_is_optimal is True


def test_whatever_may_change_is_mutable_where_the_environments_do_not_tell():
    rng, site = np.random.default_rng(1), np.repeat([0, 1], 200)
    y = rng.normal(size=400)
    shift = np.where(site, 3.0, 0.0)
    a = y + shift + 0.1 * rng.normal(size=400)
    table = pd.DataFrame({"a": a, "b": a + 0.1 * rng.normal(size=400), "c": y + rng.normal(size=400)})
    y = pd.Series(y, name="y")
    found = discover(table, y, site, n_resamples=2, random_state=0)
    roles = assigned(table, y, site, 2)
    assert not found.identified
    assert found.suspects
    assert roles.is_identified is False
    assert {*roles.mutable} == {*found.mutable, *found.suspects}
    assert roles.reason == found.reason


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"y": Y.rename("z")},
            "X must have no column with the name of the outcome, 'z'; got ['far', 'm', 'x'",
        ),
        ({"causal_graph": [("x", "y")]}, "causal_graph must be a networkx.DiGraph; got list"),
        ({"causal_graph": nx.Graph(GRAPH)}, "causal_graph must be a networkx.DiGraph; got Graph"),
        (
            {"causal_graph": nx.DiGraph([*GRAPH.edges, ("z", "x")])},
            "causal_graph must have no cycle; got one through",
        ),
        ({"causal_graph": nx.DiGraph([("x", "y"), ("m", "z")])}, "and lacks ['far']"),
        (
            {"causal_graph": nx.DiGraph([*GRAPH.edges, ("h", "x")])},
            "causal_graph must have no other nodes than the outcome 'y' and the columns of X, "
            "['far', 'm', 'x', 'z']; got ['h']",
        ),
        ({"y": Y.rename("outcome"), "causal_graph": GRAPH, "mutable": "m"}, "and lacks ['outcome']"),
        (
            {"mutable": ["m", "y"]},
            "mutable must not hold the outcome 'y', whose mechanism is the same everywhere; got ['m', 'y']",
        ),
        ({"mutable": "y", "causal_graph": GRAPH}, "mutable must not hold the outcome 'y'"),
        ({"mutable": ["m", "q"]}, "mutable must be among the columns of X, ['far', 'm', 'x', 'z']; got 'q'"),
        ({"mutable": "mx", "causal_graph": GRAPH}, "mutable must be among the columns of X"),
        ({"mutable": 1.5}, "mutable must be among the columns of X"),
        (
            {"n_environments": 1, "environments": np.zeros(60)},
            "environments must be at least 2 for the mutable variables to be learned; got 1 "
            "(name them in mutable= otherwise)",
        ),
        (
            {"n_environments": 1, "environments": np.zeros(60), "causal_graph": GRAPH},
            "environments must be at least 2",
        ),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        assigned(**arguments)


def random_roles(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(4, 10))
    arrows = np.triu(rng.random((n, n)) < 0.4, k=1)
    graph = nx.relabel_nodes(nx.from_numpy_array(arrows, create_using=nx.DiGraph), lambda v: f"v{v}")
    target, *others = rng.permutation(list(graph)).tolist()
    chosen = others[: int(rng.integers(1, 4))]
    columns = rng.permutation(others).tolist()
    table = pd.DataFrame(np.zeros((2, len(columns))), columns=columns)
    y = pd.Series(np.zeros(2), name=target)
    return columns, assign_roles(
        table, y, np.zeros(2), 1, mutable=chosen, causal_graph=graph, n_resamples=1, random_state=0
    )


@pytest.mark.parametrize("seed", range(12))
def test_mutable_variables_are_those_of_networkx(seed):
    columns, roles = random_roles(seed)
    assert isinstance(roles, Roles)
    graph, target = roles.causal_graph, roles.target
    found = mutable_variables(roles, columns)
    assert [columns[v.column] for v in found] == [*roles.mutable]
    for variable in found:
        name = columns[variable.column]
        parents, below = set(graph.predecessors(name)), nx.descendants(graph, name)
        assert {columns[j] for j in variable.parents} == parents - {target}
        assert variable.outcome_is_parent == (target in parents)
        assert {columns[j] for j in variable.descendants} == below - {target}
        assert variable.outcome_is_descendant == (target in below)
    for one in found:
        for other in found:
            if nx.has_path(graph, columns[one.column], columns[other.column]) and one is not other:
                assert one.generation < other.generation
                assert found.index(one) < found.index(other)
