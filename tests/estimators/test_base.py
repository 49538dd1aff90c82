"""The base of the learners: what a new learner must say, and what it gets for that."""

from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.utils import Bunch

from causalkit.estimators._base import NetworkEffectLearner
from causalkit.estimators._effect_fit import EffectFit
from causalkit.estimators._engine import Engine
from causalkit.estimators._final_stage import stack_candidates
from causalkit.estimators._nuisances import Propensity


class ConstantLearner(NetworkEffectLearner):
    """The smallest learner: the outcome's mean as its nuisance, and one effect for all."""

    def __init__(
        self,
        outcome_model: Any = None,
        treatment_model: Any = "additive",
        cv: Any = 3,
        n_hops: int = 1,
        n_pairs: int = 0,
        n_fourier: int = 0,
        clip: float = 0.02,
        missing: str = "error",
        n_jobs: int | None = None,
        random_state: Any = 0,
    ) -> None:
        self.outcome_model = outcome_model
        self.treatment_model = treatment_model
        self.cv = cv
        self.n_hops = n_hops
        self.n_pairs = n_pairs
        self.n_fourier = n_fourier
        self.clip = clip
        self.missing = missing
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _check_models(self) -> None:
        if self.outcome_model is not None:
            raise ValueError(f"outcome_model must be None; got {self.outcome_model!r}")

    def _fit_effect(self, engine: Engine, propensity: Propensity) -> EffectFit:
        yr, tr = engine.data.outcome, engine.data.treatment - propensity.values
        nothing = {"nothing": np.zeros(len(yr))}
        return EffectFit([], stack_candidates([], yr, tr), yr, tr, nothing, {"nothing": 1.0}, (0.0, 0.0))


def fit(world: Bunch, **settings: Any) -> ConstantLearner:
    learner = ConstantLearner(**settings)
    return learner.fit(world.X, world.y, treatment=world.treatment, graph=world.graph)


def test_a_learner_is_its_models_and_its_effect(world: Bunch) -> None:
    learner = fit(world)
    yr, tr = learner.outcome_residuals_, learner.treatment_residuals_
    np.testing.assert_allclose(yr, world.y - world.y.mean())
    effect = (yr @ tr) / (tr @ tr)
    assert learner.constant_effect_ == pytest.approx(effect)
    np.testing.assert_allclose(learner.predict(world.X, graph=world.graph), effect)
    np.testing.assert_allclose(learner.out_of_fold_cate_, effect)
    assert learner.overlap_weighted_effect().estimate == pytest.approx(effect)
    assert learner.heterogeneity_test().gain == 0
    assert learner.graph_matters_test().n_groups > 1
    assert learner.score(world.X, world.y, treatment=world.treatment, graph=world.graph) == pytest.approx(0)


def test_models_are_checked_before_the_fit(world: Bunch) -> None:
    with pytest.raises(ValueError, match="outcome_model must be None; got 3"):
        fit(world, outcome_model=3)


def test_settings_are_checked_before_the_fit(world: Bunch) -> None:
    with pytest.raises(ValueError, match="n_hops must be an integer at least 0; got -1"):
        fit(world, n_hops=-1)


@pytest.mark.parametrize("method", ["heterogeneity_test", "graph_matters_test", "ate"])
def test_before_fit(method: str) -> None:
    with pytest.raises(NotFittedError):
        getattr(ConstantLearner(), method)()


def test_the_base_fits_no_effect(world: Bunch) -> None:
    class Nothing(ConstantLearner):
        _fit_effect = NetworkEffectLearner._fit_effect

    with pytest.raises(NotImplementedError):
        Nothing().fit(world.X, world.y, treatment=world.treatment, graph=world.graph)
