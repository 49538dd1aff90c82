"""The order search against d-separation in the unrolled graph and against all orders; its level; errors."""

from collections.abc import Callable, Iterator
from functools import cache
from itertools import combinations, permutations, product
from typing import Any

import networkx as nx
import numpy as np
import pytest

from causalkit.estimators._search._orders import OrderSearch, search_arrows, search_order

SinkPvalue = Callable[[int, frozenset[int]], float]

HOLDS, FAILS = 0.7, 0.0001


def dags(n_variables: int) -> Iterator[nx.DiGraph]:
    """Every acyclic graph up to the names of its nodes, with names that change from one to the next."""
    rng = np.random.default_rng(0)
    pairs = list(combinations(range(n_variables), 2))
    for chosen in product([False, True], repeat=len(pairs)):
        name = rng.permutation(n_variables).tolist()
        kept = [pair for pair, there in zip(pairs, chosen, strict=True) if there]
        yield graph_of(n_variables, [(name[a], name[b]) for a, b in kept])


def graph_of(n_variables: int, arrows: Any) -> nx.DiGraph:
    graph = nx.DiGraph()
    graph.add_nodes_from(range(n_variables))
    graph.add_edges_from(arrows)
    return graph


def unrolled(graph: nx.DiGraph, *, shared: tuple[int, ...] = ()) -> nx.DiGraph:
    """Two rows of an environment; ``shared`` variables have one common parameter instead of their own."""
    rows = nx.DiGraph()
    for v in graph:
        parameter = ("parameter", "shared" if v in shared else v)
        rows.add_edges_from((parameter, (v, row)) for row in (1, 2))
        rows.add_edges_from(((u, row), (v, row)) for u in graph.predecessors(v) for row in (1, 2))
    return rows


def oracles(rows: nx.DiGraph) -> tuple[SinkPvalue, Callable[[int, int, frozenset[int]], float]]:
    """P-values of true and false statements, read off the unrolled graph."""

    def separated(a: Any, b: Any, given: Any) -> bool:
        return nx.is_d_separator(rows, {a}, {b}, {(v, 1) for v in given})

    @cache
    def sink(j: int, among: frozenset[int]) -> float:
        others = among - {j}
        return HOLDS if all(separated((j, 1), (k, 2), others) for k in others) else FAILS

    def edge(j: int, k: int, given: frozenset[int]) -> float:
        return HOLDS if separated((j, 1), (k, 1), given) else FAILS

    return sink, edge


def random_pvalues(seed: int, n_variables: int, power: float = 4.0) -> SinkPvalue:
    """A p-value for each statement, some small."""
    rng = np.random.default_rng(seed)
    known: dict[Any, float] = {}
    for size in range(2, n_variables + 1):
        for among in combinations(range(n_variables), size):
            for j in among:
                known[j, frozenset(among)] = float(rng.random() ** power)
    return lambda j, among: known[j, among]


def statements(order: tuple[int, ...], sink: SinkPvalue) -> list[float]:
    return [sink(order[i], frozenset(order[: i + 1])) for i in range(1, len(order))]


@pytest.mark.parametrize("n_variables", [1, 2, 3, 4])
def test_oracle_gives_order_and_arrows_of_every_graph(n_variables: int) -> None:
    for graph in dags(n_variables):
        sink, edge = oracles(unrolled(graph))
        found = search_order(sink, n_variables)
        assert all(found.order.index(u) < found.order.index(v) for u, v in graph.edges)
        assert not found.violated
        assert not found.contradicted
        for j, k in permutations(range(n_variables), 2):
            assert found.precedes(j, k) == (j in nx.ancestors(graph, k))
        assert found.layers == tuple(tuple(sorted(layer)) for layer in nx.topological_generations(graph))
        arrows = search_arrows(edge, found)
        assert arrows.arrows == tuple(sorted(graph.edges))
        assert arrows.unsettled == ()


