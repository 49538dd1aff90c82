"""Picks and ties among classes whose terms are written by hand."""

from itertools import permutations

import numpy as np
import pytest

from causalkit.estimators._minimax._estimates import RiskEstimate
from causalkit.estimators._minimax._predictor import ConstantPredictor
from causalkit.estimators._minimax._ranking import rank_classes, with_refits
from causalkit.estimators._minimax._search import Outcome
from causalkit.graphs import SubsetClass

N = 400
SHARED = np.random.default_rng(0).normal(size=N)
# Mean zero and spread one, so that a class `gap` above the best is gap * sqrt(N) standard errors above it.
NOISE = np.tile([1.0, -1.0], N // 2)


def estimate(terms, average):
    return RiskEstimate(
        risk=float(terms.mean()),
        standard_error=float(terms.std() / np.sqrt(N)),
        average_risk=average,
        training_risk=average,
        extrapolated_share=0.0,
        contributions=terms,
        policy=(),
        predictor=ConstantPredictor(0.0, terms),
        columns=np.array([], dtype=np.intp),
        _environments=np.zeros(N, dtype=np.intp),
    )


def at(z, average):
    """A class that is `z` standard errors of the difference above one with the terms SHARED."""
    return estimate(SHARED + z / np.sqrt(N) + NOISE, average)


def outcome_of(estimates):
    members = {name: frozenset(name) for name in estimates}
    return Outcome({m: (SubsetClass(m, frozenset(), 1), estimates[name]) for name, m in members.items()})


def never(subset, best):
    return False


def ranked(estimates, alpha=0.05, is_beaten=never):
    picked, tied = rank_classes(outcome_of(estimates), alpha, is_beaten)
    return "".join(sorted(picked)), ["".join(sorted(each)) for each in tied]


BEST = estimate(SHARED, 0.9)


def test_the_smallest_risk_wins_where_the_others_are_clearly_worse():
    assert ranked({"a": at(5, 0.1), "b": BEST, "c": at(9, 0.2)}) == ("b", ["b"])


@pytest.mark.parametrize(("z", "answer"), [(1.6, ("b", ["b", "a"])), (1.7, ("a", ["a"]))])
def test_of_tied_classes_the_average_case_decides(z, answer):
    assert ranked({"a": BEST, "b": at(z, 0.1)}) == answer


def test_the_average_case_does_not_decide_against_a_class_that_has_the_better_one():
    assert ranked({"a": BEST, "b": at(0.5, 0.95)})[0] == "a"


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.1])
def test_ties_are_what_a_one_sided_test_does_not_reject(alpha):
    limit = {0.01: 2.3263, 0.05: 1.6449, 0.1: 1.2816}[alpha]  # quantiles of the normal law
    found = ranked({"a": BEST, "b": at(limit - 0.01, 1.0), "c": at(limit + 0.01, 1.0)}, alpha)
    assert found == ("a", ["a", "b"])


def test_noise_that_classes_share_does_not_tie_them():
    far = estimate(SHARED + 0.01, 0.1)  # a fifth of the standard error of either risk, but surely worse
    assert ranked({"a": BEST, "b": far}) == ("a", ["a"])


def test_ties_follow_by_their_risk_behind_the_pick():
    estimates = {"a": at(1.4, 1.0), "b": at(0.7, 0.1), "c": BEST, "d": at(1.2, 1.0), "e": at(2.5, 0.0)}
    assert ranked(estimates) == ("b", ["b", "c", "d", "a"])


def test_of_equal_averages_the_smaller_set_is_picked():
    assert ranked({"ab": BEST, "c": at(0.3, 0.9)})[0] == "c"


def test_the_order_of_the_search_does_not_matter():
    estimates = {"a": at(0.2, 0.5), "b": at(0.9, 0.4), "c": BEST, "d": at(1.3, 0.1), "ef": at(0.6, 0.4)}
    found = {str(ranked({name: estimates[name] for name in order})) for order in permutations(estimates)}
    assert len(found) == 1


@pytest.mark.parametrize("alpha", [0.3, 0.6, 0.99])
def test_the_pick_is_tied_at_any_level(alpha):
    picked, tied = ranked({"a": at(0.4, 0.1), "b": BEST, "c": at(0.9, 0.05)}, alpha)
    assert tied[0] == picked
    assert picked == ("a" if alpha == 0.3 else "b")


def test_one_class_alone():
    assert ranked({"a": BEST}) == ("a", ["a"])


def test_a_class_that_a_bound_beats_does_not_tie():
    estimates = {"a": at(0.4, 0.1), "b": BEST, "c": at(0.9, 0.3), "d": at(5, 0.0)}
    asked = []

    def beaten(subset, best):
        asked.append((set(subset.members), best))
        return subset.members == {"a"}

    assert ranked(estimates, is_beaten=beaten) == ("c", ["c", "b"])
    # Asked of classes with their own risk near the best one, against that one.
    assert [members for members, _ in asked] == [{"a"}, {"c"}]
    assert all(best is BEST for _, best in asked)


def test_the_best_class_ties_whatever_is_said_of_it():
    estimates = {"a": at(0.4, 0.1), "b": BEST}
    assert ranked(estimates, is_beaten=lambda subset, best: True) == ("b", ["b"])


def test_refits_add_their_variance():
    assert with_refits(0.3, 0.16) == pytest.approx(0.5)
    assert with_refits(0.3, 0.0) == 0.3
    assert type(with_refits(np.float64(0.3), np.float64(0.1))) is float
