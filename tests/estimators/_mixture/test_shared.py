"""One law behind all patterns: against an integral, and what the smaller number of parameters may rest on."""

import numpy as np
from scipy.integrate import quad
from scipy.stats import beta

from causalkit.estimators._mixture._dirichlet import (
    CommonConcentrationLaw,
    constant_fit,
    dirichlet_fit,
    fit_rows,
)
from causalkit.estimators._mixture._shared import SharedLaw, shared_fit
from causalkit.estimators._mixture._table_counts import FamilyCounts, distinct_environments, family_counts


def noisy_copy(n: int, *, varies: bool) -> FamilyCounts:
    rng = np.random.default_rng(2)
    chance = rng.beta(1, 3, size=n) if varies else np.full(n, 0.25)
    environments = np.repeat(np.arange(n), 2)
    x = rng.integers(2, size=2 * n)
    y = x ^ (rng.random(2 * n) < chance[environments])
    data = distinct_environments(np.column_stack([x, y]), environments, np.ones(n))
    return family_counts(data, np.array([2, 2]), 1, (0,))


def test_law_integrates_one_share_over_both_patterns() -> None:
    law = SharedLaw(CommonConcentrationLaw(np.ones(1), np.array([[[1.0, 3.0]]])), np.array([[0, 1], [1, 0]]))
    counts = np.array([[[1.0, 2.0], [3.0, 1.0]]])
    # Zeros in the first pattern and ones in the second are the same event, and so are the others.
    integral = quad(lambda p: p**2 * (1 - p) ** 5 * beta.pdf(p, 1, 3), 0, 1, epsabs=1e-13)[0]
    np.testing.assert_allclose(law.log_marginal(counts)[0], np.log(integral), atol=1e-8)


def test_noise_that_varies_is_found_with_fewer_parameters() -> None:
    counts = noisy_copy(1500, varies=True)
    rows = fit_rows(counts)
    fit = shared_fit(counts, rows, cost=3.6)
    np.testing.assert_array_equal(np.argsort(fit.law.levels, axis=1)[:, 0], [1, 0])
    assert fit.n_parameters == 2
    assert fit.score > max(dirichlet_fit(rows, cost=3.6).score, constant_fit(rows, cost=3.6).score) + 3


def test_noise_that_does_not_vary_earns_nothing_over_one_table() -> None:
    counts = noisy_copy(1500, varies=False)
    rows = fit_rows(counts)
    assert shared_fit(counts, rows, cost=3.6).score < constant_fit(rows, cost=3.6).score + 1


def test_names_of_three_levels_follow_their_pooled_shares() -> None:
    tables = np.array([[[5.0, 3.0, 1.0], [2.0, 0.0, 7.0]]])
    counts = FamilyCounts(tables, np.ones(1), np.arange(2))
    fit = shared_fit(counts, fit_rows(counts), cost=1.0)
    np.testing.assert_array_equal(fit.law.levels, [[2, 1, 0], [1, 0, 2]])
    assert fit.kind == "shared"
