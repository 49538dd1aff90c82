"""Best-first search with risks that are given numbers and bounds that are true minima."""

import threading
from collections import Counter
from itertools import chain
from typing import NamedTuple

import networkx as nx
import numpy as np
import pytest

from causalkit.estimators._minimax._search import (
    BY_SUBTREE,
    best_first,
    exhaustive,
    only_this,
    only_whole_set,
)
from causalkit.graphs import SubsetTree, subset_classes

SCREENED = "known to be worse"


class Bounded(NamedTuple):
    """A bound that knows which set it is of."""

    members: frozenset
    value: float


class Toy:
    """Risks by class; a set is bounded by the smallest risk of a class with a subset in it, less `slack`."""

    def __init__(self, risks, slack=0.0, *, screens=False):
        self.risks, self.slack, self.screens = risks, slack, screens
        self.calls = {"bound": [], "screen": [], "assess": []}
        self._lock = threading.Lock()

    def _note(self, call, subset):
        with self._lock:
            self.calls[call].append(subset.members)

    def bound(self, subset):
        self._note("bound", subset)
        inside = [risk for members, risk in self.risks.items() if members <= subset.largest]
        return Bounded(subset.members, min(inside) - self.slack)

    def value(self, bound):
        return bound.value

    def is_beaten(self, bound, incumbent):
        return bound.value > incumbent

    def screen(self, subset, incumbent):
        self._note("screen", subset)
        risk = self.risks[subset.members]
        return (SCREENED, risk) if self.screens and risk > incumbent else None

    def assess(self, subset):
        self._note("assess", subset)
        return self.risks[subset.members]

    def risk(self, estimate):
        return estimate


def random_graph(seed):
    rng = np.random.default_rng(seed)
    n_nodes = int(rng.integers(3, 10))
    arrows = np.triu(rng.random((n_nodes, n_nodes)) < rng.uniform(0.2, 0.7), k=1)
    target, *others = rng.permutation(n_nodes).tolist()
    mutable = others[: rng.integers(0, min(3, n_nodes - 1))]
    return nx.from_numpy_array(arrows, create_using=nx.DiGraph), target, mutable


def star(n):
    return nx.DiGraph([("y", f"x{i}") for i in range(n)]), "y", []


def path(n):
    return nx.path_graph(["y", *(f"x{i}" for i in range(n))], create_using=nx.DiGraph), "y", []


def random_risks(problem, seed):
    rng = np.random.default_rng(seed)
    return {each.members: float(rng.random()) for each in subset_classes(*problem)}


def no_news(outcome):
    pass


def searched(problem, judge, **arguments):
    tree = SubsetTree(*problem)
    return tree, best_first(tree, judge, tell=no_news, **arguments)


def below(tree, pruned):
    return [tree.largest(leaf).members for leaf in tree.leaves(pruned.subtree)]


PROBLEMS = [*(random_graph(seed) for seed in range(20)), star(6), path(9)]
# Exact bounds, loose ones that leave much to look at, and ones that tell nothing.
JUDGES = [(slack, screens) for slack in (0.0, 0.2, 9.0) for screens in (False, True)]


def each_search():
    for number, problem in enumerate(PROBLEMS):
        risks = random_risks(problem, 100 + number)
        for slack, screens in JUDGES:
            judge = Toy(risks, slack, screens=screens)
            yield (*searched(problem, judge), judge)


@pytest.fixture(scope="module")
def searches():
    return list(each_search())


def test_the_best_class_is_found(searches):
    for _, outcome, judge in searches:
        assert min(risk for _, risk in outcome.assessed.values()) == min(judge.risks.values())
        for members, (each, risk) in outcome.assessed.items():
            assert each.members == members
            assert risk == judge.risks[members]


def test_nothing_as_good_as_the_incumbent_is_pruned(searches):
    for tree, outcome, judge in searches:
        best = min(risk for _, risk in outcome.assessed.values())
        for pruned in outcome.pruned:
            # The whole set is assessed at once; a node that it is below may still be dropped later.
            lost = [judge.risks[m] for m in below(tree, pruned) if m not in outcome.assessed]
            assert all(risk > best and risk >= pruned.bound for risk in lost)
            assert pruned.reason in (BY_SUBTREE, SCREENED)
            assert pruned.bound > best


def test_a_class_is_assessed_or_below_one_pruned_node(searches):
    for tree, outcome, judge in searches:
        dropped = Counter(chain.from_iterable(below(tree, pruned) for pruned in outcome.pruned))
        assert not dropped or max(dropped.values()) == 1
        assert dropped.keys() | outcome.assessed.keys() == judge.risks.keys()
        assert dropped.keys() & outcome.assessed.keys() <= {tree.largest(tree.root).members}


def test_no_work_is_done_twice(searches):
    for tree, outcome, judge in searches:
        for call in judge.calls.values():
            assert len(set(call)) == len(call)
        assert list(outcome.assessed) == judge.calls["assess"]
        assert outcome.n_bounds == len(judge.calls["bound"]) <= len(judge.risks)
        assert tree.largest(tree.root).members not in judge.calls["screen"]


def test_bounds_and_screens_save_work(searches):
    fitted = {
        setting: sum(len(s[1].assessed) for s in searches[place :: len(JUDGES)])
        for place, setting in enumerate(JUDGES)
    }
    n_classes = sum(len(judge.risks) for _, _, judge in searches[:: len(JUDGES)])
    assert fitted[9.0, False] == n_classes
    assert fitted[0.0, False] < fitted[0.2, False] < n_classes
    assert fitted[9.0, True] < fitted[9.0, False]


