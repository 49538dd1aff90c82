"""The shared pass over the rows: sums by fold and arm against the explicit design, folds kept apart."""

from collections.abc import Callable

import numpy as np
import pytest

from causalkit.estimators._engine import EFFECT, OUTCOME, TREATMENT, Engine, joint_moments

MakeEngine = Callable[..., Engine]


def explicit_design(engine: Engine) -> np.ndarray:
    return engine.design.rows(0, engine.data.n_rows).astype(np.float64)


def test_joint_moments_are_those_of_the_explicit_design(engine: Engine) -> None:
    rng = np.random.default_rng(0)
    columns = np.arange(engine.design.n_columns)
    mu, tau = rng.permutation(columns)[:30], rng.permutation(columns)[:20]
    t, share = engine.data.treatment, engine.data.treated_share
    design, y = explicit_design(engine), engine.data.outcome
    joint = np.hstack([design[:, mu], (t - share)[:, None] * design[:, tau]])
    for k, moments in enumerate(joint_moments(engine.sums, mu, tau, (-share, 1 - share))):
        rows = engine.data.fold == k
        scale = np.abs(joint[rows].T @ joint[rows]).max()
        np.testing.assert_allclose(moments.gram, joint[rows].T @ joint[rows], atol=1e-6 * scale)
        np.testing.assert_allclose(moments.moment, joint[rows].T @ y[rows], atol=1e-6 * scale)
        assert moments.y2 == pytest.approx(y[rows] @ y[rows], rel=1e-5)
        assert moments.n_rows == rows.sum()


def test_a_contrast_that_ignores_the_arms_gives_the_plain_gram_matrix(engine: Engine) -> None:
    columns = np.arange(engine.design.n_columns)
    design = explicit_design(engine)
    parts = joint_moments(engine.sums, columns, columns, (1.0, 1.0))
    gram = sum(part.gram for part in parts)
    expected = np.tile(design.T @ design, (2, 2))
    np.testing.assert_allclose(gram, expected, atol=1e-5 * np.abs(expected).max())


def test_arm_strata_tell_fold_and_arm(engine: Engine) -> None:
    strata = engine.data.arm_strata
    np.testing.assert_array_equal(strata // 2, engine.data.fold)
    np.testing.assert_array_equal(strata % 2, engine.data.treatment)
    np.testing.assert_array_equal(engine.sums.n_rows, np.bincount(strata))


def test_targets_are_standardised(engine: Engine) -> None:
    for which in (OUTCOME, TREATMENT):
        assert engine.target(which).mean() == pytest.approx(0, abs=1e-12)
        assert engine.target(which).std() == pytest.approx(1)


def test_held_out_predictions_do_not_see_the_fold(make_engine: MakeEngine, engine: Engine) -> None:
    # Replacing a fold's outcomes moves all predictions but those of the fold itself.
    changed = make_engine()
    rows = changed.data.fold == 2
    changed.data.outcome[rows] = np.random.default_rng(0).normal(size=rows.sum())
    changed.__post_init__()
    for before, after in (
        (engine.additive_held_out[OUTCOME], changed.additive_held_out[OUTCOME]),
        (engine.paired_held_out[OUTCOME], changed.paired_held_out[OUTCOME]),
    ):
        own, others = np.abs(after - before)[rows].max(), np.abs(after - before)[~rows].max()
        assert own < 0.15 * others


def test_folds_choose_their_pairs_without_their_own_rows(make_engine: MakeEngine, engine: Engine) -> None:
    changed = make_engine()
    rows = changed.data.fold == 1
    changed.data.outcome[rows] = 5 * np.random.default_rng(0).normal(size=rows.sum())
    changed.__post_init__()
    assert len(changed.choices[OUTCOME]) == changed.data.n_folds + 1
    assert changed.choices[TREATMENT][1] == engine.choices[TREATMENT][1]


def test_pairs_find_a_product_in_the_outcome(make_engine: MakeEngine) -> None:
    engine = make_engine(n_pairs=3)
    own, means = engine.data.groups
    engine.data.outcome[:] = own[:, 2] * means[:, 3]
    engine.data.outcome[:] /= engine.data.outcome.std()
    engine.__post_init__()
    blocks = engine.basis.blocks
    best = engine.choices[OUTCOME][-1][0]
    assert [(blocks[i].hop, blocks[i].feature) for i in best] == [(0, 2), (1, 3)]
    error = np.mean((engine.target(OUTCOME) - engine.paired_held_out[OUTCOME]) ** 2)
    assert error < 0.2 < np.mean((engine.target(OUTCOME) - engine.additive_held_out[OUTCOME]) ** 2)


def test_blocks_of_a_target_are_main_blocks_and_its_own_pairs(engine: Engine) -> None:
    for which in (OUTCOME, TREATMENT, EFFECT):
        blocks, allowed = engine.blocks_of(which)
        chosen = {pair for choice in engine.choices[which] for pair in choice}
        assert len(blocks) == engine.n_main + len(chosen)
        assert {engine.pairs[i - engine.n_main] for i in blocks[engine.n_main :]} == chosen
        assert allowed.shape == (engine.data.n_folds + 1, len(blocks))
        assert allowed[:, : engine.n_main].all()


def test_no_pairs(make_engine: MakeEngine) -> None:
    engine = make_engine(n_pairs=0)
    assert engine.pairs == []
    blocks, _ = engine.blocks_of(EFFECT)
    np.testing.assert_array_equal(blocks, np.arange(engine.n_main))
