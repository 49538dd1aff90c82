"""The exact search against all graphs, its gaps against the graphs without an arrow, ties, bad inputs."""

import pickle
from collections.abc import Callable
from functools import cache
from itertools import combinations, permutations
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from causalkit.estimators._search._dags import search_dag

Parents = tuple[tuple[int, ...], ...]
Score = Callable[[int, tuple[int, ...]], float]


@cache
def parent_sets(n_variables: int, v: int) -> list[tuple[int, ...]]:
    others = [u for u in range(n_variables) if u != v]
    return [chosen for size in range(n_variables) for chosen in combinations(others, size)]


@cache
def all_dags(n_variables: int) -> NDArray[np.int64]:
    """Every directed acyclic graph, with the parents of each variable as a mask: shape (n_dags, d).

    The parents of a variable are any subset of those before it in some order.
    """
    graphs = []
    for order in permutations(range(n_variables)):
        before = [sum(1 << u for u in order[: order.index(v)]) for v in range(n_variables)]
        subsets = [[m for m in range(2**n_variables) if m & before[v] == m] for v in range(n_variables)]
        graphs.append(np.stack(np.meshgrid(*subsets, indexing="ij"), axis=-1).reshape(-1, n_variables))
    return np.unique(np.concatenate(graphs), axis=0)


def random_score(seed: int, n_variables: int) -> Score:
    rng = np.random.default_rng(seed)
    table = {(v, p): float(rng.normal()) for v in range(n_variables) for p in parent_sets(n_variables, v)}
    return lambda v, parents: table[v, parents]


def totals(score: Score, dags: NDArray[np.int64]) -> NDArray[np.float64]:
    total = np.zeros(len(dags))
    for v, column in enumerate(dags.T):
        for mask in np.unique(column):
            total[column == mask] += score(v, members(mask, dags.shape[1]))
    return total


def members(mask: int, n_variables: int) -> tuple[int, ...]:
    return tuple(u for u in range(n_variables) if mask >> u & 1)


def as_parents(dag: NDArray[np.int64]) -> Parents:
    return tuple(members(mask, len(dag)) for mask in dag)


@pytest.mark.parametrize(("n_variables", "n_dags"), [(1, 1), (2, 3), (3, 25), (4, 543), (5, 29281)])
@pytest.mark.parametrize("seed", range(4))
def test_search_and_gaps_match_enumeration(n_variables: int, n_dags: int, seed: int) -> None:
    # The numbers of labelled acyclic graphs: OEIS A003024.
    dags = all_dags(n_variables)
    assert len(dags) == n_dags
    score = random_score(seed, n_variables)
    values = totals(score, dags)
    found = search_dag(score, n_variables)
    assert found.exact
    assert found.parents == as_parents(dags[values.argmax()])
    assert found.score == pytest.approx(values.max(), abs=1e-12)
    lost = {(u, v): values.max() - values[dags[:, v] >> u & 1 == 0].max() for u, v in found.arrows}
    assert found.gaps() == pytest.approx(lost, abs=1e-12)


@pytest.mark.parametrize("max_parents", [0, 1, 2])
def test_limit_of_parents_matches_enumeration(max_parents: int) -> None:
    score = random_score(3, 4)
    dags = all_dags(4)
    dags = dags[(np.bitwise_count(dags) <= max_parents).all(axis=1)]
    values = totals(score, dags)
    asked = []
    found = search_dag(lambda v, p: asked.append(p) or score(v, p), 4, max_parents=max_parents)
    assert found.parents == as_parents(dags[values.argmax()])
    assert max(len(parents) for parents in asked) == max_parents


@pytest.mark.parametrize("exact_up_to", [12, 0], ids=["exact", "greedy"])
def test_each_family_is_asked_once_with_sorted_parents(exact_up_to: int) -> None:
    score, asked = random_score(0, 6), []
    found = search_dag(lambda v, p: asked.append((v, p)) or score(v, p), 6, exact_up_to=exact_up_to)
    found.gaps()
    assert len(asked) == len(set(asked)) <= 6 * 2**5
    assert all(parents == tuple(sorted(parents)) for _, parents in asked)
    assert found.score == pytest.approx(sum(score(v, p) for v, p in enumerate(found.parents)))


