"""Latent classes: against the sum over classes, and where fitting stops."""

import numpy as np
import pytest

from causalkit.estimators._mixture._classes import ClassesLaw, classes_fit
from causalkit.estimators._mixture._table_counts import FamilyCounts, distinct_environments, family_counts
from causalkit.estimators._mixture._table_moments import leading_direction

TABLES = np.array([[[0.8, 0.1, 0.1], [0.2, 0.7, 0.1]], [[0.1, 0.2, 0.7], [0.3, 0.1, 0.6]]])


@pytest.fixture(scope="module")
def counts() -> FamilyCounts:
    rng = np.random.default_rng(6)
    n, size = 1500, 4
    environments = np.repeat(np.arange(n), size)
    which = (rng.random(n) < 0.3).astype(int)[environments]
    x = rng.integers(2, size=n * size)
    steps = TABLES[which, x].cumsum(axis=1)[:, :-1]
    y = (rng.random(n * size)[:, None] > steps).sum(axis=1)
    data = distinct_environments(np.column_stack([x, y]), environments, np.ones(n))
    return family_counts(data, np.array([2, 3]), 1, (0,))


def test_law_sums_over_classes() -> None:
    law = ClassesLaw(np.array([0.3, 0.7]), TABLES)
    table = np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 1.0]])
    expected = sum(share * np.prod(one**table) for share, one in zip(law.shares, TABLES, strict=True))
    np.testing.assert_allclose(np.exp(law.log_marginal(table[None])[0]), expected, rtol=1e-12)


def test_two_tables_are_found(counts: FamilyCounts) -> None:
    direction = leading_direction(counts)
    assert direction is not None
    fit = classes_fit(counts, 2, direction, 3.0, -np.inf)
    assert fit is not None
    order = np.argsort(fit.law.shares)[::-1]
    np.testing.assert_allclose(fit.law.shares[order], [0.7, 0.3], atol=0.05)
    np.testing.assert_allclose(fit.law.class_tables[order], TABLES, atol=0.06)
    assert fit.n_parameters == 9
    likelihood = float(counts.weights @ fit.law.log_marginal(counts.tables))
    assert fit.score == pytest.approx(likelihood - 9 * 3.0, abs=1e-6)


def test_a_third_class_does_not_pay(counts: FamilyCounts) -> None:
    direction = leading_direction(counts)
    assert direction is not None
    two = classes_fit(counts, 2, direction, 3.0, -np.inf)
    three = classes_fit(counts, 3, direction, 3.0, -np.inf)
    assert two is not None and three is not None
    assert three.score < two.score


def test_the_side_of_the_direction_does_not_matter(counts: FamilyCounts) -> None:
    direction = leading_direction(counts)
    assert direction is not None
    one, other = (classes_fit(counts, 3, side * direction, 3.0, -np.inf) for side in (1.0, -1.0))
    assert one is not None and other is not None
    assert one.score == pytest.approx(other.score, abs=1e-8)


def test_a_fit_far_behind_its_rival_is_given_up(counts: FamilyCounts) -> None:
    direction = leading_direction(counts)
    assert direction is not None
    assert classes_fit(counts, 2, direction, 3.0, rival=0.0) is None
