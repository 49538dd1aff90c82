"""Names and regressors of the final stage, and when the forest is grown."""

from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge

from causalkit.estimators import _final_models
from causalkit.estimators._candidates import Candidate, RegressorEffect
from causalkit.estimators._engine import Engine
from causalkit.estimators._final_models import STACK, final_candidates, listed_models

Residuals = tuple[np.ndarray, np.ndarray]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("stack", list(STACK)),
        ("constant", []),
        ("additive", ["additive"]),
        (["additive", "stack", "constant"], list(STACK)),
        ([], []),
        (("forest", "additive"), ["forest", "additive"]),
    ],
)
def test_names(given: Any, expected: list[str]) -> None:
    assert listed_models(given) == expected


def test_regressors_follow_the_names() -> None:
    ridge, forest = Ridge(), RandomForestRegressor()
    assert listed_models([ridge, "residual", forest]) == ["residual", ridge, forest]
    assert listed_models(ridge) == [ridge]


@pytest.mark.parametrize("bad", ["boosting", 3, None, LogisticRegression(), [Ridge(), "no such model"]])
def test_unknown_models(bad: Any) -> None:
    got = bad[-1] if isinstance(bad, list) else bad
    with pytest.raises(ValueError, match=r"final_model must be a regressor .* or one of 'additive'") as info:
        listed_models(bad)
    assert str(info.value).endswith(f"got {got!r}")


def test_regressors_of_one_class_are_numbered(engine: Engine, residuals: Residuals) -> None:
    models = [Ridge(), RandomForestRegressor(5, random_state=0), Ridge(alpha=50)]
    found = final_candidates(models, engine, {}, *residuals, n_jobs=None, seed=0)
    assert [c.name for c in found.fitted] == ["Ridge", "RandomForestRegressor", "Ridge 2"]
    assert found.skipped == {}


def candidate(effect: np.ndarray) -> Candidate:
    return Candidate("additive", RegressorEffect(None), effect, effect)


def grown(monkeypatch: pytest.MonkeyPatch, forest: np.ndarray) -> list[int]:
    """Stand in for the forest; what comes back fills with the numbers of trees that were grown."""
    trees: list[int] = []

    def grow(*_: Any, n_trees: int, **__: Any) -> Candidate:
        trees.append(n_trees)
        return Candidate("forest", RegressorEffect(None), forest, forest)

    monkeypatch.setattr(_final_models, "forest_candidate", grow)
    return trees


def test_forest_that_earns_no_weight_in_a_trial_is_skipped(
    engine: Engine, world: Any, residuals: Residuals, monkeypatch: pytest.MonkeyPatch
) -> None:
    truth = world.cate / engine.data.scale
    trees = grown(monkeypatch, np.random.default_rng(0).normal(truth.mean(), 1, len(truth)))
    joint = {"additive": candidate(truth)}
    found = final_candidates(["additive", "forest"], engine, joint, *residuals, n_jobs=None, seed=0)
    assert [c.name for c in found.fitted] == ["additive"]
    assert "trial with 24 trees" in found.skipped["forest"]
    assert trees == [24]


def test_forest_that_earns_weight_is_grown_in_full(
    engine: Engine, world: Any, residuals: Residuals, monkeypatch: pytest.MonkeyPatch
) -> None:
    truth = world.cate / engine.data.scale
    trees = grown(monkeypatch, truth)
    joint = {"additive": candidate(np.full(len(truth), truth.mean()))}
    found = final_candidates(["additive", "forest"], engine, joint, *residuals, n_jobs=None, seed=0)
    assert [c.name for c in found.fitted] == ["additive", "forest"]
    assert trees == [24, 100]


def test_forest_alone_needs_no_trial(
    engine: Engine, residuals: Residuals, monkeypatch: pytest.MonkeyPatch
) -> None:
    trees = grown(monkeypatch, np.zeros(engine.data.n_rows))
    found = final_candidates(["forest"], engine, {}, *residuals, n_jobs=None, seed=0)
    assert [c.name for c in found.fitted] == ["forest"]
    assert trees == [100]