def test_permuting_the_variables_permutes_the_answer() -> None:
    score, order = random_score(8, 6), [3, 0, 5, 1, 4, 2]
    renamed = search_dag(lambda v, p: score(order[v], tuple(sorted(order[u] for u in p))), 6)
    found = search_dag(score, 6)
    assert {(order[u], order[v]) for u, v in renamed.arrows} == set(found.arrows)
    back = {(order[u], order[v]): gap for (u, v), gap in renamed.gaps().items()}
    assert back == pytest.approx(found.gaps(), abs=1e-12)


def test_ties_go_to_fewer_parents_and_smaller_numbers() -> None:
    assert search_dag(lambda v, parents: 0.0, 4).arrows == ()
    # The one parent is worth as much as the two, which have smaller numbers.
    liked = {(3, (2,)), (3, (0, 1))}
    assert search_dag(lambda v, parents: float((v, parents) in liked), 4).arrows == ((2, 3),)
    # One parent is worth as much as two; either end of an arrow is as good.
    found = search_dag(lambda v, parents: float(bool(parents)), 3)
    assert found.parents == ((), (0,), (0,))
    assert found.gaps() == {(0, 1): 0.0, (0, 2): 0.0}


def test_gap_counts_the_arrow_turned_round() -> None:
    # Both directions explain 4; one of them 0.25 more.
    score = {(1, (0,)): 4.25, (0, (1,)): 4.0}
    assert search_dag(lambda v, p: score.get((v, p), 0.0), 2).gaps() == {(0, 1): 0.25}


def test_large_scores_keep_small_gaps() -> None:
    score = {(1, (0,)): 1e6 + 0.5, (0, (1,)): 1e6}
    found = search_dag(lambda v, p: score.get((v, p), -1e6), 2)
    assert found.gaps() == {(0, 1): 0.5}


def test_one_variable() -> None:
    found = search_dag(lambda v, parents: -2.5, 1)
    assert (found.parents, found.score, found.arrows, found.gaps()) == (((),), -2.5, (), {})


def test_answer_can_be_pickled_and_shown() -> None:
    found = search_dag(random_score(1, 5), 5)
    again = pickle.loads(pickle.dumps(found))
    assert again == found
    assert again.gaps() == found.gaps()
    assert "exact" in repr(found) and "_rivals" not in repr(found)


def test_beyond_the_limit_the_search_says_that_it_is_greedy() -> None:
    score = random_score(0, 5)
    assert search_dag(score, 5, exact_up_to=5).exact
    greedy = search_dag(score, 5, exact_up_to=4)
    assert not greedy.exact
    assert greedy.score <= search_dag(score, 5).score + 1e-12


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_variables": 0}, "n_variables must be an integer"),
        ({"n_variables": 2.0}, "n_variables must be an integer"),
        ({"n_variables": 3, "max_parents": -1}, "max_parents must be an integer"),
        ({"n_variables": 3, "max_parents": True}, "max_parents must be an integer"),
        ({"n_variables": 3, "exact_up_to": 17}, r"exact_up_to must be an integer.*got 17"),
    ],
)
def test_bad_settings(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        search_dag(lambda v, parents: 0.0, **settings)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), None, "a"], ids=["nan", "inf", "none", "text"])
@pytest.mark.parametrize("exact_up_to", [12, 0], ids=["exact", "greedy"])
def test_bad_scores(value: Any, exact_up_to: int) -> None:
    with pytest.raises(ValueError, match=r"score must return a finite number.*for variable 1 given \(0,\)"):
        search_dag(lambda v, p: value if (v, p) == (1, (0,)) else 0.0, 3, exact_up_to=exact_up_to)
