"""Tables of counts for a family: against loops over environments, with weights and duplicates."""

import numpy as np
import pytest

from causalkit.estimators._mixture._table_counts import (
    DistinctEnvironments,
    FamilyCounts,
    distinct_environments,
    family_counts,
)

LEVELS = np.array([2, 3, 2])


@pytest.fixture
def rows() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    environments = rng.permutation(np.repeat(np.arange(40), rng.integers(1, 4, size=40)))
    return rng.integers(LEVELS, size=(len(environments), 3)), environments


def table(codes: np.ndarray, patterns: np.ndarray) -> np.ndarray:
    """Count child 1 in the patterns of parents 0 and 2, row by row."""
    counts = np.zeros((4, 3))
    for row in codes:
        counts[2 * row[0] + row[2], row[1]] += 1
    return counts[patterns]


def as_bag(tables: np.ndarray, weights: np.ndarray) -> list[tuple[float, ...]]:
    return sorted((*one.ravel(), weight) for one, weight in zip(tables, weights, strict=True))


def by_hand(
    codes: np.ndarray, environments: np.ndarray, weights: np.ndarray, patterns: np.ndarray
) -> list[tuple[float, ...]]:
    found: dict[tuple[float, ...], float] = {}
    for e in np.flatnonzero(weights > 0):
        key = tuple(table(codes[environments == e], patterns).ravel())
        found[key] = found.get(key, 0.0) + weights[e]
    return sorted((*key, weight) for key, weight in found.items())


@pytest.mark.parametrize("with_zeros", [False, True])
def test_tables_are_those_of_loops_over_environments(rows, with_zeros: bool) -> None:
    codes, environments = rows
    weights = np.arange(40.0) % 3 if with_zeros else np.ones(40)
    data = distinct_environments(codes, environments, weights)
    counts = family_counts(data, LEVELS, 1, (0, 2))
    assert as_bag(counts.tables, counts.weights) == by_hand(codes, environments, weights, counts.patterns)


def test_environments_with_the_same_rows_are_held_once(rows) -> None:
    codes, environments = rows
    once = distinct_environments(codes, environments, np.ones(40))
    shifted = np.concatenate([environments, environments + 40])
    twice = distinct_environments(np.concatenate([codes, codes]), shifted, np.ones(80))
    assert isinstance(once, DistinctEnvironments)
    np.testing.assert_array_equal(twice.codes, once.codes)
    np.testing.assert_array_equal(twice.weights, 2 * once.weights)


def test_patterns_that_do_not_occur_are_left_out() -> None:
    codes = np.array([[0, 0], [2, 1], [2, 0]])
    counts = family_counts(
        distinct_environments(codes, np.array([0, 0, 1]), np.ones(2)), np.array([3, 2]), 1, (0,)
    )
    np.testing.assert_array_equal(counts.patterns, [0, 2])
    np.testing.assert_array_equal(counts.totals, [[1, 0], [1, 1]])


def test_many_columns_do_not_overflow_the_joint_code() -> None:
    rng = np.random.default_rng(0)
    codes = np.repeat(rng.integers(10, size=(3, 30)), 2, axis=0)
    data = distinct_environments(codes, np.arange(6), np.ones(6))
    np.testing.assert_array_equal(data.weights, [2, 2, 2])


def test_totals_weight_the_tables() -> None:
    tables = np.array([[[1.0, 0.0]], [[0.0, 2.0]]])
    totals = FamilyCounts(tables, np.array([3.0, 5.0]), np.zeros(1, dtype=np.int64)).totals
    np.testing.assert_array_equal(totals, [[3, 10]])
