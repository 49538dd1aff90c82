"""Stack of candidates: weights against a general-purpose optimiser, shrinkage towards the constant."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from causalkit.estimators._effect_models import Candidate, RegressorEffect
from causalkit.estimators._final_stage import (
    FinalStack,
    constant_effect,
    earns_weight,
    stack_candidates,
    sure_share,
)


def make_residuals(tau: np.ndarray, seed: int = 0, noise: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    tr = (rng.uniform(size=len(tau)) < 0.5) - 0.5
    return tr * tau + noise * rng.normal(size=len(tau)), tr


def make_candidates(*effects: np.ndarray) -> list[Candidate]:
    return [Candidate(f"model {i}", RegressorEffect(None), e) for i, e in enumerate(effects)]


def best_weights(effects: list[np.ndarray], yr: np.ndarray, tr: np.ndarray) -> np.ndarray:
    """Weights w >= 0 with sum at most one by sequential quadratic programming."""
    c = (tr @ yr) / (tr @ tr)

    def loss(w: np.ndarray) -> float:
        tau = c + sum(weight * (effect - c) for weight, effect in zip(w, effects, strict=True))
        return float(np.mean((yr - tr * tau) ** 2))

    k = len(effects)
    starts = [np.full(k, 0.9 / k), np.full(k, 0.01)]
    found = [
        minimize(
            loss,
            start,
            method="SLSQP",
            bounds=[(0, 1)] * k,
            constraints={"type": "ineq", "fun": lambda w: 1 - w.sum()},
            options={"ftol": 1e-14, "maxiter": 500},
        )
        for start in starts
    ]
    return min(found, key=lambda result: result.fun).x


@pytest.mark.parametrize("seed", range(6))
def test_weights_minimise_the_held_out_r_loss(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.normal(2, 1, 400)
    shrink = rng.uniform(0.3, 1.5, 3)
    effects = [2 + s * (truth - 2) + rng.normal(0, 0.7, 400) for s in shrink]
    yr, tr = make_residuals(truth, seed)
    stack = stack_candidates(make_candidates(*effects), yr, tr)
    np.testing.assert_allclose(stack.raw_weights, best_weights(effects, yr, tr), atol=2e-5)


def test_sum_of_weights_stops_at_one() -> None:
    truth = np.random.default_rng(0).normal(1, 1, 500)
    yr, tr = make_residuals(truth, noise=0.1)
    half = 1 + 0.4 * (truth - 1)
    stack = stack_candidates(make_candidates(half, half + 1e-3 * truth), yr, tr)
    assert stack.raw_weights.sum() == pytest.approx(1)
    assert stack.raw_weights.min() >= 0


def test_constant_is_the_effect_with_the_smallest_r_loss() -> None:
    yr, tr = make_residuals(np.random.default_rng(1).normal(2, 1, 300))
    found = minimize(lambda c: np.mean((yr - tr * c) ** 2), 0.0).x[0]
    assert constant_effect(yr, tr) == pytest.approx(found, abs=1e-5)


def test_variance_of_the_constant_is_that_over_samples() -> None:
    stacks = []
    for seed in range(300):
        yr, tr = make_residuals(np.full(200, 2.0), seed)
        stacks.append(stack_candidates([], yr, tr))
    spread = np.var([stack.constant for stack in stacks])
    assert np.mean([stack.constant_variance for stack in stacks]) == pytest.approx(spread, rel=0.2)


def test_gain_is_the_difference_in_held_out_r_loss() -> None:
    truth = np.random.default_rng(2).normal(1, 1, 400)
    yr, tr = make_residuals(truth)
    stack = stack_candidates(make_candidates(truth), yr, tr)
    unshrunk = stack.constant + stack.raw_weights[0] * (truth - stack.constant)
    constant_loss = np.mean((yr - tr * stack.constant) ** 2)
    assert stack.gain == pytest.approx(constant_loss - np.mean((yr - tr * unshrunk) ** 2))
    assert stack.losses["constant"] == pytest.approx(constant_loss)
    assert stack.losses["model 0"] == pytest.approx(np.mean((yr - tr * truth) ** 2))
    np.testing.assert_allclose(stack.weights, stack.raw_weights * sure_share(stack.gain, stack.gain_error))


def test_clear_gain_is_kept_and_no_gain_is_not() -> None:
    rng = np.random.default_rng(3)
    truth = rng.normal(1, 1, 2000)
    yr, tr = make_residuals(truth, noise=0.2)
    assert stack_candidates(make_candidates(truth), yr, tr).weights[0] > 0.98
    for_nothing = stack_candidates(make_candidates(rng.normal(1, 1, 2000)), yr, tr)
    np.testing.assert_allclose(for_nothing.weights, 0, atol=0.05)


def test_no_candidates_leave_the_constant() -> None:
    yr, tr = make_residuals(np.full(100, 3.0))
    stack = stack_candidates([], yr, tr)
    np.testing.assert_array_equal(stack.combine([], 4), np.full(4, stack.constant))
    np.testing.assert_array_equal(stack.disagreement([], np.zeros(4)), np.zeros(4))
    assert (stack.gain, stack.gain_error, list(stack.losses)) == (0, 0, ["constant"])


def a_stack(**changes: Any) -> FinalStack:
    fields = {
        "constant": 1.0,
        "constant_variance": 0.0,
        "weights": np.array([0.5, 0.0]),
        "raw_weights": np.array([0.5, 0.0]),
        "plausible": np.array([0.75, 0.25]),
        "gain": 0.0,
        "gain_error": 0.0,
        "losses": {},
    }
    return FinalStack(**{**fields, **changes})


def test_combine_weighs_departures_from_the_constant() -> None:
    effects = [np.array([3.0, 1.0]), np.array([np.nan, np.nan])]
    np.testing.assert_allclose(a_stack().combine(effects, 2), [2.0, 1.0])


def test_disagreement_is_the_weighted_mean_square_around_the_stack() -> None:
    effects = [np.array([3.0]), np.array([5.0])]
    assert a_stack().disagreement(effects, np.array([2.0]))[0] == pytest.approx(0.75 * 1 + 0.25 * 9)


def test_equal_candidates_are_equally_plausible_and_a_bad_one_is_not() -> None:
    rng = np.random.default_rng(4)
    truth = rng.normal(1, 1, 1000)
    yr, tr = make_residuals(truth, noise=0.3)
    plausible = stack_candidates(make_candidates(truth, truth, truth + 3), yr, tr).plausible
    assert plausible.sum() == pytest.approx(1)
    assert plausible[0] == pytest.approx(plausible[1])
    assert plausible[2] < 1e-6


class TestEarnsWeight:
    truth = np.random.default_rng(5).normal(1, 1, 600)

    def earns(self, trial: np.ndarray, others: list[np.ndarray]) -> bool:
        yr, tr = make_residuals(self.truth, noise=0.5)
        return earns_weight(trial, others, yr, tr)

    def test_what_the_others_lack(self) -> None:
        assert self.earns(self.truth, [np.ones(600)])
        assert self.earns(self.truth, [1 + 0.3 * np.random.default_rng(0).normal(size=600)])

    def test_what_the_others_have(self) -> None:
        assert not self.earns(self.truth, [self.truth])
        assert not self.earns(np.random.default_rng(0).normal(1, 1, 600), [self.truth])


class TestSureShare:
    @given(st.floats(-10, 10), st.floats(0, 10))
    def test_lies_between_zero_and_one(self, gain: float, error: float) -> None:
        assert 0 <= sure_share(gain, error) <= 1

    @given(st.floats(0.01, 10), st.floats(0.01, 10), st.floats(1, 3))
    def test_grows_with_the_gain(self, gain: float, error: float, factor: float) -> None:
        assert sure_share(gain * factor, error) >= sure_share(gain, error)

    def test_limits(self) -> None:
        assert sure_share(1.0, 1.0) == 0
        assert sure_share(-1.0, 0.0) == 0
        assert sure_share(1.0, 0.0) == 1
        assert sure_share(2.0, 1.0) == pytest.approx(0.75)
        assert sure_share(1e6, 1.0) == pytest.approx(1)