def test_without_varying_parameters_nothing_is_settled() -> None:
    # Rows of an environment are independent: every statement about other rows holds.
    rows = unrolled(graph_of(3, [(0, 1), (1, 2)]))
    rows.remove_nodes_from([node for node in list(rows) if node[0] == "parameter"])
    sink, edge = oracles(rows)
    found = search_order(sink, 3)
    arrows = search_arrows(edge, found)
    assert found.layers == ((0, 1, 2),)
    assert not found.violated
    assert arrows.arrows == ()
    assert arrows.unsettled == ((0, 1), (1, 2))


def test_dependent_parameters_fit_no_order() -> None:
    sink, edge = oracles(unrolled(graph_of(3, [(0, 1), (1, 2)]), shared=(0, 1)))
    found = search_order(sink, 3)
    assert found.violated
    assert found.pvalue == pytest.approx(2 * 0.001)
    assert len(found.contradicted) == 1
    assert not any(found.precedes(j, k) for j, k in permutations(range(3), 2))
    assert search_arrows(edge, found).arrows == ()


@pytest.mark.parametrize("n_variables", [2, 3, 5])
@pytest.mark.parametrize("seed", range(12))
def test_answers_match_enumeration_of_all_orders(n_variables: int, seed: int) -> None:
    power = 0.3 if seed % 3 == 0 else 4.0
    sink, floor = random_pvalues(seed, n_variables, power), 0.001
    found = search_order(sink, n_variables, pvalue_floor=floor)
    n_statements = n_variables - 1
    level = 0.05 / n_statements
    orders = list(permutations(range(n_variables)))
    raw = {order: np.maximum(statements(order, sink), floor) for order in orders}
    best = min(orders, key=lambda o: ((raw[o] <= level).sum(), -np.log(raw[o]).sum()))
    assert found.order == best
    assert found.sink_pvalues == pytest.approx(statements(best, sink))
    assert found.adjusted_pvalues == pytest.approx(np.minimum(1, n_statements * np.array(found.sink_pvalues)))
    rejected = [i for i in range(n_statements) if found.adjusted_pvalues[i] <= 0.05]
    assert found.contradicted == tuple((best[i + 1], tuple(sorted(best[: i + 2]))) for i in rejected)
    fits = {order: min(1.0, n_statements * raw[order].min()) for order in orders}
    assert found.pvalue == pytest.approx(max(fits.values()))
    for j, k in permutations(range(n_variables), 2):
        expected = max(fit for order, fit in fits.items() if order.index(j) < order.index(k))
        assert found.precedence_pvalues[j, k] == pytest.approx(expected)
    assert np.isnan(np.diag(found.precedence_pvalues)).all()


def test_fewer_rejections_go_before_less_evidence() -> None:
    # At level 0.05 / 2 the order 0, 1, 2 has no rejection, and 0, 2, 1 has one but a smaller sum of -log p.
    pvalues = {(2, (0, 1, 2)): 0.03, (1, (0, 1)): 0.03, (1, (0, 1, 2)): 0.02, (2, (0, 2)): 0.99}
    found = search_order(lambda j, among: pvalues.get((j, tuple(sorted(among))), 0.0), 3)
    assert found.order == (0, 1, 2)
    assert found.contradicted == ()


@pytest.mark.parametrize("seed", range(20))
def test_order_layers_and_precedences_agree(seed: int) -> None:
    found = search_order(random_pvalues(seed, 5, power=2.0), 5)
    depth = {v: i for i, layer in enumerate(found.layers) for v in layer}
    assert sorted(depth) == list(range(5))
    for j, k in permutations(range(5), 2):
        if found.precedes(j, k):
            assert not found.precedes(k, j)
            assert found.order.index(j) < found.order.index(k)
            assert depth[j] < depth[k]
    assert found.violated == (len(found.contradicted) > 0)


def test_false_precedences_stay_within_the_level() -> None:
    # A causal order's statements have uniform p-values, all others are as small as can be: the chance of any
    # false precedence is at most 0.05. Bound: 400 trials, mean 20, three binomial standard deviations.
    rng, false = np.random.default_rng(0), 0
    for _ in range(400):
        drawn = {i: float(rng.random()) for i in range(1, 5)}
        found = search_order(lambda j, among, p=drawn: p[j] if j == len(among) - 1 == max(among) else 0.0, 5)
        false += any(found.precedes(k, j) for j, k in combinations(range(5), 2)) or found.violated
    assert false <= 20 + 3 * np.sqrt(400 * 0.05 * 0.95)
    assert false > 0


