"""The graph by tests: true graphs are found, and what cannot be told is left open."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from causalkit.datasets import make_exchangeable_scm
from causalkit.estimators._discovery._data import DiscoveryData, discovery_data
from causalkit.estimators._discovery._orders import best_by_tests
from causalkit.independence import de_finetti_test

GRAPHS = {
    "chain": nx.DiGraph([("a", "b"), ("b", "c")]),
    "fork": nx.DiGraph([("b", "a"), ("b", "c")]),
    "collider": nx.DiGraph([("a", "b"), ("c", "b")]),
}


def world(graph: nx.DiGraph, **settings: object) -> DiscoveryData:
    made = make_exchangeable_scm("location", causal_graph=graph, random_state=0, **settings)
    return discovery_data(made.X, made.environments)


@pytest.mark.parametrize("graph", GRAPHS)
def test_small_graphs(graph: str) -> None:
    data = world(GRAPHS[graph], n_environments=300, n_rows=5)
    found = best_by_tests(data, alpha=0.05, seed=0)
    assert {(data.names[u], data.names[v]) for u, v in found.arrows} == set(GRAPHS[graph].edges)
    assert not found.violated
    assert not found.unsettled
    assert found.gaps == {} and found.scores is None


def test_rows_that_are_i_i_d_leave_every_direction_open() -> None:
    data = world(GRAPHS["chain"], n_environments=300, n_rows=5, icc=0.0)
    found = best_by_tests(data, alpha=0.05, seed=0)
    assert set(found.arrows) == set(found.unsettled)
    assert len(found.arrows) >= 2


@pytest.mark.parametrize(
    ("settings", "decision"),
    [
        ({}, "y->x"),
        ({"icc": 0.3}, "not orientable"),
        ({"icc": [0.2, 0.5], "correlation": 0.8}, "assumption violated"),
    ],
    ids=["unequal", "equal ICC", "dependent"],
)
def test_two_variables_as_in_the_test_of_two(settings: dict, decision: str) -> None:
    data = world(nx.DiGraph([("b", "a")]), n_environments=300, n_rows=10, **settings)
    a, b = (data.values[:, data.names.index(name)] for name in "ab")
    assert de_finetti_test(a, b, data.codes, random_state=0).decision == decision
    found = best_by_tests(data, alpha=0.05, seed=0)
    assert len(found.arrows) == 1
    assert bool(found.unsettled) == (decision == "not orientable")
    assert found.violated == (decision == "assumption violated")
    if decision == "y->x":
        assert [(data.names[u], data.names[v]) for u, v in found.arrows] == [("b", "a")]
    assert found.reason


def test_two_variables_without_an_arrow() -> None:
    empty = nx.DiGraph()
    empty.add_nodes_from("ab")
    assert best_by_tests(world(empty, n_environments=100), alpha=0.05, seed=0).arrows == []


def test_counts_repeat_environments() -> None:
    data = world(GRAPHS["fork"], n_environments=60, n_rows=3)
    counts = np.random.default_rng(3).multinomial(60, np.full(60, 1 / 60))
    one = best_by_tests(data, counts.astype(float), alpha=0.05, seed=0)
    other = best_by_tests(data.resampled(counts), alpha=0.05, seed=0)
    assert (one.parents, one.order) == (other.parents, other.order)


def test_too_many_variables_for_all_orders() -> None:
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 17)))
    data = discovery_data(X.add_prefix("v"), np.repeat(np.arange(30), 2))
    with pytest.raises(ValueError, match="X must have at most 16 columns for method='test'; got 17"):
        best_by_tests(data, alpha=0.05, seed=0)
