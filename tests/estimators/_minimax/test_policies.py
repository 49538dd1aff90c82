"""Adversaries against tables of expected losses, where the worst value is a sum."""

import numpy as np
import pytest

from causalkit.estimators._minimax._distinct import distinct_rows
from causalkit.estimators._minimax._policies import COARSE, FINE, SMOOTH, SOFTNESS, value_policies
from causalkit.estimators._minimax._stages import Stage

N = 6000
LOSS = np.array([[1.0, 2.0, 0.5], [3.0, 1.0, 1.0], [0.0, 0.2, 4.0], [1.0, 1.0, 1.0]])
NATURAL = np.array([[0.5, 0.3, 0.2], [0.2, 0.4, 0.4], [0.4, 0.4, 0.2], [1 / 3, 1 / 3, 1 / 3]])


def stage_of(parents, codes, probability, centres, **changes):
    table = distinct_rows(parents)
    every = np.ones(probability.shape, dtype=bool)
    settings = {
        "own": table,
        "history": table,
        "is_nested": True,
        "earlier_weight": np.ones(len(codes)),
        "codes": codes,
        "n_levels": len(centres),
        "centres": centres,
        "probability": probability,
        "allowed": every,
        "supported": every,
    }
    return Stage(**{**settings, **changes})


@pytest.fixture(scope="module")
def one_stage():
    rng = np.random.default_rng(0)
    parent = rng.integers(4, size=N)
    codes = (rng.random(N)[:, None] > NATURAL[parent].cumsum(axis=1)[:, :-1]).sum(axis=1)
    loss = LOSS[parent, codes] + 0.5 * rng.normal(size=N)
    stage = stage_of(parent[:, None].astype(float), codes, NATURAL[parent], np.arange(3.0))
    return parent, loss, stage, rng.random(N) < 0.5


@pytest.mark.parametrize("surface", [FINE, COARSE, SMOOTH], ids=["fine", "coarse", "smooth"])
def test_the_hard_policy_reaches_the_worst_case(one_stage, surface):
    parent, loss, stage, train = one_stage
    found = value_policies(loss, [stage], train, surface)
    worst = LOSS.max(axis=1)[parent].mean()
    error = found.terms[:, 0].std() / np.sqrt(len(found.terms))
    assert abs(found.terms[:, 0].mean() - worst) < 3.5 * error
    chosen = found.choices[0][:, :, 0].argmax(axis=1)
    held = parent[~train]
    assert (chosen == LOSS[held].argmax(axis=1))[held < 3].all()


def test_the_natural_policy_is_worth_the_mean_loss(one_stage):
    _, loss, stage, train = one_stage
    found = value_policies(loss, [stage], train, FINE)
    assert np.isinf(SOFTNESS[-1])
    assert found.terms[:, -1].mean() == pytest.approx(loss[~train].mean(), abs=0.03)
    assert found.terms[:, -1].std() < loss[~train].std()
    np.testing.assert_allclose(found.choices[0][:, :, -1], stage.probability[~train], atol=1e-6)


def test_softer_policies_are_worth_less_and_are_laws(one_stage):
    _, loss, stage, train = one_stage
    found = value_policies(loss, [stage], train, FINE)
    assert (np.diff(found.terms.mean(axis=0)) < 0.01).all()
    np.testing.assert_allclose(found.choices[0].sum(axis=1), 1)


def test_the_value_is_right_where_the_surface_is_wrong(one_stage):
    """Doubly robust: a surface learned from noise has policies that are valued without bias all the same."""
    parent, loss, stage, train = one_stage
    wrong = np.where(train, np.random.default_rng(1).normal(size=N), loss)
    found = value_policies(wrong, [stage], train, FINE)
    truth = (found.choices[0][:, :, 1] * LOSS[parent[~train]]).sum(axis=1).mean()
    error = found.terms[:, 1].std() / np.sqrt(len(found.terms))
    assert abs(found.terms[:, 1].mean() - truth) < 3.5 * error


def test_values_that_are_not_allowed_are_not_chosen(one_stage):
    parent, loss, stage, train = one_stage
    allowed = np.ones((N, 3), dtype=bool)
    allowed[parent == 2, 2] = False
    limited = stage_of(
        stage.own.table(), stage.codes, stage.probability, stage.centres, allowed=allowed, supported=allowed
    )
    found = value_policies(loss, [limited], train, FINE)
    assert found.choices[0][parent[~train] == 2, 2].max() == 0


def test_a_value_beyond_the_range_is_valued_by_a_straight_line():
    rng = np.random.default_rng(2)
    parent, codes = rng.normal(size=N), rng.integers(14, size=N)
    centres = np.linspace(0, 1, 14)
    loss = 1 + centres[codes] + 0.1 * rng.normal(size=N)
    probability = np.hstack([np.full((N, 14), 1 / 14), np.zeros((N, 1))])
    supported = probability > 0
    stage = stage_of(
        parent[:, None],
        codes,
        probability,
        np.r_[centres, 2.0],
        n_levels=14,
        supported=supported,
    )
    found = value_policies(loss, [stage], rng.random(N) < 0.5, FINE)
    assert found.terms[:, 0].mean() == pytest.approx(3, abs=0.3)
    assert found.choices[0][:, 14, 0].mean() > 0.99


@pytest.fixture(scope="module")
def two_stages():
    """A loss of (y, m1, m2); the second decision sees what the first saw, or only m1."""
    rng = np.random.default_rng(3)
    table = rng.random((3, 2, 2)) * 3
    y, m1, m2 = rng.integers(3, size=N), rng.integers(2, size=N), rng.integers(2, size=N)
    loss = table[y, m1, m2] + 0.3 * rng.normal(size=N)
    half = np.full((N, 2), 0.5)
    values = np.arange(2.0)
    first = stage_of(y[:, None].astype(float), m1, half, values)
    return table, y, m1, m2, loss, first, half, values


def test_two_decisions_in_sequence(two_stages):
    table, y, m1, m2, loss, first, half, values = two_stages
    second = stage_of(np.column_stack([y, m1]).astype(float), m2, half, values)
    train = np.random.default_rng(4).random(N) < 0.5
    found = value_policies(loss, [first, second], train, FINE)
    worst = table.max(axis=(1, 2)).mean()
    error = found.terms[:, 0].std() / np.sqrt(len(found.terms))
    assert abs(found.terms[:, 0].mean() - worst) < 3.5 * error + 0.02


def test_a_second_decision_that_sees_less(two_stages):
    table, y, m1, m2, loss, first, half, values = two_stages
    own, history = (distinct_rows(np.column_stack(c).astype(float)) for c in ([m1], [y, m1]))
    second = stage_of(m1[:, None].astype(float), m2, half, values, own=own, history=history, is_nested=False)
    train = np.random.default_rng(4).random(N) < 0.5
    found = value_policies(loss, [first, second], train, FINE)
    picks = found.choices[1][:, :, 0].argmax(axis=1)
    for level in (0, 1):
        assert len(set(picks[m1[~train] == level])) == 1
    later = table.mean(axis=0).argmax(axis=1)  # the worst m2 for each m1 where m1 is random
    expected = np.stack([table[:, a, later[a]] for a in (0, 1)], axis=1).max(axis=1).mean()
    error = found.terms[:, 0].std() / np.sqrt(len(found.terms))
    assert abs(found.terms[:, 0].mean() - expected) < 3.5 * error + 0.02