def test_few_statements_are_tested_where_sinks_are_clear() -> None:
    asked = []

    def sink(j: int, among: frozenset[int]) -> float:
        asked.append((j, among))
        return HOLDS if j == max(among) else FAILS

    found = search_order(sink, 12)
    assert found.order == tuple(range(12))
    assert found.n_tests == len(asked) == len(set(asked)) == sum(range(2, 13))
    assert all(j in among and len(among) > 1 for j, among in asked)


def test_renaming_the_variables_renames_the_answer() -> None:
    sink, name = random_pvalues(5, 5), [3, 0, 4, 1, 2]
    found = search_order(sink, 5)
    renamed = search_order(lambda j, among: sink(name[j], frozenset(name[v] for v in among)), 5)
    assert tuple(name[v] for v in renamed.order) == found.order
    assert np.array_equal(renamed.precedence_pvalues, found.precedence_pvalues[np.ix_(name, name)], True)


def test_edges_are_tested_given_what_comes_before_and_adjusted() -> None:
    found = search_order(lambda j, among: HOLDS if j == max(among) else FAILS, 3)
    asked = {}

    def edge(j: int, k: int, given: frozenset[int]) -> float:
        asked[j, k] = given
        return {(0, 1): 0.02, (0, 2): 0.04, (1, 2): 0.0001}[j, k]

    arrows = search_arrows(edge, found)
    assert asked == {(0, 1): frozenset(), (0, 2): {1}, (1, 2): {0}}
    assert arrows.pvalues == {(0, 1): 0.02, (0, 2): 0.04, (1, 2): 0.0001}
    assert arrows.adjusted_pvalues == pytest.approx({(0, 1): 0.04, (0, 2): 0.04, (1, 2): 0.0003})
    assert arrows.arrows == ((0, 1), (0, 2), (1, 2))
    assert search_arrows(edge, found, method="bonferroni").arrows == ((1, 2),)


def test_one_variable_needs_no_test() -> None:
    found = search_order(lambda j, among: pytest.fail("nothing to test"), 1)
    assert (found.order, found.layers, found.pvalue, found.n_tests) == ((0,), ((0,),), 1.0, 0)
    assert search_arrows(lambda j, k, given: pytest.fail("no pair"), found).arrows == ()


def test_answers_can_be_shown() -> None:
    found = search_order(lambda j, among: HOLDS, 2)
    assert isinstance(found, OrderSearch)
    assert "order" in repr(found)
    assert found.to_frame()["pvalue"].item() == pytest.approx(HOLDS)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_variables": 0}, "n_variables must be an integer"),
        ({"n_variables": 17}, "n_variables must be an integer"),
        ({"n_variables": 3, "alpha": 1.0}, "alpha must be a number"),
        ({"n_variables": 3, "pvalue_floor": 0.0}, "pvalue_floor must be a number"),
        ({"n_variables": 3, "pvalue_floor": 0.025}, r"pvalue_floor must be a number.*0\.025"),
    ],
)
def test_bad_settings(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        search_order(lambda j, among: HOLDS, **settings)


@pytest.mark.parametrize("value", [float("nan"), 1.5, -0.1, None, True], ids=str)
def test_bad_pvalues(value: Any) -> None:
    message = r"must be a number between 0 and 1; got"
    with pytest.raises(ValueError, match=rf"sink_pvalue for \d among \[0, 1\] {message}"):
        search_order(lambda j, among: value, 2)
    found = search_order(lambda j, among: HOLDS, 2)
    with pytest.raises(ValueError, match=rf"edge_pvalue for 0 and 1 given \[\] {message}"):
        search_arrows(lambda j, k, given: value, found)


def test_bad_adjustment() -> None:
    found = search_order(lambda j, among: HOLDS, 2)
    with pytest.raises(ValueError, match="method must be one of"):
        search_arrows(lambda j, k, given: HOLDS, found, method="none")
