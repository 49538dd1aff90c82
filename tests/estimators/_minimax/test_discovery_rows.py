"""Mechanisms row by row: agreement with the scores from sums, and spreads that follow the parents."""

import numpy as np
import pytest

from causalkit.estimators._minimax._discovery_features import build_features
from causalkit.estimators._minimax._discovery_rows import RowFit, fit_rows
from causalkit.estimators._minimax._discovery_scores import number_families

STARTS = np.array([0, 200, 400, 600])
CODES = np.repeat(np.arange(3), 200)


def fits(x, v):
    features = build_features(np.column_stack([x, v]), np.zeros(2, bool), STARTS)
    kept = number_families(features, 1, [(0,)])
    chosen = (kept.stable[0], kept.mutable[0], kept.rescaled[0])
    return [(m, fit_rows(features, 1, (0,), m)) for m in chosen]


@pytest.fixture
def noise():
    return np.random.default_rng(5).normal(size=(2, 600))


@pytest.mark.parametrize("change", ["none", "intercept", "slope"])
def test_an_even_spread_gives_the_score_from_sums(noise, change):
    x, u = noise
    level = np.array([-1.0, 0.0, 2.0])[CODES]
    v = {"none": x + u, "intercept": x + level + u, "slope": x * level + u}
    best, fit = max(fits(x, v[change]), key=lambda pair: pair[0].score)
    assert not best.own_scale
    assert fit.score == pytest.approx(best.score, abs=1e-3)


def test_a_spread_that_follows_the_parent_is_found_and_priced(noise):
    x, u = noise
    v = x + u * np.exp(0.8 * x)
    plain, stable = fits(x, v)[0]
    true = -0.5 * (np.log(2 * np.pi) + 1.6 * x + u**2) + np.log(v.std())
    assert stable.score > plain.score + 50
    assert stable.rows.sum() == pytest.approx(true.sum(), abs=15)


def test_a_spread_that_follows_a_parent_whose_level_changes_is_no_change(noise):
    x, u = noise
    x = x + np.array([-1.0, 0.0, 1.0])[CODES]
    (_, stable), (_, mutable), (_, rescaled) = fits(x, x + u * np.exp(0.6 * x))
    assert stable.score > max(mutable.score, rescaled.score)


def test_heavy_tails_are_no_change_of_the_scale():
    for seed in range(10):
        x, u = np.random.default_rng(seed).standard_t(4, size=(2, 600))
        (_, stable), (_, mutable), (_, rescaled) = fits(x, x + u)
        assert stable.score > max(mutable.score, rescaled.score)


def test_a_change_of_the_scale_is_found(noise):
    x, u = noise
    (_, stable), _, (_, rescaled) = fits(x, x + u * np.array([0.5, 1.0, 2.0])[CODES])
    assert rescaled.score > stable.score + 20


def test_the_score_is_that_of_the_rows(noise):
    x, u = noise
    for _, fit in fits(x, x + u):
        assert fit.rows.shape == (600,)
        assert fit.score == pytest.approx(fit.rows.sum() - 0.5 * np.log(600) * fit.n_parameters)


def test_what_is_impossible_has_a_finite_score():
    assert np.isfinite(RowFit.impossible(10).score)
