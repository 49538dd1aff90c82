"""Names to estimators."""

import pytest
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.linear_model import Lasso, LogisticRegression, Ridge
from sklearn.svm import LinearSVC

from causalkit.nuisance import HopAdditiveRegressor
from causalkit.nuisance._defaults import resolve_model
from causalkit.nuisance._linear_probability import LinearProbabilityClassifier


def resolve(model, task="regression", **settings):
    return resolve_model(model, task, name="outcome_model", seed=7, **settings)


def test_stack_is_all_four():
    assert list(resolve("stack")) == ["linear", "additive", "pairs", "boosting"]


def test_the_engine_stays_a_name_for_who_holds_its_gram_matrix():
    models = resolve("stack")
    assert models["additive"] == "additive" and models["pairs"] == "pairs"


def test_the_engine_is_an_estimator_otherwise():
    models = resolve(["additive", "pairs"], n_hops=3)
    assert isinstance(models["additive"], HopAdditiveRegressor)
    assert [m.n_pairs for m in models.values()] == [0, 12]
    assert {(m.n_hops, m.random_state, m.missing) for m in models.values()} == {(3, 7, "flag")}


def test_classifiers():
    models = resolve("stack", "classification", n_hops=2)
    assert isinstance(models["linear"][-1], LogisticRegression)
    assert isinstance(models["boosting"], LGBMClassifier)
    assert isinstance(models["pairs"], LinearProbabilityClassifier)
    assert models["pairs"].regressor.n_pairs == 12


def test_regressors():
    models = resolve("stack")
    assert isinstance(models["linear"][-1], Ridge) and isinstance(models["boosting"], LGBMRegressor)
    assert models["boosting"].random_state == 7


def test_lists_may_hold_names_and_estimators():
    mine = Ridge(2.0)
    models = resolve(["linear", mine, Ridge(3.0), Lasso()])
    assert list(models) == ["linear", "Ridge", "Ridge 2", "Lasso"] and models["Ridge"] is mine


def test_a_name_that_is_listed_twice_counts_once():
    assert list(resolve(["linear", "stack"])) == ["linear", "additive", "pairs", "boosting"]


@pytest.mark.parametrize(
    ("model", "task", "message"),
    [
        (
            "forest",
            "regression",
            "outcome_model must be an estimator, a list, or one of 'linear', .*'forest'",
        ),
        ([], "regression", "outcome_model must name at least one model; got an empty list"),
        (LogisticRegression(), "regression", r"must be a regressor or a name; got LogisticRegression\(\)"),
        (Ridge(), "classification", r"must be a classifier with predict_proba or a name; got Ridge\(\)"),
        (LinearSVC(), "classification", "must be a classifier with predict_proba or a name; got LinearSVC"),
        (Ridge, "regression", r"got <class .*Ridge'> \(an instance, such as Ridge\(\)\)"),
        (3, "regression", "must be a regressor or a name; got 3"),
        (None, "regression", "must be a regressor or a name; got None"),
    ],
)
def test_anything_else_is_an_error(model, task, message):
    with pytest.raises(ValueError, match=message):
        resolve(model, task)
