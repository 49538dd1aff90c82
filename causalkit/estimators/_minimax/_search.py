"""Best-first search over the classes of subsets, which sees a tree and callables and no data."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from joblib import Parallel, delayed

from causalkit.graphs._dag import Node
from causalkit.graphs._subset_classes import SubsetClass, SubsetTree, Subtree

# Nodes that are looked at together, whatever the number of workers, so that this changes no answer.
_BATCH = 4

BY_SUBTREE = "largest set of the subtree"

Risk = TypeVar("Risk")
Bound = TypeVar("Bound")


class Judge(Protocol[Risk, Bound]):
    """What a search asks about subsets."""

    def bound(self, subset: SubsetClass) -> Bound:
        """Bound from below the worst-case risks of a subset and of all its parts."""
        ...

    def value(self, bound: Bound) -> float:
        """Return a bound as a number: the smallest is looked at first."""
        ...

    def is_beaten(self, bound: Bound, incumbent: Risk) -> bool:
        """Whether a bound is surely above the incumbent's risk."""
        ...

    def screen(self, subset: SubsetClass, incumbent: Risk) -> tuple[str, float] | None:
        """Return why a single class cannot win and its bound, from what is cheap to know; None if it may."""
        ...

    def assess(self, subset: SubsetClass) -> Risk:
        """Estimate the worst-case risk of a class."""
        ...

    def risk(self, estimate: Risk) -> float:
        """Return an estimate as a number."""
        ...


class Pruned(NamedTuple):
    """Classes below a node of the tree that were not assessed, why, and the bound of their risks."""

    subtree: Subtree
    reason: str
    bound: float


@dataclass
class Outcome(Generic[Risk]):
    """What a search found.

    Attributes
    ----------
    assessed : dict of frozenset to (SubsetClass, Risk)
        By the members of the class, in the order in which they were assessed.
    pruned : list of Pruned
    n_bounds : int
        How many sets were bounded.
    """

    assessed: dict[frozenset[Node], tuple[SubsetClass, Risk]] = field(default_factory=dict)
    pruned: list[Pruned] = field(default_factory=list)
    n_bounds: int = 0


class _Open(NamedTuple):
    """A node that waits; one that has only its parent's bound is bounded itself before it is opened."""

    value: float
    order: int
    subtree: Subtree
    bound: Any
    is_own: bool


def exhaustive(
    tree: SubsetTree, judge: Judge[Risk, Bound], *, n_jobs: int | None = None, tell: Callable[..., None]
) -> Outcome[Risk]:
    """Assess every class."""
    outcome: Outcome[Risk] = Outcome()
    classes = [tree.largest(leaf) for leaf in tree.leaves()]
    for first in range(0, len(classes), _BATCH):
        batch = classes[first : first + _BATCH]
        for each, estimate in zip(batch, _run(judge.assess, batch, n_jobs), strict=True):
            outcome.assessed[each.members] = (each, estimate)
        tell(outcome)
    return outcome


def only_whole_set(tree: SubsetTree, judge: Judge[Risk, Bound], reason: str) -> Outcome[Risk]:
    """Assess the largest set alone, by the members of its class."""
    whole = tree.largest(tree.root)
    outcome: Outcome[Risk] = Outcome({whole.members: (whole, judge.assess(whole))})
    outcome.pruned.append(Pruned(tree.root, reason, float("nan")))
    return outcome


def only_this(names: Iterable[Node], judge: Judge[Risk, Bound]) -> Outcome[Risk]:
    """Assess one set with all that is in it, where no graph tells which classes there are."""
    only = SubsetClass(frozenset(names), frozenset(), 1)
    return Outcome({only.members: (only, judge.assess(only))})


def best_first(
    tree: SubsetTree, judge: Judge[Risk, Bound], *, n_jobs: int | None = None, tell: Callable[..., None]
) -> Outcome[Risk]:
    """Open the node with the smallest bound first; drop those whose bound is above the best risk found."""
    whole = tree.largest(tree.root)
    outcome: Outcome[Risk] = Outcome({whole.members: (whole, judge.assess(whole))}, n_bounds=1)
    bound, ticket = judge.bound(whole), count()
    heap = [_Open(judge.value(bound), next(ticket), tree.root, bound, True)]
    while heap:
        best = min((estimate for _, estimate in outcome.assessed.values()), key=judge.risk)
        batch = list(_next_batch(heap, judge, best, outcome))
        _bound_or_assess(tree, judge, batch, best, outcome, n_jobs)
        for node in _followers(tree, judge, batch, ticket):
            heapq.heappush(heap, node)
        tell(outcome)
    return outcome


@dataclass
class _Visit:
    """A node taken from the queue; `bound` is replaced once it has its own."""

    node: _Open
    bound: Any
    is_leaf: bool = False


def _next_batch(
    heap: list[_Open], judge: Judge[Risk, Bound], best: Risk, outcome: Outcome[Risk]
) -> Iterator[_Visit]:
    n_taken = 0
    while heap and n_taken < _BATCH:
        node = heapq.heappop(heap)
        if judge.is_beaten(node.bound, best):
            outcome.pruned.append(Pruned(node.subtree, BY_SUBTREE, judge.value(node.bound)))
            continue
        n_taken += 1
        yield _Visit(node, node.bound)


def _bound_or_assess(
    tree: SubsetTree,
    judge: Judge[Risk, Bound],
    batch: list[_Visit],
    best: Risk,
    outcome: Outcome[Risk],
    n_jobs: int | None,
) -> None:
    """Give each node what it lacks: its own bound, or the risk of its only class."""
    unbounded = [visit for visit in batch if not visit.node.is_own]
    classes = [tree.largest(visit.node.subtree) for visit in unbounded]
    for visit, bound in zip(unbounded, _run(judge.bound, classes, n_jobs), strict=True):
        visit.bound = bound
    outcome.n_bounds += len(unbounded)
    leaves = []
    for visit in batch:
        visit.is_leaf = visit.node.is_own and tree.is_leaf(visit.node.subtree)
        if visit.is_leaf and tree.largest(visit.node.subtree).members not in outcome.assessed:
            leaves.append(visit.node.subtree)

    def one(leaf: Subtree) -> tuple[SubsetClass, tuple[str, float] | None, Risk | None]:
        each = tree.largest(leaf)
        beaten = judge.screen(each, best)
        return each, beaten, None if beaten else judge.assess(each)

    for leaf, (each, beaten, estimate) in zip(leaves, _run(one, leaves, n_jobs), strict=True):
        if beaten is not None:
            outcome.pruned.append(Pruned(leaf, *beaten))
        elif estimate is not None:
            outcome.assessed[each.members] = (each, estimate)


def _followers(
    tree: SubsetTree, judge: Judge[Risk, Bound], batch: list[_Visit], ticket: Iterator[int]
) -> Iterator[_Open]:
    """Nodes that wait after a batch: those that got their bound, and the children of those that had it."""
    for visit in batch:
        value = judge.value(visit.bound)
        if not visit.node.is_own:
            yield _Open(value, next(ticket), visit.node.subtree, visit.bound, True)
        elif not visit.is_leaf:
            # The child that includes the variable has the same largest set, hence the same bound.
            without, with_it = tree.children(visit.node.subtree)  # type: ignore[misc]
            yield _Open(value, next(ticket), with_it, visit.bound, True)
            yield _Open(value, next(ticket), without, visit.bound, False)


def _run(task: Callable[..., Any], arguments: list[Any], n_jobs: int | None) -> list[Any]:
    return list(Parallel(n_jobs=n_jobs, prefer="threads")(delayed(task)(each) for each in arguments))
