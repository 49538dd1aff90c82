"""Distances by hand and their invariants; figures of the guesses against enumeration; bad inputs."""

import math
from itertools import permutations
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from causalkit.metrics import GraphRecoveryResult, graph_recovery, structural_hamming_distance

EMPTY = np.zeros((3, 3), dtype=int)
CHAIN = np.array([[0, 1, 0], [0, 0, 1], [0, 0, 0]])
COMPLETE = np.triu(np.ones((3, 3), dtype=int), k=1)

GUESSES = [
    "empty graph",
    "complete graph along the columns",
    "complete graph against the columns",
    "complete graph along a random order",
    "most frequent true graph",
]


def random_dag(seed: int, n_nodes: int = 4, density: float = 0.5) -> NDArray[np.int64]:
    rng = np.random.default_rng(seed)
    upper = np.triu(rng.random((n_nodes, n_nodes)) < density, k=1).astype(np.int64)
    order = rng.permutation(n_nodes)
    return upper[np.ix_(order, order)]


dags = st.integers(0, 999).map(random_dag)


@pytest.mark.parametrize(
    ("true", "estimate", "reversal_two", "reversal_one", "normalized"),
    [
        (CHAIN, CHAIN, 0, 0, 0),
        (EMPTY, EMPTY, 0, 0, 0),
        (CHAIN, EMPTY, 2, 2, 1),
        (EMPTY, CHAIN, 2, 2, 1),
        (CHAIN, COMPLETE, 1, 1, 1 / 5),
        (CHAIN, CHAIN.T, 4, 2, 1),
        # a -> b <- c for a -> b -> c: one arrow turned.
        (CHAIN, [[0, 1, 0], [0, 0, 0], [0, 1, 0]], 2, 1, 1 / 2),
        # One turned, one missing, one too many.
        (CHAIN, [[0, 0, 1], [1, 0, 0], [0, 0, 0]], 4, 3, 1),
    ],
)
def test_distance_by_hand(
    true: Any, estimate: Any, reversal_two: float, reversal_one: float, normalized: float
) -> None:
    assert structural_hamming_distance(true, estimate) == reversal_two
    assert structural_hamming_distance(true, estimate, reversal=1) == reversal_one
    assert structural_hamming_distance(true, estimate, normalized=True) == pytest.approx(normalized)


@given(dags, dags)
def test_distance_is_the_symmetric_difference(one: NDArray[np.int64], other: NDArray[np.int64]) -> None:
    arrows = [set(nx.from_numpy_array(graph, create_using=nx.DiGraph).edges) for graph in (one, other)]
    distance = structural_hamming_distance(one, other)
    assert distance == len(arrows[0] ^ arrows[1])
    n_turned = sum((v, u) in arrows[1] for u, v in arrows[0])
    assert structural_hamming_distance(one, other, reversal=1) == distance - n_turned
    total = len(arrows[0]) + len(arrows[1])
    assert structural_hamming_distance(one, other, normalized=True) == (distance / total if total else 0)


@given(dags, dags, dags, st.sampled_from([1, 2]))
def test_distance_is_a_metric(a: Any, b: Any, c: Any, reversal: Any) -> None:
    def distance(x: Any, y: Any) -> float:
        return structural_hamming_distance(x, y, reversal=reversal)

    assert distance(a, b) == distance(b, a)
    assert (distance(a, b) == 0) == np.array_equal(a, b)
    assert distance(a, c) <= distance(a, b) + distance(b, c)


def test_renaming_and_reordering_nodes_changes_nothing() -> None:
    true, estimate = (
        nx.relabel_nodes(nx.DiGraph(random_dag(seed)), dict(enumerate("dbac"))) for seed in (1, 2)
    )
    table = nx.to_pandas_adjacency(estimate, nodelist=list("abcd"), dtype=int)
    expected = structural_hamming_distance(random_dag(1), random_dag(2))
    assert structural_hamming_distance(true, estimate) == expected
    assert structural_hamming_distance(true, table) == expected
    assert structural_hamming_distance(table, true) == expected


def test_each_guess_scores_as_if_it_were_the_estimate() -> None:
    truths = [random_dag(seed, n_nodes=3 + seed % 2) for seed in range(12)]
    answer = graph_recovery(truths, truths)
    assert list(answer.table.index) == ["estimate", *GUESSES]
    guesses = {
        "empty graph": [np.zeros_like(truth) for truth in truths],
        "complete graph along the columns": [np.triu(np.ones_like(truth), 1) for truth in truths],
        "complete graph against the columns": [np.tril(np.ones_like(truth), -1) for truth in truths],
    }
    for name, guess in guesses.items():
        own = graph_recovery(truths, guess).table.loc["estimate"]
        assert answer.table.loc[name].to_numpy() == pytest.approx(own.to_numpy(), nan_ok=True)


def test_random_order_is_the_average_over_all_orders() -> None:
    truths = [COMPLETE, *(random_dag(seed, density=0.7) for seed in range(6))]
    expected = np.zeros(7)
    for order in permutations(range(4)):
        guesses = []
        for truth in truths:
            within = np.argsort([v for v in order if v < len(truth)])
            guesses.append(np.triu(np.ones_like(truth), 1)[np.ix_(within, within)])
        expected += graph_recovery(truths, guesses).table.loc["estimate"].to_numpy() / math.factorial(4)
    row = graph_recovery(truths, truths).table.loc["complete graph along a random order"]
    assert row.to_numpy() == pytest.approx(expected)


