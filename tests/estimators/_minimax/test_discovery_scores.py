"""Scores of the families of a number against least squares on written-out designs."""

import numpy as np
import pytest

from causalkit.estimators._minimax._discovery_features import build_features
from causalkit.estimators._minimax._discovery_scores import (
    INTERCEPTS,
    POOLED,
    SEPARATE,
    SLOPES,
    number_families,
)

STARTS = np.array([0, 150, 350, 600])
CODES = np.repeat(np.arange(3), np.diff(STARTS))


def features_of(*columns):
    values = np.column_stack(columns)
    return build_features(values, np.zeros(len(columns), bool), STARTS)


def slow_score(features, v, mechanism):
    """Least squares with a column for each term and each deviation of an environment from the first."""
    terms = mechanism.terms[mechanism.terms != 0]
    moving = {
        POOLED: [],
        INTERCEPTS: [1],
        SLOPES: list(mechanism.moving[mechanism.moving != 0]),
        SEPARATE: list(terms),
    }[mechanism.change]
    columns = [features.columns[:, t] for t in terms]
    columns += [features.columns[:, t] * (e == CODES) for e in (1, 2) for t in moving]
    design = np.column_stack(columns)
    target = features.targets[:, v]
    residual = target - design @ np.linalg.lstsq(design, target, rcond=None)[0]
    groups = [e == CODES for e in range(3)] if mechanism.own_scale else [np.ones(600, bool)]
    likelihood = sum(-0.5 * g.sum() * (np.log(2 * np.pi * np.mean(residual[g] ** 2)) + 1) for g in groups)
    return likelihood - 0.5 * np.log(600) * (design.shape[1] + len(groups))


@pytest.fixture
def noise():
    return np.random.default_rng(3).normal(size=(4, 600))


CHANGES = {
    "intercept": lambda x, u: x + np.array([0, 1, 3])[CODES] + u,
    "slope": lambda x, u: x * np.array([0, 1, 3])[CODES] + u,
    "bend": lambda x, u: np.sin(2 * x) * np.array([-2, 1, 3])[CODES] + 0.3 * u,
    "scale": lambda x, u: x + u * np.array([0.5, 1, 1.5])[CODES],
    "nothing": lambda x, u: np.sin(x) + u,
}
EXPECTED = {"intercept": INTERCEPTS, "slope": SLOPES, "bend": SEPARATE}


@pytest.mark.parametrize("change", CHANGES)
def test_the_scores_of_the_best_mechanisms_are_those_of_least_squares(noise, change):
    x, z, w, u = noise
    features = features_of(x, z, CHANGES[change](x, u), w)
    sets = [(0, 1), (0, 3), (1, 3)]
    kept = number_families(features, 2, sets)
    for mechanism in [*kept.stable, *kept.mutable, *kept.rescaled]:
        assert mechanism.score == pytest.approx(slow_score(features, 2, mechanism), abs=1e-3)


@pytest.mark.parametrize("change", EXPECTED)
def test_the_kind_of_change_of_the_mean_is_found(noise, change):
    x, _, _, u = noise
    kept = number_families(features_of(x, CHANGES[change](x, u)), 1, [(0,)])
    assert kept.mutable[0].score > kept.stable[0].score + 10
    assert kept.mutable[0].change == EXPECTED[change]
    assert kept.stable[0].change == POOLED


def test_a_change_of_the_scale_is_found(noise):
    x, _, _, u = noise
    kept = number_families(features_of(x, CHANGES["scale"](x, u)), 1, [(0,)])
    assert kept.rescaled[0].score > max(kept.stable[0].score, kept.mutable[0].score) + 10
    assert (kept.rescaled[0].change, kept.rescaled[0].own_scale) == (POOLED, True)


def test_without_a_change_the_stable_mechanism_scores_highest(noise):
    x, _, _, u = noise
    kept = number_families(features_of(x, CHANGES["nothing"](x, u)), 1, [(0,)])
    assert kept.stable[0].score > max(kept.mutable[0].score, kept.rescaled[0].score)


def test_a_product_of_parents_is_found(noise):
    x, z, w, u = noise
    features = features_of(x, z, w, x * z + 0.5 * u)
    (stable,) = number_families(features, 3, [(0, 1, 2)]).stable
    term = features.products[0, 1]
    assert set(term) <= set(stable.terms)
    assert not set(features.products[0, 2]) & set(stable.terms)


def test_one_environment_has_no_mutable_mechanism(noise):
    x, _, _, u = noise
    features = build_features(np.column_stack([x, x + u]), np.zeros(2, bool), np.array([0, 600]))
    kept = number_families(features, 1, [(0,)])
    assert np.isfinite(kept.stable[0].score)
    assert kept.mutable[0].score == kept.rescaled[0].score == -np.inf