def test_where_all_are_alike_all_are_assessed():
    problem = star(5)
    judge = Toy(dict.fromkeys(random_risks(problem, 0), 1.0), screens=True)
    _, outcome = searched(problem, judge)
    assert len(outcome.assessed) == 32
    assert outcome.pruned == []


@pytest.mark.parametrize("search", [best_first, exhaustive])
def test_the_number_of_workers_changes_nothing(search):
    for number in (3, 7, 12):
        problem = random_graph(number)
        tree, risks = SubsetTree(*problem), random_risks(problem, number)
        outcomes = [
            search(tree, Toy(risks, 0.1, screens=True), n_jobs=n_jobs, tell=no_news)
            for n_jobs in (1, 2, None)
        ]
        for other in outcomes[1:]:
            assert list(other.assessed.items()) == list(outcomes[0].assessed.items())
            assert other.pruned == outcomes[0].pruned
            assert other.n_bounds == outcomes[0].n_bounds


def test_exhaustive_assesses_every_class_once_and_bounds_none():
    for number, problem in enumerate(PROBLEMS):
        judge = Toy(random_risks(problem, number))
        outcome = exhaustive(SubsetTree(*problem), judge, tell=no_news)
        assert {members: risk for members, (_, risk) in outcome.assessed.items()} == judge.risks
        assert Counter(judge.calls["assess"]) == Counter(judge.risks.keys())
        assert judge.calls["bound"] == judge.calls["screen"] == outcome.pruned == []
        assert outcome.n_bounds == 0


def test_a_path_has_a_class_for_each_first_variable():
    problem = path(9)
    judge = Toy({m: 1.0 - 0.1 * len(m) for m in random_risks(problem, 0)}, 9.0)
    _, outcome = searched(problem, judge)
    assert outcome.assessed.keys() == {frozenset(), *(frozenset([f"x{i}"]) for i in range(9))}


class CountsMissing(Toy):
    """Each variable of a star that is left out costs one."""

    def __init__(self, n):
        super().__init__({})
        self.n = n

    def bound(self, subset):
        self._note("bound", subset)
        return Bounded(subset.members, float(self.n - len(subset.members)))

    def assess(self, subset):
        self._note("assess", subset)
        return float(self.n - len(subset.members))


def test_a_tree_too_large_to_list_is_searched_where_it_matters():
    tree, judge = SubsetTree(*star(50)), CountsMissing(50)
    outcome = best_first(tree, judge, tell=no_news)
    assert [len(members) for members in outcome.assessed] == [50]
    assert outcome.n_bounds == 51
    assert sum(tree.n_subsets(pruned.subtree) for pruned in outcome.pruned) == 2**50 - 1
    assert {pruned.bound for pruned in outcome.pruned} == {1.0}


class Distance(Toy):
    """The risk is how many variables of a star have to be put in or left out to come to a set."""

    def __init__(self, best):
        super().__init__({})
        self.best = frozenset(best)

    def bound(self, subset):
        self._note("bound", subset)
        return Bounded(subset.members, float(len(self.best - subset.members)))

    def assess(self, subset):
        self._note("assess", subset)
        return float(len(self.best ^ subset.members))

    def screen(self, subset, incumbent):
        return None


def test_the_smallest_bound_is_looked_at_first():
    judge = Distance({"x0", "x3", "x7"})
    outcome = best_first(SubsetTree(*star(8)), judge, tell=no_news)
    assert min(risk for _, risk in outcome.assessed.values()) == 0
    # Sets that hold the best one have bound zero, 2 ** 5 of them; only in their company are others opened.
    hopeless = [members for members in judge.calls["assess"] if judge.best - members]
    assert len(hopeless) <= 3


def test_progress_is_told_after_every_batch():
    problem, seen = star(5), []
    judge = Toy(random_risks(problem, 5), 9.0)
    outcome = best_first(SubsetTree(*problem), judge, tell=lambda now: seen.append(len(now.assessed)))
    assert seen == sorted(seen)
    assert seen[-1] == len(outcome.assessed) == 32


def test_the_whole_set_alone():
    problem = star(4)
    judge = Toy(random_risks(problem, 6))
    tree = SubsetTree(*problem)
    outcome = only_whole_set(tree, judge, "graph")
    assert judge.calls == {"bound": [], "screen": [], "assess": [frozenset(["x0", "x1", "x2", "x3"])]}
    assert list(outcome.assessed) == judge.calls["assess"]
    ((subtree, reason, bound),) = outcome.pruned
    assert (subtree, reason) == (tree.root, "graph")
    assert np.isnan(bound)
    assert outcome.n_bounds == 0


@pytest.mark.parametrize("names", [("x2", "x0"), (), ["x0", "x1", "x2", "x3"]])
def test_one_set_alone_with_all_that_is_in_it(names):
    members = frozenset(names)
    judge = Toy({members: 0.25})
    outcome = only_this(names, judge)
    assert judge.calls == {"bound": [], "screen": [], "assess": [members]}
    ((each, risk),) = outcome.assessed.values()
    assert list(outcome.assessed) == [members]
    assert (each.members, each.free, each.n_subsets, risk) == (members, frozenset(), 1, 0.25)
    assert outcome.pruned == []
    assert outcome.n_bounds == 0


def test_one_set_is_not_made_smaller_as_that_of_a_class_is():
    # Of a path the first variable says all that the others do.
    problem = path(3)
    assert list(only_whole_set(SubsetTree(*problem), Toy(random_risks(problem, 0)), "").assessed) == [{"x0"}]
    everything = frozenset(["x0", "x1", "x2"])
    assert list(only_this(everything, Toy({everything: 1.0})).assessed) == [everything]
