"""Neighbours in a graph, and graphs that held-out rows contradict, in worlds whose graph is known."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from causalkit.datasets import make_mutable_scm
from causalkit.estimators._minimax._discovery import discover
from causalkit.estimators._minimax._discovery_neighbours import has_other_neighbours, neighbours
from causalkit.estimators._minimax._discovery_search import Graph
from causalkit.estimators._minimax._discovery_table import read_table

TRUE = {"y": "a", "c": "yb", "d": "c"}


def graph_of(table, parents):
    place = table.names.index
    own = [tuple(sorted(place(u) for u in parents.get(name, ()))) for name in table.names]
    return Graph(tuple(own), frozenset())


def linear_world(seed, n=1000):
    """a -> y -> c <- b, c -> d."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, n))
    y = a + rng.normal(size=n)
    c = y + b + rng.normal(size=n)
    X = pd.DataFrame({"a": a, "b": b, "c": c, "d": c + rng.normal(size=n)})
    return read_table(X, pd.Series(y, name="y"), np.repeat([0, 1], n // 2))


def interaction_world(seed, n=500):
    data = make_mutable_scm("interaction", n_rows=n, random_state=seed)
    return read_table(data.X, data.y, data.environments)


def contradicted(table, parents):
    """Names of the variables that have other neighbours."""
    graph = graph_of(table, parents)
    return {name for j, name in enumerate(table.names) if has_other_neighbours(table, graph, j)}


@pytest.fixture(scope="module", params=[0, 1])
def linear(request):
    return linear_world(request.param)


@pytest.fixture(scope="module")
def interaction():
    return interaction_world(21)


@pytest.mark.parametrize("seed", range(5))
def test_neighbours_are_the_ends_of_arrows_in_the_moral_graph(seed):
    arrows = np.triu(np.random.default_rng(seed).random((8, 8)) < 0.3, k=1)
    drawn = nx.from_numpy_array(arrows, create_using=nx.DiGraph)
    moral = nx.moral_graph(drawn)
    graph = Graph(tuple(tuple(sorted(drawn.pred[v])) for v in range(8)), frozenset())
    for v in range(8):
        assert neighbours(graph, v) == sorted(moral[v])


def test_a_true_graph_is_not_contradicted(linear):
    assert contradicted(linear, TRUE) == set()


@pytest.mark.parametrize(
    ("parents", "wrong"),
    [
        ({"c": "yb", "d": "c"}, {"a", "y"}),
        ({"y": "a", "c": "y", "d": "c"}, {"b"}),
        ({}, {"a", "b", "c", "d", "y"}),
    ],
    ids=["an arrow is missing", "the other parent is missing", "no arrow"],
)
def test_what_is_missing_is_seen_by_its_ends(linear, parents, wrong):
    assert contradicted(linear, parents) >= wrong


def test_arrows_too_many_or_turned_round_among_neighbours_contradict_nothing(linear):
    # Neighbours are the same, or more: what they leave over says nothing.
    assert contradicted(linear, {"a": "y", "c": "yb", "d": "c"}) == set()
    assert contradicted(linear, {"y": "a", "c": "yba", "d": "cy"}) == set()


def test_where_all_are_neighbours_nothing_is_left_to_say_more(linear):
    everything = {"b": "a", "y": "ab", "c": "yab", "d": "cyab"}
    assert contradicted(linear, everything) == set()


@pytest.mark.parametrize("n_parents", [2, 3])
def test_a_sibling_that_sums_the_same_parents_says_nothing_more(n_parents):
    # Trees alone are slow to add up the parents, so that another sum of them would seem to help.
    rng, names = np.random.default_rng(8), list("abc")[:n_parents]
    parents = rng.normal(size=(1000, n_parents))
    y, sibling = parents.sum(axis=1) + 0.3 * rng.normal(size=(2, 1000))
    X = pd.DataFrame(parents, columns=names).assign(s=sibling)
    table = read_table(X, pd.Series(y, name="y"), np.repeat([0, 1], 500))
    assert contradicted(table, {"y": names, "s": names}) == set()
    assert contradicted(table, {"y": names}) >= {"s"}


def test_noise_is_no_neighbour():
    rng = np.random.default_rng(5)
    X = pd.DataFrame(rng.normal(size=(600, 4)), columns=list("abcd")).assign(l=rng.integers(3, size=600))
    table = read_table(X, pd.Series(rng.normal(size=600), name="y"), np.repeat([0, 1, 2], 200))
    assert contradicted(table, {}) == set()


def test_what_differs_by_environment_alone_is_no_neighbour():
    # a and b move together only because both have their own level in each environment.
    rng, site = np.random.default_rng(6), np.repeat([0, 1, 2, 3], 200)
    level = np.array([-2.0, 0.0, 1.0, 3.0])[site]
    X = pd.DataFrame({"a": level + rng.normal(size=800), "b": level + rng.normal(size=800)})
    assert np.corrcoef(X["a"], X["b"])[0, 1] > 0.5
    X = X.assign(c=rng.normal(size=800))
    table = read_table(X, pd.Series(rng.normal(size=800), name="y"), site)
    assert contradicted(table, {}) == set()
    assert contradicted(table, {"a": "c"}) == set()


def test_the_interaction_world(interaction):
    assert contradicted(interaction, {"M": "y", "X": "My", "Z": "y"}) == set()
    # M says where X is masked, and nothing about y or X alone.
    assert contradicted(interaction, {"X": "y", "Z": "y"}) == {"M", "X", "y"}
    assert contradicted(interaction, {"M": "y", "X": "y", "Z": "y"}) == {"M", "X"}


def test_order_and_units_change_no_verdict(linear):
    rng = np.random.default_rng(7)
    rows = rng.permutation(1000)
    world = pd.DataFrame(linear.values, columns=linear.names).assign(site=linear.codes).iloc[rows]
    y, site = world.pop("y"), world.pop("site")
    moved = read_table(100 * world[list("dbca")] + 3, y, 7 - site)
    for parents in (TRUE, {"c": "yb", "d": "c"}, {"y": "a", "c": "y", "d": "c"}):
        assert contradicted(moved, parents) == contradicted(linear, parents)


def test_a_learned_graph_without_the_arrows_of_a_mutable_variable_is_not_identified():
    data = make_mutable_scm("interaction", n_rows=2000, random_state=0)
    found = discover(data.X, data.y, data.environments, mutable=["M"], n_resamples=3, random_state=0)
    assert not {("y", "M"), ("M", "X")} & set(found.causal_graph.edges)
    assert not found.identified
    expected = "the learned causal graph lacks neighbours that held-out rows show of 'M' and 'y'"
    assert expected in found.reason
    given = discover(
        data.X,
        data.y,
        data.environments,
        mutable=["M"],
        causal_graph=found.causal_graph,
        n_resamples=3,
        random_state=0,
    )
    assert "lacks neighbours" not in given.reason
