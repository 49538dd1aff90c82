"""Which arrows a subset search needs, and shares of resamples, on graphs written out by hand."""

import numpy as np

from causalkit.estimators._minimax._discovery_search import Graph
from causalkit.estimators._minimax._discovery_stability import condition_holds, needed_arrows, stability_table

# 4 is the outcome; 4 -> 1 (mutable) -> 2 <- 4, 0 -> 1, 3 -> 2, 0 -> 3.
SEARCH = Graph(((), (0, 4), (1, 3, 4), (0,), ()), frozenset({1}))
WHOLE = Graph(((), (0, 4), (3, 4), (0,), ()), frozenset({1}))


def test_the_condition_fails_below_a_mutable_child():
    assert not condition_holds(SEARCH)
    assert condition_holds(WHOLE)
    assert condition_holds(Graph(SEARCH.parents, frozenset()))


def test_arrows_into_mutables_out_of_the_outcome_and_below_mutable_children_are_needed():
    assert needed_arrows(SEARCH) == SEARCH.arrows - {(0, 3), (3, 2)}
    assert needed_arrows(WHOLE) == WHOLE.arrows - {(0, 3), (3, 2)}


def test_the_table_has_a_row_for_each_decision():
    names = ["a", "b", "c", "d", "y"]
    table = stability_table(names, ["d", "c", "b", "a"], SEARCH, [SEARCH, SEARCH, SEARCH, WHOLE])
    condition = table[table.decision == "whole set is optimal"].iloc[0]
    assert not condition.found and condition.share == 0.25 and condition.needed
    mutable = table[table.decision == "mutable"]
    assert list(mutable.effect) == ["d", "c", "b", "a"]
    np.testing.assert_array_equal(mutable.found, [False, False, True, False])
    np.testing.assert_array_equal(mutable.share, [0, 0, 1, 0])
    arrows = table[table.decision == "arrow"].set_index(["cause", "effect"])
    assert len(arrows) == len(SEARCH.arrows)
    assert arrows.loc[("b", "c"), "share"] == 0.75
    assert not arrows.loc[("a", "d"), "needed"]


def test_arrows_that_only_resamples_find_are_listed_from_a_tenth_on():
    for n_with, listed in ((1, 1), (2, 0)):
        resampled = [SEARCH] * n_with + [WHOLE] * (9 if listed else 30)
        table = stability_table(["a", "b", "c", "d", "y"], ["a", "b", "c", "d"], WHOLE, resampled)
        extra = table[(table.decision == "arrow") & ~table.found]
        assert len(extra) == listed
