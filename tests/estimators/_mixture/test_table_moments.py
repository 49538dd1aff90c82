"""Cross-row moments of a family's cells: against a loop over pairs of rows."""

import numpy as np

from causalkit.estimators._mixture._table_counts import distinct_environments, family_counts
from causalkit.estimators._mixture._table_moments import (
    cross_row_moments,
    leading_direction,
    standardised_residuals,
)


def draw(n_environments: int, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    environments = np.repeat(np.arange(n_environments), n_rows)
    shift = rng.normal(size=n_environments)[environments]
    x = (rng.random(len(environments)) < 0.5).astype(int)
    y = (shift + rng.logistic(size=len(environments)) > 0.3).astype(int)
    return np.column_stack([x, y]), environments


def test_moments_are_sums_over_pairs_of_different_rows() -> None:
    codes, environments = draw(30, 3)
    counts = family_counts(distinct_environments(codes, environments, np.ones(30)), np.array([2, 2]), 1, (0,))
    totals = counts.totals
    shares = totals / totals.sum(axis=1, keepdims=True)
    expected = np.zeros((4, 4))
    cells = np.zeros((len(codes), 2, 2))
    for row, (x, y) in enumerate(codes):
        cells[row, x] = -shares[x]
        cells[row, x, y] += 1
    flat = (cells / np.sqrt(totals)).reshape(len(codes), -1)
    for i in range(len(codes)):
        for j in range(len(codes)):
            if i != j and environments[i] == environments[j]:
                expected += np.outer(flat[i], flat[j])
    np.testing.assert_allclose(cross_row_moments(counts), expected, atol=1e-12)


def test_direction_is_the_common_move_of_both_patterns() -> None:
    codes, environments = draw(400, 4)
    counts = family_counts(
        distinct_environments(codes, environments, np.ones(400)), np.array([2, 2]), 1, (0,)
    )
    direction = leading_direction(counts)
    assert direction is not None
    assert abs(np.linalg.norm(direction) - 1) < 1e-12
    assert len(set(np.sign(direction[:, 1] - direction[:, 0]))) == 1
    assert standardised_residuals(counts).shape == counts.tables.shape


def test_one_row_of_each_environment_has_no_direction() -> None:
    codes, environments = draw(50, 1)
    counts = family_counts(distinct_environments(codes, environments, np.ones(50)), np.array([2, 2]), 1, (0,))
    assert leading_direction(counts) is None
