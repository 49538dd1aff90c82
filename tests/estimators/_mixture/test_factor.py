"""One factor behind the logits: against an integral over the factor and a general optimiser."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.special import expit, log_softmax
from scipy.stats import norm

from causalkit.estimators._mixture._factor import FactorLaw, factor_fit
from causalkit.estimators._mixture._fit import MixtureFit
from causalkit.estimators._mixture._table_counts import FamilyCounts, distinct_environments, family_counts
from causalkit.estimators._mixture._table_moments import leading_direction


def draw(n: int, size: int, *, loadings: tuple[float, float]) -> FamilyCounts:
    rng = np.random.default_rng(4)
    environments = np.repeat(np.arange(n), size)
    x = rng.integers(2, size=n * size)
    eta = rng.normal(size=n)[environments]
    chance = expit(np.array([-0.5, 0.7])[x] + np.array(loadings)[x] * eta)
    y = (rng.random(n * size) < chance).astype(int)
    data = distinct_environments(np.column_stack([x, y]), environments, np.ones(n))
    return family_counts(data, np.array([2, 2]), 1, (0,))


def fitted(counts: FamilyCounts) -> MixtureFit:
    direction = leading_direction(counts)
    assert direction is not None
    return factor_fit(counts, direction, cost=3.0)


def test_law_integrates_the_factor_out() -> None:
    law = FactorLaw(np.log([[0.2, 0.5, 0.3], [0.6, 0.1, 0.3]]), np.array([-0.8, 0.1, 0.7]), np.ones(2))
    counts = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, 1.0]])

    def rows_and_factor(eta: float) -> float:
        shares = log_softmax(law.means + law.loadings * eta, axis=1)
        return float(np.exp((counts * shares).sum()) * norm.pdf(eta))

    expected = quad(rows_and_factor, -12, 12, epsabs=1e-13)[0]
    np.testing.assert_allclose(np.exp(law.log_marginal(counts[None])[0]), expected, rtol=2e-4)


@pytest.mark.parametrize("loadings", [(1.2, 1.2), (1.2, -1.2)])
def test_fit_finds_the_loadings_and_whether_patterns_move_together(loadings: tuple[float, float]) -> None:
    law = fitted(draw(2000, 4, loadings=loadings)).law
    assert law.signs[0] * law.signs[1] == np.sign(loadings[0] * loadings[1])
    assert abs(law.loadings[1] - law.loadings[0]) == pytest.approx(1.2, abs=0.15)
    np.testing.assert_allclose(law.means[:, 1] - law.means[:, 0], [-0.5, 0.7], atol=0.15)


def test_fit_is_the_maximum_that_a_general_optimiser_finds() -> None:
    counts = draw(300, 3, loadings=(1.0, 1.0))
    fit = fitted(counts)

    def loss(point: np.ndarray) -> float:
        means = np.array([[0.0, point[0]], [0.0, point[1]]])
        law = FactorLaw(means, np.array([0.0, point[2]]), fit.law.signs)
        return -float(counts.weights @ law.log_marginal(counts.tables))

    best = -minimize(loss, np.array([0.0, 0.0, 0.5]), method="Nelder-Mead", options={"xatol": 1e-6}).fun
    # The fit pays a small ridge on the logits.
    assert best - 0.01 < fit.score + 3 * 3.0 <= best + 1e-6


def test_patterns_that_do_not_move_go_with_the_strongest() -> None:
    tables = np.zeros((3, 2, 2))
    tables[:, 0] = [[2, 0], [0, 2], [1, 1]]
    tables[:, 1, 1] = 2
    counts = FamilyCounts(tables, np.array([20.0, 20.0, 10.0]), np.arange(2))
    fit = fitted(counts)
    assert fit.law.signs[0] == fit.law.signs[1]
    assert fit.n_parameters == 3


def test_environments_with_many_rows_get_more_nodes() -> None:
    law = fitted(draw(60, 200, loadings=(1.2, 1.2))).law
    counts = np.array([[60.0, 40.0], [30.0, 70.0]])

    def rows_and_factor(eta: float) -> float:
        shares = log_softmax(law.means + law.signs[:, None] * law.loadings * eta, axis=1)
        return float(np.exp((counts * shares).sum() + 130) * norm.pdf(eta))

    expected = np.log(quad(rows_and_factor, -8, 8, epsabs=1e-14, limit=200)[0]) - 130
    few = replace(law, n_nodes=FactorLaw.n_nodes).log_marginal(counts[None])[0]
    many = law.log_marginal(counts[None])[0]
    assert abs(many - expected) < min(0.03, abs(few - expected) / 2)
