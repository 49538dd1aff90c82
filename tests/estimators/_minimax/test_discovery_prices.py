"""Prices of coefficients of environments against marginal likelihoods that are written out."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import multivariate_normal

from causalkit.estimators._minimax._discovery_prices import environment_price


def price(own, information, n_rows=1000):
    n_own = np.full(own.shape[1], own.shape[2])
    return environment_price(own, information, n_own, n_rows)


def slow_loss(own, information):
    """What the likelihood of estimates N(mu, 1 / H + T) lacks beside N(c, 1 / H), at the best mu and T."""
    n_columns = own.shape[-1]

    def loss(settings):
        mean, spread = settings[:n_columns], np.diag(settings[n_columns:] ** 2)
        total = 0.0
        for c, h in zip(own[:, 0], information[:, 0], strict=True):
            variance = np.linalg.inv(h)
            best = -0.5 * np.linalg.slogdet(2 * np.pi * variance)[1]
            total += best - multivariate_normal(mean, variance + spread).logpdf(c)
        return total

    start = np.r_[own.mean(axis=(0, 1)), own.std(axis=(0, 1))]
    return minimize(loss, start, method="Nelder-Mead", options={"maxiter": 4000}).fun


@pytest.mark.parametrize("n_columns", [1, 2])
def test_draws_cost_what_their_marginal_likelihood_lacks(n_columns):
    rng = np.random.default_rng(n_columns)
    own = rng.normal(size=(40, 1, n_columns))
    root = rng.normal(size=(40, 1, n_columns, n_columns))
    information = 30 * (root @ np.swapaxes(root, -1, -2) + np.eye(n_columns))
    expected = slow_loss(own, information) / (0.5 * math.log(1000)) + 3 * n_columns
    assert price(own, information)[0] == pytest.approx(expected, abs=0.3)
    assert price(own, information)[0] < 39 * n_columns


def test_few_environments_have_free_coefficients():
    own = np.random.default_rng(0).normal(size=(4, 3, 2))
    information = np.broadcast_to(50 * np.eye(2), (4, 3, 2, 2))
    np.testing.assert_array_equal(price(own, information), 6.0)


def test_equal_coefficients_cost_no_more_than_the_law():
    own = np.ones((50, 1, 1))
    assert price(own, np.full((50, 1, 1, 1), 100.0))[0] == pytest.approx(3.0)


def test_one_environment_or_no_coefficient_costs_nothing():
    assert price(np.ones((1, 2, 1)), np.ones((1, 2, 1, 1))).tolist() == [0, 0]
    assert price(np.empty((9, 2, 0)), np.empty((9, 2, 0, 0))).tolist() == [0, 0]


def test_chance_differences_of_many_environments_never_pay():
    rng = np.random.default_rng(1)
    own = rng.normal(size=(50, 500, 1)) / 10
    gains = 0.5 * (100 * (own - own.mean(axis=0)) ** 2).sum(axis=(0, 2))
    paid = 0.5 * math.log(5000) * price(own, np.full((50, 500, 1, 1), 100.0), 5000)
    assert (gains < paid).all()


def test_a_column_of_zeros_changes_nothing():
    own = np.random.default_rng(2).normal(size=(20, 1, 1))
    padded = np.concatenate([own, np.zeros_like(own)], axis=-1)
    information = np.zeros((20, 1, 2, 2))
    information[..., 0, 0] = 50
    one = environment_price(own, information[..., :1, :1], np.ones(1, int), 1000)
    np.testing.assert_allclose(environment_price(padded, information, np.ones(1, int), 1000), one)
