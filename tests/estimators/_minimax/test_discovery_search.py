"""The best graph: what is fixed stays, resamples of all rows alike change nothing, candidates are limited."""

import numpy as np
import pytest

from causalkit._random import child_generators
from causalkit.estimators._minimax._discovery_features import build_features
from causalkit.estimators._minimax._discovery_search import FamilyTable, Graph

STARTS = np.array([0, 200, 400, 600])
CODES = np.repeat(np.arange(3), 200)


@pytest.fixture
def features():
    """Variable 0 causes the outcome 2, which causes variable 1, whose intercept changes."""
    rng = np.random.default_rng(0)
    u = rng.normal(size=(3, 600))
    y = np.sin(2 * u[0]) + 0.5 * u[2]
    m = y + np.array([0.0, 1.0, 3.0])[CODES] + 0.5 * u[1]
    return build_features(np.column_stack([u[0], m, y]), np.zeros(3, bool), STARTS)


def test_the_graph_and_the_mutable_variable_are_found(features):
    assert FamilyTable(features).best_graph() == Graph(((), (2,), (0,)), frozenset({1}))


def test_blocks_that_count_once_change_nothing(features):
    table = FamilyTable(features)
    assert table.best_graph(np.ones(len(table.block_codes))) == table.best_graph()


def test_resamples_keep_clear_decisions(features):
    for graph in FamilyTable(features).resampled(child_generators(0, 20)):
        assert graph.mutable == {1}
        assert graph.arrows >= {(2, 1), (0, 2)}


def test_fixed_mutable_variables_stay(features):
    assert FamilyTable(features, mutable=frozenset({0})).best_graph().mutable == {0}
    assert FamilyTable(features, mutable=frozenset()).best_graph().mutable == frozenset()


def test_fixed_mutable_variables_stay_in_one_environment():
    values = np.random.default_rng(4).normal(size=(60, 2))
    one = build_features(values, np.zeros(2, bool), np.array([0, 60]))
    assert FamilyTable(one, mutable=frozenset({0})).best_graph().mutable == {0}


def test_fixed_parents_stay(features):
    parents = ((2,), (0,), ())
    graph = FamilyTable(features, parents=parents).best_graph()
    assert graph.parents == parents
    assert 1 in graph.mutable


def test_an_outcome_that_changes_given_its_parents_gains_by_changing(features):
    table = FamilyTable(features)
    assert table.outcome_gain((1,)) > 20
    assert table.outcome_gain((0,)) < 0


def test_parents_with_which_the_outcome_would_change_are_avoided(features):
    # Only the outcome and the variable that changes: which causes which is seen from the invariance alone.
    rng = np.random.default_rng(1)
    y = rng.normal(size=600)
    m = y + np.array([0.0, 1.0, 3.0])[CODES] + rng.normal(size=600)
    two = build_features(np.column_stack([m, y]), np.zeros(2, bool), STARTS)
    assert FamilyTable(two).best_graph() == Graph(((1,), ()), frozenset({0}))


def test_many_variables_choose_their_parents_among_the_closest():
    rng = np.random.default_rng(2)
    values = rng.normal(size=(200, 13))
    values[:, 1:] += 0.8 * values[:, :-1]
    graph = FamilyTable(build_features(values, np.zeros(13, bool), np.array([0, 100, 200]))).best_graph()
    skeleton = {frozenset(arrow) for arrow in graph.arrows}
    assert skeleton >= {frozenset((j, j + 1)) for j in range(12)}


def test_levels_take_part():
    rng = np.random.default_rng(3)
    y = rng.normal(size=600)
    level = (y + np.array([-1.0, 0.0, 1.0])[CODES] + rng.logistic(size=600) > 0).astype(float)
    features = build_features(np.column_stack([level, y]), np.array([True, False]), STARTS)
    assert FamilyTable(features).best_graph() == Graph(((1,), ()), frozenset({0}))


def test_arrows_are_pairs_of_cause_and_effect():
    graph = Graph(((), (0,), (0, 1)), frozenset({1}))
    assert graph.arrows == {(0, 1), (0, 2), (1, 2)}
    assert set(graph.as_networkx().edges) == graph.arrows
