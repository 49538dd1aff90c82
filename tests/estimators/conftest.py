"""A small world, laid out as the learners see it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils import Bunch

from causalkit.datasets import make_network_cate
from causalkit.estimators import GraphRLearner
from causalkit.estimators._engine import EffectData, Engine
from causalkit.estimators._nodes import Units
from causalkit.nuisance._blocks import HopBasis
from causalkit.nuisance._hops import HopLayout

MakeEngine = Callable[..., Engine]


@pytest.fixture(scope="session")
def world() -> Bunch:
    """500 nodes whose effect is 2 + 1.5 sin(neighbours' mean of x0)."""
    return make_network_cate(500, n_features=4, overlap=1.5, noise=0.5, random_state=1)


@pytest.fixture(scope="session")
def make_engine(world: Bunch) -> MakeEngine:
    """Make an engine for the world; `fold` is i mod 4 unless given."""

    def make(*, n_pairs: int = 4, n_fourier: int = 10, fold: np.ndarray | None = None) -> Engine:
        X = world.X.to_numpy()
        layout = HopLayout.of(X, list(world.X.columns), 1)
        groups = layout.groups(X, world.graph)
        fold = np.arange(len(X)) % 4 if fold is None else fold
        y = world.y.to_numpy()
        data = EffectData(
            groups,
            (y - y.mean()) / y.std(),
            float(y.std()),
            world.treatment.to_numpy(dtype=float),
            fold.astype(np.intp),
            int(fold.max()) + 1,
            Units(world.X, world.graph),
        )
        basis = HopBasis(n_fourier=n_fourier).fit(groups, np.random.default_rng(0))
        return Engine(data, n_pairs, None, basis)

    return make


@pytest.fixture(scope="session")
def engine(make_engine: MakeEngine) -> Engine:
    """The world's engine; tests read it and leave it as it is."""
    return make_engine()


@pytest.fixture(scope="session")
def residuals(engine: Engine) -> tuple[np.ndarray, np.ndarray]:
    """Outcome and treatment residuals of the engine's additive fits."""
    from causalkit.estimators._engine import OUTCOME, TREATMENT

    t = engine.data.treatment
    outcome = engine.data.outcome - engine.additive_held_out[OUTCOME]
    treatment = t - (engine.additive_held_out[TREATMENT] * t.std() + t.mean()).clip(0.02, 0.98)
    return outcome, treatment


def cheap_learner(**settings: object) -> GraphRLearner:
    """A learner that fits in a tenth of a second."""
    given: dict[str, object] = {
        "outcome_model": "additive",
        "treatment_model": "additive",
        "final_model": "additive",
        "n_pairs": 0,
        "n_fourier": 0,
        "random_state": 0,
    }
    return GraphRLearner(**{**given, **settings})  # type: ignore[arg-type]


class NeighbourRegressor(RegressorMixin, BaseEstimator):
    """Least squares on columns, their neighbours' means and products of the own columns with all of these.

    Own columns enter no mean.
    """

    def __init__(self, own_columns: Any = None) -> None:
        self.own_columns = own_columns

    def fit(self, X: Any, y: Any, *, graph: Any = None, sample_weight: Any = None) -> "NeighbourRegressor":
        design, weight = self._design(X, graph), np.ones(len(X)) if sample_weight is None else sample_weight
        gram = (design * weight[:, None]).T @ design
        moment = design.T @ (weight * y)
        self.weights_ = np.linalg.solve(gram + 1e-3 * np.eye(len(gram)), moment)
        return self

    def predict(self, X: Any, *, graph: Any = None) -> np.ndarray:
        return self._design(X, graph) @ self.weights_

    def _design(self, X: Any, graph: Any) -> np.ndarray:
        names = list(X.columns) if hasattr(X, "columns") else list(range(X.shape[1]))
        own = [names.index(c) if isinstance(c, str) else c for c in self.own_columns or []]
        values = np.asarray(X, dtype=float)
        means = graph.random_walk() @ np.delete(values, own, axis=1)
        columns = np.hstack([np.ones((len(values), 1)), values, means])
        products = [values[:, [j]] * np.hstack([np.delete(values, own, axis=1), means]) for j in own]
        return np.hstack([columns, *products])


@pytest.fixture(scope="session")
def neighbour_regressor() -> type[NeighbourRegressor]:
    """A model that reads a graph and can keep columns from it."""
    return NeighbourRegressor


@pytest.fixture(scope="session")
def make_learner() -> Callable[..., GraphRLearner]:
    """Make a learner with cheap settings, unless others are given."""
    return cheap_learner


@pytest.fixture(scope="session")
def fitted(world: Bunch) -> GraphRLearner:
    """The cheap learner fitted to the world; tests read it and leave it as it is."""
    return cheap_learner().fit(world.X, world.y, treatment=world.treatment, graph=world.graph)