def test_figures_of_the_estimate_are_averages_and_pooled_shares() -> None:
    truths, estimates = [random_dag(s) for s in range(9)], [random_dag(s) for s in range(5, 14)]
    estimates[3] = truths[3]
    row = graph_recovery(truths, estimates).table.loc["estimate"]
    pairs = list(zip(truths, estimates, strict=True))
    assert row["shd"] == pytest.approx(np.mean([structural_hamming_distance(t, e) for t, e in pairs]))
    normalized = [structural_hamming_distance(t, e, normalized=True) for t, e in pairs]
    assert row["normalized_shd"] == pytest.approx(np.mean(normalized))
    assert row["exact_share"] == pytest.approx(np.mean([np.array_equal(t, e) for t, e in pairs]))
    right = sum((t * e).sum() for t, e in pairs)
    assert row["arrow_precision"] == pytest.approx(right / sum(e.sum() for e in estimates))
    assert row["arrow_recall"] == pytest.approx(right / sum(t.sum() for t in truths))
    touching = sum((t * (e + e.T)).sum() for t, e in pairs)
    assert row["adjacency_precision"] == pytest.approx(touching / sum(e.sum() for e in estimates))
    assert row["adjacency_recall"] == pytest.approx(touching / sum(t.sum() for t in truths))


def test_most_frequent_graph_has_the_largest_share_of_any_constant() -> None:
    truths = [CHAIN, CHAIN, EMPTY, COMPLETE, EMPTY, CHAIN.T, random_dag(1), random_dag(1), random_dag(2)]
    share = graph_recovery(truths, truths).table.loc["most frequent true graph", "exact_share"]
    # Two chains or two empty graphs of three nodes, and two equal ones of four.
    assert share == pytest.approx(4 / 9)


def test_tie_for_the_most_frequent_graph_goes_to_fewer_arrows() -> None:
    for truths in ([CHAIN, EMPTY], [EMPTY, CHAIN]):
        row = graph_recovery(truths, truths).table.loc["most frequent true graph"]
        assert (row["exact_share"], row["arrow_recall"]) == (0.5, 0)


def test_a_single_arrow_missed_is_a_normalized_distance_of_one() -> None:
    row = graph_recovery([[[0, 1], [0, 0]]], [np.zeros((2, 2))]).table.loc["estimate"]
    assert (row["shd"], row["normalized_shd"]) == (1, 1)


def test_truth_is_not_beaten_and_a_guess_that_beats_is_named() -> None:
    truths = [random_dag(seed) for seed in range(20)]
    assert graph_recovery(truths, truths).beaten_by == ()
    chains = [CHAIN] * 4
    answer = graph_recovery(chains, [CHAIN, CHAIN.T, EMPTY, EMPTY])
    assert answer.beaten_by == (
        "complete graph along the columns",
        "complete graph along a random order",
        "most frequent true graph",
    )
    # As good is not better.
    assert graph_recovery(chains, chains).beaten_by == ()


def test_answer_shows_how_many_graphs() -> None:
    answer = graph_recovery((CHAIN, EMPTY), (CHAIN, EMPTY))
    assert isinstance(answer, GraphRecoveryResult)
    assert answer.n_graphs == 2
    assert "beaten_by" in repr(answer)


def test_no_arrows_at_all_leave_shares_open() -> None:
    row = graph_recovery([EMPTY], [EMPTY]).table.loc["estimate"]
    assert (row["exact_share"], row["shd"], row["normalized_shd"]) == (1, 0, 0)
    assert row[["arrow_precision", "arrow_recall", "adjacency_precision", "adjacency_recall"]].isna().all()


@pytest.mark.parametrize(
    ("truths", "estimates", "message"),
    [
        ([], [], "true_graphs must hold at least one graph; got none"),
        ([CHAIN], [], "estimated_graphs must have one graph for each of true_graphs; got 0 and 1"),
        (nx.DiGraph(), [CHAIN], "true_graphs must be a list or tuple of graphs; got DiGraph"),
        ([CHAIN], CHAIN, "estimated_graphs must be a list or tuple of graphs; got ndarray"),
        ([CHAIN, np.eye(3)], [CHAIN, CHAIN], r"true_graphs\[1\] must have no cycle"),
        (
            [CHAIN, CHAIN],
            [CHAIN, EMPTY[:2, :2]],
            r"estimated_graphs\[1\] must have the nodes of true_graphs\[1\]",
        ),
    ],
)
def test_bad_lists(truths: Any, estimates: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        graph_recovery(truths, estimates)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"reversal": 0}, "reversal must be one of 1, 2; got 0"),
        ({"reversal": True}, "reversal must be one of 1, 2; got True"),
        ({"normalized": "yes"}, "normalized must be one of True, False; got 'yes'"),
    ],
)
def test_bad_settings(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        structural_hamming_distance(CHAIN, CHAIN, **settings)


def test_bad_graph() -> None:
    with pytest.raises(ValueError, match=r"estimated_graph must be a networkx\.DiGraph or an adj.*got Graph"):
        structural_hamming_distance(CHAIN, nx.Graph([(0, 1), (1, 2)]))
