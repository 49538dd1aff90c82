"""Mechanisms of levels against scikit-learn's logistic regression."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from causalkit.estimators._minimax._discovery_features import build_features
from causalkit.estimators._minimax._discovery_levels import level_family

STARTS = np.array([0, 400, 800])
CODES = np.repeat([0, 1], 400)


def draw(scores, rng):
    return (scores + rng.gumbel(size=scores.shape)).argmax(axis=1).astype(float)


def family(x, levels):
    return level_family(
        build_features(np.column_stack([x, levels]), np.array([False, True]), STARTS), 1, (0,)
    )


@pytest.fixture
def rng():
    return np.random.default_rng(2)


def test_the_likelihood_is_that_of_logistic_regression(rng):
    x = rng.normal(size=800)
    levels = draw(np.outer(x, [0.0, 1.0, -1.0]), rng)
    stable, _ = family(x, levels)
    z = ((x - x.mean()) / x.std())[:, None]
    model = LogisticRegression(C=1e6).fit(z, levels)
    expected = np.log(model.predict_proba(z)[np.arange(800), levels.astype(int)]).sum()
    assert stable.n_parameters == 4
    assert stable.rows.sum() == pytest.approx(expected, abs=0.5)


def test_a_change_of_frequencies_is_found_and_no_change_is_not(rng):
    x = rng.normal(size=800)
    slopes = np.outer(x, [0.0, 1.0, -1.0])
    stable, mutable = family(x, draw(slopes, rng))
    assert stable.score > mutable.score
    stable, mutable = family(x, draw(slopes + np.outer(CODES, [0.0, 1.0, 0.5]), rng))
    assert mutable.score > stable.score + 5


def test_a_change_of_slopes_is_found(rng):
    x = rng.normal(size=800)
    stable, mutable = family(x, draw(np.outer(x * (1 - 2 * CODES), [0.0, 1.5]), rng))
    assert mutable.score > stable.score + 20


def test_separated_levels_stay_finite(rng):
    x = rng.normal(size=800)
    stable, mutable = family(x, (x > 0).astype(float))
    assert np.isfinite(stable.rows).all()
    assert stable.score > mutable.score > -400


def test_one_environment_has_no_mutable_mechanism(rng):
    values = np.column_stack([rng.normal(size=50), rng.integers(0, 2, 50)]).astype(float)
    features = build_features(values, np.array([False, True]), np.array([0, 50]))
    assert level_family(features, 1, (0,))[1].score < -1e9


@pytest.mark.parametrize("slope", [0.3, 1.5, 6.0])
def test_two_levels_have_the_likelihood_of_logistic_regression(rng, slope):
    x = rng.normal(size=800)
    levels = (slope * x - 1 + rng.logistic(size=800) > 0).astype(float)
    stable, _ = family(x, levels)
    z = ((x - x.mean()) / x.std())[:, None]
    model = LogisticRegression(C=1e6).fit(z, levels)
    expected = np.log(model.predict_proba(z)[np.arange(800), levels.astype(int)]).sum()
    assert stable.rows.sum() == pytest.approx(expected, abs=0.2)
