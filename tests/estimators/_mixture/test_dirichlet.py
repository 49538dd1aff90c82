"""Dirichlet laws: against integrals over the simplex and a general optimiser."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize_scalar
from scipy.stats import beta, betabinom, binom

from causalkit.estimators._mixture._dirichlet import (
    CONCENTRATIONS,
    common_concentration_fit,
    constant_fit,
    dirichlet_fit,
    fit_rows,
    given_dirichlet,
)
from causalkit.estimators._mixture._table_counts import FamilyCounts


def draw(n: int, size: int, concentration: float) -> FamilyCounts:
    """Binary child, two patterns with ``size`` rows each; the second one is constant."""
    rng = np.random.default_rng(5)
    theta = rng.beta(0.3 * concentration, 0.7 * concentration, size=n)
    ones = np.column_stack([rng.binomial(size, theta), rng.binomial(size, 0.6, size=n)])
    tables = np.stack([size - ones, ones], axis=2).astype(float)
    return FamilyCounts(tables, np.ones(n), np.arange(2))


def test_law_integrates_the_table_over_beta_densities() -> None:
    alphas = np.array([[1.0, 3.0], [2.0, 0.5]])
    counts = np.array([[2.0, 1.0], [1.0, 4.0]])
    expected = 0.0
    for (a, b), (zeros, ones) in zip(alphas, counts, strict=True):
        integral = quad(
            lambda p, a=a, b=b, k=zeros, m=ones: p**k * (1 - p) ** m * beta.pdf(p, a, b), 0, 1, epsabs=1e-12
        )[0]
        expected += np.log(integral)
    np.testing.assert_allclose(given_dirichlet(alphas).log_marginal(counts[None])[0], expected, atol=1e-8)


@pytest.mark.parametrize("at", [0, 4, 8, 12])
def test_mean_at_each_concentration_is_the_best(at: int) -> None:
    counts = draw(300, 4, 3.0)
    rows, s = fit_rows(counts), CONCENTRATIONS[at]
    ones = counts.tables[:, 0, 1].astype(int)

    def loss(m: float) -> float:
        orders = binom.logpmf(ones, 4, 0.5) + 4 * np.log(2)
        return -float((betabinom.logpmf(ones, 4, s * m, s * (1 - m)) - orders).sum())

    best = minimize_scalar(loss, bounds=(0.01, 0.99), method="bounded", options={"xatol": 1e-8})
    assert rows.varying[at, 0] == pytest.approx(-best.fun, abs=0.01)
    np.testing.assert_allclose(rows.alphas[at].sum(axis=1), s)


def test_constant_row_has_the_pooled_shares() -> None:
    counts = draw(200, 3, 3.0)
    fit = constant_fit(fit_rows(counts), cost=1.0)
    shares = counts.totals / counts.totals.sum(axis=1, keepdims=True)
    assert fit.score == pytest.approx(float((counts.totals * np.log(shares)).sum()) - 2)
    assert fit.n_parameters == 2
    assert counts.weights @ fit.law.log_marginal(counts.tables) == pytest.approx(fit.score + 2)


def test_each_row_is_told_to_vary_or_not() -> None:
    fit = dirichlet_fit(fit_rows(draw(2000, 5, 3.0)), cost=1.0)
    assert fit.law.constant_weights[0] < 1e-6
    assert fit.law.constant_weights[1] > 0.5
    np.testing.assert_allclose(fit.law.weights.sum(axis=0) + fit.law.constant_weights, 1)
    concentration = fit.law.weights[:, 0] @ CONCENTRATIONS
    assert 2 < concentration < 5


def test_one_concentration_for_all_rows_is_an_average_over_the_same_grid() -> None:
    rows = fit_rows(draw(300, 4, 3.0))
    fit = common_concentration_fit(rows, cost=1.0)
    together = rows.varying.sum(axis=1)
    assert fit.score == pytest.approx(np.log(np.mean(np.exp(together - together.max()))) + together.max() - 2)


def test_one_row_of_each_environment_says_nothing_about_the_concentration() -> None:
    rows = fit_rows(draw(100, 1, 3.0))
    np.testing.assert_allclose(rows.varying, np.broadcast_to(rows.constant, rows.varying.shape), atol=1e-8)
