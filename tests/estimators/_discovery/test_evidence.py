"""Tests of all pairs, given the other parents of the two."""

import networkx as nx
import numpy as np
import pytest

from causalkit.datasets import make_exchangeable_scm
from causalkit.estimators._discovery._data import DiscoveryData, discovery_data
from causalkit.estimators._discovery._evidence import PairEvidence, column_correlations, gather_evidence
from causalkit.estimators._discovery._found import Found, causal_order
from causalkit.independence import de_finetti_test
from causalkit.inference import adjust_pvalues

DIAMOND = nx.DiGraph([("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")])


def world(graph: nx.DiGraph = DIAMOND, **settings: object) -> DiscoveryData:
    settings = {"n_environments": 200, "n_rows": 4, "icc": None, **settings}
    made = make_exchangeable_scm("location", causal_graph=graph, random_state=0, **settings)
    return discovery_data(made.X, made.environments)


def truth(data: DiscoveryData, graph: nx.DiGraph = DIAMOND) -> Found:
    place = {name: j for j, name in enumerate(data.names)}
    parents = tuple(tuple(sorted(place[u] for u in graph.predecessors(name))) for name in data.names)
    return Found(parents, causal_order(parents), exact=True)


def gather(data: DiscoveryData, found: Found) -> dict[tuple[str, str], PairEvidence]:
    evidence = gather_evidence(data, found, alpha=0.05, rng=np.random.default_rng(0))
    return {(data.names[u], data.names[v]): pair for (u, v), pair in evidence.items()}


def test_every_pair_given_the_other_parents() -> None:
    data = world()
    found = gather(data, truth(data))
    assert {frozenset(pair) for pair in found} == {
        frozenset(pair) for pair in nx.complete_graph(list("abcd")).edges
    }
    names = {frozenset(pair): {data.names[j] for j in e.given} for pair, e in found.items()}
    assert names[frozenset("ad")] == {"b", "c"}
    assert names[frozenset("bc")] == {"a"}
    assert names[frozenset("bd")] == {"a", "c"}


def test_the_true_graph_is_not_contradicted_and_arrows_are_seen() -> None:
    data = world(n_environments=400)
    for (x, y), pair in gather(data, truth(data)).items():
        cause_first = DIAMOND.has_edge(x, y)
        if not (cause_first or DIAMOND.has_edge(y, x)):
            assert pair.test.pvalue_no_edge > 0.01
            continue
        assert pair.test.pvalue_no_edge < 0.01
        assert pair.adjusted_violation > 0.01
        true, false = pair.test.pvalue_x_to_y, pair.test.pvalue_y_to_x
        assert (true if cause_first else false) > 0.01


def test_without_other_parents_it_is_the_test_of_two_variables() -> None:
    pair = nx.DiGraph([("a", "b")])
    data = world(pair)
    (found,) = gather(data, truth(data, pair)).values()
    alone = de_finetti_test(data.values[:, 0], data.values[:, 1], data.codes, n_flips=499, random_state=1)
    assert found.test.statistic_x_to_y == pytest.approx(alone.statistic_x_to_y, rel=0.2)
    assert found.test.icc_x == pytest.approx(alone.icc_x)


def test_adjustments() -> None:
    data = world()
    found = gather(data, truth(data)).values()
    edges = adjust_pvalues([pair.test.pvalue_no_edge for pair in found])
    assert [pair.adjusted[2] for pair in found] == edges.tolist()
    directions = adjust_pvalues(
        [p for pair in found for p in (pair.test.pvalue_x_to_y, pair.test.pvalue_y_to_x)]
    )
    assert [p for pair in found for p in pair.adjusted[:2]] == directions.tolist()


def test_a_violation_is_seen_to_many_digits_and_only_where_there_is_an_arrow() -> None:
    pair = nx.DiGraph([("a", "b")])
    data = world(pair, n_environments=300, n_rows=10, icc=[0.2, 0.5], correlation=0.8)
    (joined,) = gather(data, truth(data, pair)).values()
    assert joined.adjusted_violation < 1e-3
    apart = Found(((), ()), (0, 1), exact=True)
    (separate,) = gather(data, apart).values()
    assert separate.adjusted_violation == 1.0


def test_correlations_of_single_columns() -> None:
    empty = nx.DiGraph()
    empty.add_nodes_from("ab")
    data = world(empty, n_environments=2000, icc=[0.0, 0.6])
    found = dict(zip(data.names, column_correlations(data), strict=True))
    assert found["a"] == pytest.approx(0.0, abs=0.04)
    assert found["b"] == pytest.approx(0.6, abs=0.04)
