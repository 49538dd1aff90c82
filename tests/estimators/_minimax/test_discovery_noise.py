"""Densities of residuals against the true ones and against a slow leave-one-out sum."""

import numpy as np
import pytest
from scipy.stats import expon, norm

from causalkit.estimators._minimax._discovery_noise import log_density


def test_gaussian_residuals_keep_the_gaussian_density():
    for seed in range(10):
        z = np.random.default_rng(seed).normal(size=1000)
        rows, n_parameters = log_density(z)
        assert n_parameters == 0
        np.testing.assert_allclose(rows, norm.logpdf(z))


def test_skewed_residuals_get_most_of_their_true_likelihood():
    z = np.random.default_rng(0).exponential(size=2000) - 1
    rows, n_parameters = log_density(z)
    best, gaussian = expon.logpdf(z, loc=-1).sum(), norm.logpdf(z).sum()
    assert n_parameters > 0
    assert gaussian + 0.6 * (best - gaussian) < rows.sum() < best


def test_new_rows_are_as_likely_as_the_rows_themselves():
    gaps = []
    for seed in range(10):
        z = np.random.default_rng(seed).uniform(-(3**0.5), 3**0.5, size=(2, 1500))
        gaps.append(log_density(z[0])[0].mean() - log_density(z[1])[0].mean())
    assert abs(np.mean(gaps)) < 0.02


def test_a_far_residual_stays_possible():
    z = np.append(np.random.default_rng(1).exponential(size=500) - 1, 40.0)
    rows, _ = log_density(z)
    assert np.isfinite(rows).all()


def test_the_order_of_rows_does_not_matter():
    rng = np.random.default_rng(2)
    z = rng.exponential(size=400) - 1
    order = rng.permutation(400)
    assert log_density(z[order])[0] == pytest.approx(log_density(z)[0][order])
