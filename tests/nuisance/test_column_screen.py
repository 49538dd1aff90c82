"""Which of many columns get functions of their own: against a dense oracle, fold by fold."""

import numpy as np
import pytest
from sklearn.metrics import r2_score

from causalkit.nuisance import HopAdditiveRegressor, _column_screen
from causalkit.nuisance._column_screen import screen_columns

N_ROWS, N_FOLDS = 900, 3


@pytest.fixture
def groups():
    rng = np.random.default_rng(0)
    return [rng.normal(3, 2, size=(N_ROWS, d)).astype(np.float32) for d in (30, 20)]


@pytest.fixture
def fold():
    return np.random.default_rng(1).integers(0, N_FOLDS, N_ROWS)


@pytest.fixture
def targets(groups):
    """Linear in column 4, quadratic in column 37; the second target follows column 12."""
    noise = np.random.default_rng(2).normal(size=(N_ROWS, 2))
    first = 0.5 * groups[0][:, 4] + 0.3 * (groups[1][:, 7] - 3) ** 2
    r = np.column_stack([first, groups[0][:, 12]]) + noise
    return ((r - r.mean(axis=0)) / r.std(axis=0)).astype(np.float32)


def test_few_columns_all_stay(groups, targets, fold):
    assert screen_columns(groups, targets, fold, N_FOLDS, limit=50) is None


def test_planted_columns_are_chosen_in_every_fold(groups, targets, fold):
    chosen = screen_columns(groups, targets, fold, N_FOLDS, limit=3)
    assert chosen.shape == (N_FOLDS + 1, 50)
    assert [np.flatnonzero(row).tolist() for row in chosen] == [[4, 12, 37]] * (N_FOLDS + 1)


def test_choice_is_that_of_the_formula(groups, targets, fold):
    z = np.hstack(groups).astype(np.float64)
    z = (z - z.mean(axis=0)) / z.std(axis=0)
    r = targets.astype(np.float64)
    statistic = ((r.T @ z) ** 2 + (r.T @ (z**2 - 1)) ** 2 / 2) / (r**2).sum(axis=0)[:, None]
    best = np.sort(np.argsort(-statistic.max(axis=0))[:20])
    chosen = screen_columns(groups, targets, fold, N_FOLDS, limit=20)
    assert np.flatnonzero(chosen[-1]).tolist() == best.tolist()


def test_one_fold_has_one_choice(groups, targets):
    assert screen_columns(groups, targets, np.zeros(N_ROWS, np.intp), 1, limit=5).shape == (1, 50)


def test_a_folds_own_rows_have_no_part_in_its_choice(groups, targets, fold):
    wild = targets.copy()
    wild[fold == 1] = 50 * groups[0][fold == 1, :1]
    before, after = (screen_columns(groups, r, fold, N_FOLDS, limit=3) for r in (targets, wild))
    np.testing.assert_array_equal(before[1], after[1])
    assert after[-1, 0] and after[0, 0] and not before[-1, 0]


def test_row_blocks_do_not_matter(groups, targets, fold, monkeypatch):
    whole = screen_columns(groups, targets, fold, N_FOLDS, limit=10)
    monkeypatch.setattr(_column_screen, "_ROWS_AT_ONCE", 901)
    np.testing.assert_array_equal(screen_columns(groups, targets, fold, N_FOLDS, limit=10), whole)


def test_missing_constant_and_empty_columns_are_last(groups, targets, fold):
    groups[0][:, 0], groups[0][:, 1] = 7.0, np.nan
    groups[0][::3, 4] = np.nan
    chosen = screen_columns(groups, targets, fold, N_FOLDS, limit=48)
    assert not chosen[:, :2].any() and chosen[:, 4].all()


def test_a_regression_finds_its_columns_among_hundreds_and_leaks_nothing():
    rng = np.random.default_rng(3)
    X, fold = rng.normal(size=(500, 150)), np.arange(500) % 5
    signal = 1.5 * np.sin(1.5 * X[:, 140]) + X[:, 3]
    y = signal + 0.4 * rng.normal(size=500)
    model = HopAdditiveRegressor(random_state=0).fit(X, y)
    assert r2_score(signal, model.predict(X)) > 0.9 and r2_score(signal, model.out_of_fold(fold)) > 0.85
    smooth = model.block_variances_.query("kind == 'smooth'")
    assert len(smooth) == 80 and {"x3", "x140"} <= {*smooth["feature"]}
    shuffled = rng.permutation(y)
    assert r2_score(shuffled, HopAdditiveRegressor(random_state=0).fit(X, shuffled).out_of_fold(fold)) <= 0.02
