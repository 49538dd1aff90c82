"""Two classes: probabilities, Brier scores, and the same answers as the regression of zeros and ones."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from sklearn.base import is_classifier
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LinearRegression
from sklearn.metrics import accuracy_score, brier_score_loss

from causalkit.estimators import MinimaxSubsetClassifier, MinimaxSubsetRegressor

GRAPH = nx.DiGraph([("y", "m"), ("y", "x"), ("m", "x"), ("y", "z")])
N = 600
SITE = np.repeat(["a", "b", "c"], N // 3)


def make_sites(seed):
    """A test x that shows the class where the guess m is wrong; z always has something to say of it."""
    rng = np.random.default_rng(seed)
    y, coin, chance = rng.integers(0, 2, (3, N))
    m = np.where(rng.random(N) < np.repeat([0.0, 0.1, 0.2], N // 3), y, chance)
    return pd.DataFrame({"m": m, "x": np.where(m == y, coin, y), "z": y + 0.5 * rng.normal(size=N)}), y


X, CODES = make_sites(0)
LABELS = pd.Series(np.where(CODES == 1, "well", "ill"), name="y")
SETTINGS = {"causal_graph": GRAPH, "mutable": "m", "n_refits": 0, "random_state": 0}


def fitted(y=LABELS, x=X, site=SITE, **settings):
    return MinimaxSubsetClassifier(**SETTINGS | settings).fit(x, y, environments=site)


@pytest.fixture(scope="module")
def model():
    return fitted(search="exhaustive")


@pytest.fixture(scope="module")
def regression():
    y = pd.Series(CODES.astype(float), name="y")
    return MinimaxSubsetRegressor(**SETTINGS, search="exhaustive").fit(X, y, environments=SITE)


def test_classes_and_probabilities(model):
    assert is_classifier(model)
    assert model.classes_.tolist() == ["ill", "well"]
    probability = model.predict_proba(X)
    assert probability.shape == (N, 2)
    np.testing.assert_allclose(probability.sum(axis=1), 1)
    assert ((probability >= 0) & (probability <= 1)).all()
    np.testing.assert_array_equal(
        model.predict(X), np.where(probability[:, 1] > probability[:, 0], "well", "ill")
    )


def test_it_is_the_regression_of_zeros_and_ones(model, regression):
    pd.testing.assert_frame_equal(model.risk_table_, regression.risk_table_, check_exact=True)
    assert model.subset_ == regression.subset_
    assert model.tied_subsets_ == regression.tied_subsets_
    assert model.worst_case_interval_ == regression.worst_case_interval_
    assert model.training_variance_ == regression.training_variance_
    np.testing.assert_array_equal(model.predict_proba(X)[:, 1], np.clip(regression.predict(X), 0, 1))
    np.testing.assert_array_equal(
        model.out_of_fold_predictions_, np.clip(regression.out_of_fold_predictions_, 0, 1)
    )


def test_risks_are_brier_scores(model):
    new, codes = make_sites(1)
    found = model.environment_risks(new, np.where(codes == 1, "well", "ill"), SITE)
    probability = model.predict_proba(new)[:, 1]
    for site in "abc":
        score = brier_score_loss(codes[site == SITE], probability[site == SITE])
        assert found.loc[site, "picked subset"] == pytest.approx(score / CODES.var(ddof=1))
    np.testing.assert_allclose(
        found["constant"],
        [np.mean((codes[site == SITE] - CODES.mean()) ** 2) / CODES.var(ddof=1) for site in "abc"],
    )


def test_training_risks_are_out_of_fold_brier_scores(model):
    predictions, found = model.out_of_fold_predictions_, model.environment_risks()
    for name in predictions:
        for site in "abc":
            score = brier_score_loss(CODES[site == SITE], predictions[name][site == SITE])
            assert found.loc[site, name] == pytest.approx(score / CODES.var(ddof=1))


def test_it_predicts_the_class(model):
    new, codes = make_sites(2)
    labels = np.where(codes == 1, "well", "ill")
    assert model.score(new, labels) == accuracy_score(labels, model.predict(new))
    assert model.score(new, labels) > 0.8
    weight = np.where(codes == 1, 1.0, 0.0)
    assert model.score(new, labels, weight) == pytest.approx(
        np.mean(model.predict(new)[codes == 1] == "well")
    )


@pytest.mark.parametrize(
    ("first", "second"), [(0, 1), (False, True), (-1.0, 1.0), ("no", "yes"), (2, 7)], ids=str
)
def test_names_of_classes_change_no_digit(model, first, second):
    other = fitted(np.where(CODES == 1, second, first), search="exhaustive")
    assert other.classes_.tolist() == [first, second]
    pd.testing.assert_frame_equal(other.risk_table_, model.risk_table_, check_exact=True)
    np.testing.assert_array_equal(other.predict_proba(X), model.predict_proba(X))
    assert set(other.predict(X)) == {first, second}


def test_the_other_order_of_the_classes_gives_the_other_probabilities():
    line = {"estimator": LinearRegression(), "search": "exhaustive"}
    one, other = fitted(CODES, **line), fitted(1 - CODES, **line)
    np.testing.assert_allclose(one.predict_proba(X), other.predict_proba(X)[:, ::-1], atol=0.02)
    assert one.worst_case_risk_ == pytest.approx(other.worst_case_risk_, rel=0.1)


def test_a_column_and_a_categorical_are_taken(model):
    for y in (LABELS.to_frame(), LABELS.to_numpy()[:, None], LABELS.astype("category")):
        other = fitted(y, search="exhaustive")
        pd.testing.assert_frame_equal(other.risk_table_, model.risk_table_, check_exact=True)


def test_probabilities_of_any_regressor_are_cut():
    found = fitted(CODES, estimator=DummyRegressor(strategy="constant", constant=9.0))
    predictions = found.out_of_fold_predictions_
    np.testing.assert_array_equal(predictions[["whole stable set", "pooled fit"]], 1)
    assert found.environment_risks().loc["a", "pooled fit"] == pytest.approx(
        (CODES[SITE == "a"] == 0).mean() / CODES.var(ddof=1)
    )


def test_shuffled_rows_change_no_digit(model):
    rows = np.random.default_rng(3).permutation(N)
    other = fitted(LABELS.iloc[rows], X.iloc[rows], SITE[rows], search="exhaustive")
    pd.testing.assert_frame_equal(other.risk_table_, model.risk_table_, check_exact=True)
    np.testing.assert_array_equal(other.predict_proba(X), model.predict_proba(X))
