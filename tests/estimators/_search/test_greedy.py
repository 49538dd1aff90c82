"""The greedy search against the exact one, as a local optimum, within its limits; scores asked once."""

from collections.abc import Callable

import networkx as nx
import numpy as np
import pytest

from causalkit.estimators._search._dags import search_dag
from causalkit.estimators._search._greedy import FamilyScores, GreedyDag

Score = Callable[[int, tuple[int, ...]], float]


def intercept_score(seed: int, n_variables: int, *, n_environments: int = 80, n_rows: int = 5) -> Score:
    """Penalised likelihood of a linear Gaussian family with an intercept for each environment.

    The data come from a random graph whose variables have intraclass correlations of their own, so that
    directions count.
    """
    rng = np.random.default_rng(seed)
    shape = (n_variables, n_variables)
    weights = np.triu((rng.random(shape) < 0.35) * rng.uniform(0.4, 1, shape) * rng.choice([-1, 1], shape), 1)
    icc = rng.uniform(0.1, 0.9, n_variables)
    shared = np.repeat(rng.normal(size=(n_environments, n_variables)), n_rows, axis=0)
    own = rng.normal(size=shared.shape)
    noise = np.sqrt(icc) * shared + np.sqrt(1 - icc) * own
    x = (noise @ np.linalg.inv(np.eye(n_variables) - weights))[:, rng.permutation(n_variables)]
    x -= x.mean(axis=0)
    sums = x.reshape(n_environments, n_rows, n_variables).sum(axis=1)
    between = sums.T @ sums / n_rows
    ratios = np.array([0, 0.1, 0.3, 1, 3])
    grams = [x.T @ x - between + between / (1 + n_rows * ratio) for ratio in ratios]

    def score(v: int, parents: tuple[int, ...]) -> float:
        own = list(parents)
        squares = np.array(
            [g[v, v] - g[v, own] @ np.linalg.solve(g[np.ix_(own, own)], g[own, v]) for g in grams]
        )
        fits = -len(x) * np.log(squares / len(x)) - n_environments * np.log1p(n_rows * ratios)
        return float(fits.max() / 2 - (2 + np.log(len(x)) / 2) * len(own))

    return score


def random_score(seed: int) -> Score:
    """Scores without any pattern: a number for each family, however it is asked."""

    def score(v: int, parents: tuple[int, ...]) -> float:
        return float(np.random.default_rng([seed, v, *parents]).normal()) - 0.3 * len(parents)

    return score


def total(score: Score, graph: nx.DiGraph) -> float:
    return sum(score(v, tuple(sorted(graph.predecessors(v)))) for v in graph)


def as_graph(parents: tuple[tuple[int, ...], ...]) -> nx.DiGraph:
    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(parents)))
    graph.add_edges_from((u, v) for v, chosen in enumerate(parents) for u in chosen)
    return graph


@pytest.mark.parametrize("seed", [0, 2, 3, 6])
def test_finds_the_best_graph_of_eight_variables(seed: int) -> None:
    score = intercept_score(seed, 8)
    exact, greedy = search_dag(score, 8), search_dag(score, 8, exact_up_to=7)
    assert exact.exact and not greedy.exact
    assert len(exact.arrows) > 4
    assert greedy.arrows == exact.arrows
    assert greedy.score == pytest.approx(exact.score)
    # What the greedy search finds without an arrow is not better than the best there is, and mostly as good.
    best = exact.gaps()
    excess = np.array([gap - best[arrow] for arrow, gap in greedy.gaps().items()])
    assert excess.min() > -1e-9
    assert np.mean(excess < 1e-9) > 0.8


@pytest.mark.parametrize("seed", range(6))
def test_no_single_change_of_the_answer_scores_higher(seed: int) -> None:
    score = random_score(seed)
    found = search_dag(score, 7, exact_up_to=0)
    graph = as_graph(found.parents)
    assert nx.is_directed_acyclic_graph(graph)
    assert found.score == pytest.approx(total(score, graph))
    for u in graph:
        for v in graph:
            changed = graph.copy()
            if graph.has_edge(u, v):
                changed.remove_edge(u, v)
                assert total(score, changed) <= found.score + 1e-9
                changed.add_edge(v, u)
            elif u != v:
                changed.add_edge(u, v)
            if nx.is_directed_acyclic_graph(changed):
                assert total(score, changed) <= found.score + 1e-9


def test_gap_is_never_negative_and_at_most_what_deleting_the_arrow_loses() -> None:
    score = random_score(11)
    found = search_dag(score, 7, exact_up_to=0)
    for (u, v), gap in found.gaps().items():
        less = tuple(w for w in found.parents[v] if w != u)
        assert 0 <= gap <= score(v, found.parents[v]) - score(v, less) + 1e-9


@pytest.mark.parametrize("max_parents", [0, 1, 2])
def test_limit_of_parents_holds(max_parents: int) -> None:
    sizes = []

    def score(v: int, parents: tuple[int, ...]) -> float:
        sizes.append(len(parents))
        return random_score(2)(v, parents) + len(parents)

    found = search_dag(score, 6, max_parents=max_parents, exact_up_to=0)
    found.gaps()
    assert max(sizes) == max_parents
    assert max(len(parents) for parents in found.parents) == max_parents


def test_same_answer_every_time() -> None:
    first, again = (search_dag(random_score(4), 9, exact_up_to=0) for _ in range(2))
    assert first.parents == again.parents
    assert first.gaps() == again.gaps() == first.gaps()


def test_more_starts_never_do_worse() -> None:
    families = FamilyScores(random_score(5))
    found = [GreedyDag(families, 8, 7, n_starts=n) for n in (1, 4, 10)]
    scores = [sum(families(v, p) for v, p in enumerate(search.parents)) for search in found]
    assert scores == sorted(scores)


def test_many_variables_need_few_families() -> None:
    # A chain of 30 variables: the arrows v -> v + 1 earn 1, the same arrow turned round earns less.
    asked = []

    def score(v: int, parents: tuple[int, ...]) -> float:
        asked.append((v, parents))
        return 1.0 * (v - 1 in parents) + 0.9 * (v + 1 in parents) - 0.1 * len(parents)

    found = search_dag(score, 30)
    assert not found.exact
    assert found.arrows == tuple((v, v + 1) for v in range(29))
    assert len(asked) == len(set(asked)) < 60_000


def test_families_are_asked_once_and_checked() -> None:
    asked = []
    families = FamilyScores(lambda v, parents: asked.append((v, parents)) or np.float32(v + len(parents)))
    assert families(2, (0, 1)) == families(2, (0, 1)) == 4.0
    assert asked == [(2, (0, 1))]
    with pytest.raises(
        ValueError, match=r"finite number for each family; got inf for variable 0 given \(3,\)"
    ):
        FamilyScores(lambda v, parents: float("inf"))(0, (3,))
