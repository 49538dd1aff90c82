"""Names and regressors of the final stage, and when forest and network are fitted."""

from functools import partial
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge

from causalkit.estimators import _final_models
from causalkit.estimators._effect_models import Candidate, RegressorEffect
from causalkit.estimators._engine import Engine
from causalkit.estimators._final_models import (
    BY_SIZE,
    NETWORK_ROWS,
    PSEUDO_OUTCOME_STACK,
    STACK,
    final_candidates,
    listed_models,
    pseudo_outcome_fits,
)
from causalkit.nuisance._defaults import NETWORKS
from causalkit.nuisance._graph_models import GraphRegressor

Residuals = tuple[np.ndarray, np.ndarray]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("stack", [*STACK, BY_SIZE]),
        ("constant", []),
        ("additive", ["additive"]),
        (["additive", "stack", "constant"], [*STACK, BY_SIZE]),
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


def test_networks_by_name_stand_beside_the_stack() -> None:
    assert listed_models(["stack", *NETWORKS]) == [*STACK, BY_SIZE, *NETWORKS]
    assert listed_models(["gcn", "gcn"]) == ["gcn"]


def test_pseudo_outcomes_have_no_residuals() -> None:
    assert listed_models("stack", PSEUDO_OUTCOME_STACK) == ["additive", "pairs", "forest", BY_SIZE]
    with pytest.raises(
        ValueError, match=r"final_model must be a regressor, a list, or one of .* got 'residual'"
    ):
        listed_models("residual", PSEUDO_OUTCOME_STACK, weighted=False)


@pytest.mark.parametrize(
    "bad", ["boosting", 3, None, LogisticRegression(), [Ridge(), "no such model"], Ridge]
)
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


def candidate(name: str, effect: np.ndarray) -> Candidate:
    return Candidate(name, RegressorEffect(None), effect)


def grown(monkeypatch: pytest.MonkeyPatch, forest: np.ndarray) -> list[str]:
    """Stand in for the forest; what comes back fills with what was grown."""
    calls: list[str] = []

    def grow(*_: Any, **__: Any) -> Candidate:
        calls.append("forest")
        return candidate("forest", forest)

    def trial(*_: Any, **__: Any) -> tuple[np.ndarray, np.ndarray]:
        calls.append("trial")
        rows = np.arange(0, len(forest), 2)
        return rows, forest[rows]

    monkeypatch.setattr(_final_models, "forest_candidate", grow)
    monkeypatch.setattr(_final_models, "forest_trial", trial)
    return calls


def test_forest_that_earns_no_weight_in_a_trial_is_skipped(
    engine: Engine, world: Any, residuals: Residuals, monkeypatch: pytest.MonkeyPatch
) -> None:
    truth = world.cate / engine.data.scale
    calls = grown(monkeypatch, np.random.default_rng(0).normal(truth.mean(), 1, len(truth)))
    joint = {"additive": candidate("additive", truth)}
    found = final_candidates(["additive", "forest"], engine, joint, *residuals, n_jobs=None, seed=0)
    assert [c.name for c in found.fitted] == ["additive"]
    assert "trial" in found.skipped["forest"]
    assert calls == ["trial"]


def test_forest_that_earns_weight_is_grown_in_full(
    engine: Engine, world: Any, residuals: Residuals, monkeypatch: pytest.MonkeyPatch
) -> None:
    truth = world.cate / engine.data.scale
    calls = grown(monkeypatch, truth)
    joint = {"additive": candidate("additive", np.full(len(truth), truth.mean()))}
    found = final_candidates(["additive", "forest"], engine, joint, *residuals, n_jobs=None, seed=0)
    assert [c.name for c in found.fitted] == ["additive", "forest"]
    assert calls == ["trial", "forest"]


def test_forest_alone_needs_no_trial(
    engine: Engine, residuals: Residuals, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = grown(monkeypatch, np.zeros(engine.data.n_rows))
    found = final_candidates(["forest"], engine, {}, *residuals, n_jobs=None, seed=0)
    assert [c.name for c in found.fitted] == ["forest"]
    assert calls == ["forest"]


def test_engine_s_candidates_for_a_pseudo_outcome(engine: Engine, world: Any) -> None:
    rng = np.random.default_rng(0)
    truth = world.cate / engine.data.scale
    phi = truth + rng.normal(size=len(truth))
    given = pseudo_outcome_fits(["pairs", "additive", "forest"], engine, phi)
    assert list(given) == ["additive", "pairs"]
    for one in given.values():
        assert np.mean((one.held_out - truth) ** 2) < 0.25 * truth.var()
    found = final_candidates(["forest", "additive", Ridge()], engine, given, phi, None, n_jobs=None, seed=0)
    assert {*(c.name for c in found.fitted), *found.skipped} == {"additive", "Ridge", "forest"}


class TestNetworkBySize:
    """The stack tries two networks from 5,000 units on, and fits an ensemble where they earn a weight."""

    @pytest.fixture
    def names(self, engine: Engine, residuals: Residuals, monkeypatch: pytest.MonkeyPatch) -> Any:
        def run(models: list[Any], *, n_units: int, worth_it: bool) -> tuple[list[str], dict[str, str]]:
            monkeypatch.setattr(
                _final_models, "NETWORK_ROWS", -(-NETWORK_ROWS * engine.data.n_rows // n_units)
            )
            monkeypatch.setattr(_final_models, "earns_weight", lambda *given: worth_it)
            cheap = partial(GraphRegressor, penalty_factors=(1.0,), max_epochs=2)
            monkeypatch.setattr(
                _final_models,
                "_network",
                lambda name, n_hops, seed, n_members=1: cheap(
                    name, n_hops=n_hops, n_members=n_members, random_state=seed
                ),
            )
            found = final_candidates(models, engine, {}, *residuals, n_jobs=None, seed=0)
            return [c.name for c in found.fitted], found.skipped

        return run

    def test_few_units(self, names: Any) -> None:
        assert names(["residual", BY_SIZE], n_units=4_999, worth_it=True) == (["residual"], {})

    def test_many_units(self, names: Any) -> None:
        assert names(["residual", BY_SIZE], n_units=5_000, worth_it=True) == (["residual", "sign"], {})

    def test_a_trial_that_earns_nothing(self, names: Any) -> None:
        fitted, skipped = names(["residual", BY_SIZE], n_units=5_000, worth_it=False)
        assert fitted == ["residual"]
        assert skipped == {"sign": "a trial of two networks earned no weight"}

    def test_on_request_there_is_no_trial(self, names: Any) -> None:
        fitted, skipped = names(["residual", BY_SIZE, "sign"], n_units=5_000, worth_it=False)
        assert fitted == ["residual", "sign"]
        assert skipped == {}
