"""Weights of stacks against a general optimiser, and what they promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit

from causalkit.nuisance._stacking import (
    capped_weights,
    log_odds,
    sigmoid,
    simplex_weights,
    stack_log_odds,
)


def slsqp(predictions, outcome, *, exactly_one):
    """Least squares over w >= 0 with sum one, or at most one, by sequential quadratic programming."""
    k = predictions.shape[1]
    total = {"type": "eq" if exactly_one else "ineq", "fun": lambda w: 1 - w.sum()}
    found = minimize(
        lambda w: np.mean((outcome - predictions @ w) ** 2),
        np.full(k, 1 / k),
        jac=lambda w: -2 * predictions.T @ (outcome - predictions @ w) / len(outcome),
        bounds=[(0, None)] * k,
        constraints=[total],
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )
    return found.x


def problem(seed, n_rows=200, k=4):
    rng = np.random.default_rng(seed)
    outcome = rng.normal(size=n_rows)
    quality = rng.uniform(-0.3, 1.2, k)
    return outcome[:, None] * quality + rng.normal(size=(n_rows, k)) * rng.uniform(0.1, 1, k), outcome


@given(st.integers(0, 10_000), st.integers(1, 5))
def test_simplex_weights_are_the_optimum(seed, k):
    predictions, outcome = problem(seed, k=k)
    weights = simplex_weights(predictions, outcome)
    np.testing.assert_allclose(weights, slsqp(predictions, outcome, exactly_one=True), atol=1e-4)
    assert (weights >= 0).all() and weights.sum() == pytest.approx(1)


@given(st.integers(0, 10_000), st.integers(1, 5))
def test_capped_weights_are_the_optimum(seed, k):
    predictions, outcome = problem(seed, k=k)
    weights = capped_weights(predictions, outcome)
    np.testing.assert_allclose(weights, slsqp(predictions, outcome, exactly_one=False), atol=1e-4)
    assert (weights >= 0).all() and weights.sum() <= 1 + 1e-9


def test_a_stack_is_no_worse_than_its_best_candidate():
    for seed in range(20):
        predictions, outcome = problem(seed)
        stack = predictions @ simplex_weights(predictions, outcome)
        best = ((predictions - outcome[:, None]) ** 2).mean(axis=0).min()
        assert np.mean((stack - outcome) ** 2) <= best + 1e-9


def test_worthless_candidates_get_no_capped_weight():
    predictions, outcome = problem(0)
    assert not capped_weights(-np.abs(predictions) * np.sign(outcome)[:, None], outcome).any()


def test_weights_do_not_depend_on_offset_or_scale():
    predictions, outcome = problem(1)
    weights = simplex_weights(predictions, outcome)
    np.testing.assert_allclose(simplex_weights(predictions + 1e7, outcome + 1e7), weights, atol=1e-5)
    np.testing.assert_allclose(simplex_weights(predictions * 1e-9, outcome * 1e-9), weights, atol=1e-5)
    np.testing.assert_allclose(simplex_weights(predictions * 1e9, outcome * 1e9), weights, atol=1e-5)


def test_equal_candidates_share():
    predictions, outcome = problem(2)
    twice = predictions[:, [0, 0]]
    assert simplex_weights(twice, outcome).sum() == pytest.approx(1)


class TestLogOdds:
    @pytest.fixture
    def world(self):
        """Log-odds known; one candidate twice too sure of itself, the other noise."""
        rng = np.random.default_rng(3)
        index = rng.normal(size=20_000)
        outcome = (rng.random(20_000) < expit(index)).astype(float)
        candidates = expit(np.column_stack([2 * index, rng.normal(size=20_000)]))
        return candidates, outcome

    def test_overconfidence_is_pulled_back(self, world):
        candidates, outcome = world
        np.testing.assert_allclose(stack_log_odds(candidates, outcome), [0.5, 0.0], atol=0.03)

    def test_stack_is_calibrated(self, world):
        candidates, outcome = world
        p = sigmoid(log_odds(candidates) @ stack_log_odds(candidates, outcome))
        for part in np.array_split(np.argsort(p), 10):
            error = np.sqrt(p[part].mean() * (1 - p[part].mean()) / len(part))
            assert abs(p[part].mean() - outcome[part].mean()) < 4 * error

    def test_whole_row_weights_are_repeated_rows(self, world):
        candidates, outcome = (a[:500] for a in world)
        weight = np.random.default_rng(4).integers(0, 3, 500)
        repeated = stack_log_odds(np.repeat(candidates, weight, axis=0), np.repeat(outcome, weight))
        np.testing.assert_allclose(stack_log_odds(candidates, outcome, weight), repeated, atol=1e-4)

    def test_sigmoid_undoes_log_odds_and_does_not_overflow(self):
        p = np.array([1e-9, 0.2, 0.999])
        np.testing.assert_allclose(sigmoid(log_odds(p)), p)
        np.testing.assert_array_equal(sigmoid(np.array([-1e4, 1e4])), [0, 1])
