"""Relevance of columns and hops is that of the engine's candidate with the smallest loss."""

import numpy as np
import pytest
from sklearn.utils import Bunch

from causalkit.estimators._effect_models import Candidate, LinearEffect, RegressorEffect
from causalkit.estimators._effect_relevance import relevance
from causalkit.estimators._engine import Engine
from causalkit.nuisance._hops import HopLayout


def on_block(engine: Engine, i: int) -> LinearEffect:
    weights = np.zeros((engine.design.n_columns, 1))
    weights[engine.design.columns_of([i])] = 1
    return LinearEffect(weights, weights[None], np.zeros((len(weights), 1)))


@pytest.fixture
def layout(world: Bunch) -> HopLayout:
    return HopLayout.of(world.X.to_numpy(), list(world.X.columns), 1)


def test_the_best_of_the_engine_s_candidates_counts(engine: Engine, layout: HopLayout) -> None:
    names = [layout.column_name(b.hop, b.feature) for b in engine.basis.blocks if b.feature >= 0]
    nothing = np.zeros(engine.data.n_rows)
    candidates = [
        Candidate("worse", on_block(engine, 1), nothing),
        Candidate("better", on_block(engine, 3), nothing),
        Candidate("no engine", RegressorEffect(None), nothing),
    ]
    losses = {"worse": 2.0, "better": 1.0, "no engine": 0.1}
    features, hops, pairs = relevance(candidates, losses, engine.design, layout)
    assert features.index[0] == names[2]
    assert features.iloc[0] == pytest.approx(1)
    assert hops[str(engine.basis.blocks[2].hop)] == pytest.approx(1)
    assert pairs.empty


def test_nothing_without_the_engine(engine: Engine, layout: HopLayout) -> None:
    candidates = [Candidate("x", RegressorEffect(None), np.zeros(engine.data.n_rows))]
    features, hops, pairs = relevance(candidates, {"x": 1.0}, engine.design, layout)
    assert features.sum() == hops.sum() == 0
    assert pairs.empty
