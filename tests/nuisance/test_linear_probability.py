"""A regressor read as a classifier."""

import numpy as np
import pytest

from causalkit.nuisance import HopAdditiveRegressor
from causalkit.nuisance._linear_probability import LinearProbabilityClassifier


@pytest.fixture
def data():
    X = np.random.default_rng(0).normal(size=(200, 2))
    return X, (X[:, 0] > 0).astype(int)


def test_probabilities_are_the_regression_inside_its_bounds(data):
    X, y = data
    p = (
        LinearProbabilityClassifier(HopAdditiveRegressor(random_state=0), clip=0.05)
        .fit(X, y)
        .predict_proba(X)
    )
    plain = HopAdditiveRegressor(random_state=0).fit(X, y).predict(X)
    np.testing.assert_allclose(p[:, 1], np.clip(plain, 0.05, 0.95))
    np.testing.assert_allclose(p.sum(axis=1), 1)
    assert plain.max() > 0.95 and plain.min() < 0.05


def test_the_likelier_outcome_is_predicted(data):
    X, y = data
    model = LinearProbabilityClassifier(HopAdditiveRegressor(random_state=0)).fit(X, y)
    assert np.mean(model.predict(X) == y) > 0.9
    assert model.classes_.tolist() == [0, 1]


def test_weights_and_links_are_handed_on(data):
    X, y = data

    class Recorder(HopAdditiveRegressor):
        def fit(self, X, y, *, graph=None, sample_weight=None):
            self.seen_ = graph, sample_weight
            return self

    weight = np.ones(200)
    model = LinearProbabilityClassifier(Recorder()).fit(X, y, graph="links", sample_weight=weight)
    assert model.regressor_.seen_ == ("links", weight)
