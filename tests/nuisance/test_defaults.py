"""Names to estimators."""

import pytest
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.linear_model import Lasso, LogisticRegression, Ridge
from sklearn.svm import LinearSVC

from causalkit.nuisance import GraphClassifier, GraphRegressor, HopAdditiveRegressor
from causalkit.nuisance._defaults import NETWORKS, resolve_model
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


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize(
    ("task", "kind"), [("regression", GraphRegressor), ("classification", GraphClassifier)]
)
def test_networks(name, task, kind):
    (model,) = resolve(name, task, n_hops=3).values()
    assert type(model) is kind and model.architecture == name
    assert (model.n_hops, model.missing, model.random_state) == (3, "flag", 7)
    changed = model.get_params().items() - kind().get_params().items()
    assert {key for key, _ in changed} <= {"architecture", "n_hops", "missing", "random_state"}


def test_reach_of_networks_without_hops_of_their_own():
    assert resolve("sage")["sage"].n_hops == 2
    assert resolve("sage", network_hops=1)["sage"].n_hops == 1
    assert resolve("sage", network_hops=1, n_hops=0)["sage"].n_hops == 0


def test_networks_beside_others():
    mine = GraphRegressor("gat")
    models = resolve(["stack", "sign", mine, "gcn"])
    assert list(models) == ["linear", "additive", "pairs", "boosting", "sign", "GraphRegressor", "gcn"]
    assert models["GraphRegressor"] is mine


@pytest.mark.parametrize(
    ("model", "task", "message"),
    [
        (
            "forest",
            "regression",
            "outcome_model must be an estimator, a list, or one of 'linear', .*'forest'",
        ),
        (
            "transformer",
            "classification",
            "one of .*'stack', 'sign', 'gcn', 'sage', 'gat', 'mlp'; got 'transformer'",
        ),
        (GraphRegressor(), "classification", "must be a classifier with predict_proba or a name; got Graph"),
        (GraphClassifier(), "regression", "must be a regressor or a name; got GraphClassifier"),
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
