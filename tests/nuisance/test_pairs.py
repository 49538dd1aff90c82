"""The screen for pairs of columns against a dense oracle, its level, and what a fold may see."""

import numpy as np
import pytest
from scipy.stats import chi2

from causalkit.nuisance import _gram
from causalkit.nuisance._blocks import HopBasis
from causalkit.nuisance._gram import Design, stratified_sums
from causalkit.nuisance._pairs import PairScreen

N_ROWS, N_FOLDS = 1500, 3


def make_design(n_rows=N_ROWS, d=6, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, d)).astype(np.float32)
    X[:, d // 6 :: 6] = X[:, d // 6 :: 6] > 0
    return Design([X], HopBasis(n_fourier=0).fit([X], rng))


def screen_of(design, residual, fold, weight=None, n_folds=N_FOLDS):
    scale = None if weight is None else np.sqrt(weight).astype(np.float32)
    zeros = np.zeros(design.n_rows, np.intp)
    gram = stratified_sums(design, residual, zeros, 1, row_scale=scale).gram[0]
    return PairScreen(design, gram, residual, fold, n_folds, weight=weight)


@pytest.fixture(scope="module")
def design():
    return make_design()


@pytest.fixture(scope="module")
def fold():
    return np.random.default_rng(1).integers(0, N_FOLDS, N_ROWS)


@pytest.fixture(scope="module")
def residual(design):
    X = design.groups[0]
    noise = np.random.default_rng(2).normal(size=N_ROWS)
    return np.column_stack([X[:, 0] * X[:, 2] + noise, X[:, 1] * X[:, 5] + noise]).astype(np.float32)


def statistics(design, r):
    """Score statistic of each pair: products of the two leading functions of a column, made orthonormal."""
    rows = design.rows(0, design.n_rows).astype(np.float64)
    leading = []
    for b in design.blocks[1:]:
        if b.kind not in ("smooth", "levels"):
            continue
        q = np.linalg.qr(rows[:, b.start : b.start + min(b.size, 2)])[0] * np.sqrt(len(rows))
        leading.append(q)
    out = {}
    for i, left in enumerate(leading):
        for j in range(i + 1, len(leading)):
            products = (left[:, :, None] * leading[j][:, None, :]).reshape(len(rows), -1)
            out[i, j] = ((products.T @ r) ** 2).sum() / (r @ r)
    return out


def test_statistic_is_the_dense_one(design, residual, fold):
    screen = screen_of(design, residual, fold)
    for target in (0, 1):
        expected = statistics(design, residual[:, target].astype(np.float64))
        p = len(screen.positions)
        total = screen._sums[:, target].sum(axis=0).reshape(p, 2, p, 2)
        ours = (total**2).sum(axis=(1, 3)) / screen._squares[:, target].sum()
        np.testing.assert_allclose([ours[pair] for pair in expected], list(expected.values()), rtol=1e-3)


def test_planted_products_are_found(design, residual, fold):
    screen = screen_of(design, residual, fold)
    by_feature = [design.basis.blocks[i].feature for i in screen.positions]
    for target, expected in ((0, (0, 2)), (1, (1, 5))):
        for choice in screen.choices(target, 1):
            assert [tuple(by_feature[i] for i in pair) for pair in choice] == [expected]


@pytest.mark.parametrize(("n_rows", "level"), [(300, 0.01), (5000, 0.01), (20_000, 0.0025)])
def test_level_is_one_percent_and_smaller_for_many_rows(n_rows, level):
    screen = screen_of(
        make_design(n_rows, d=2), np.ones((n_rows, 1), np.float32), np.zeros(n_rows, np.intp), n_folds=1
    )
    assert screen._threshold == pytest.approx(chi2(4).isf(level))


def test_about_one_percent_of_pairs_pass_by_chance():
    design = make_design(2000, d=30, seed=3)
    noise = np.random.default_rng(4).normal(size=(2000, 8)).astype(np.float32)
    screen = screen_of(design, noise, np.zeros(2000, np.intp), n_folds=1)
    n_tests = 8 * 30 * 29 / 2
    passed = sum(len(screen.choose(j, [0], 1000)) for j in range(8))
    assert abs(passed / n_tests - 0.01) < 4 * np.sqrt(0.01 * 0.99 / n_tests)


def test_best_come_first_and_no_more_than_asked_for(design, residual, fold):
    screen = screen_of(design, residual, fold)
    all_of_them = screen.choose(0, range(N_FOLDS), 100)
    assert screen.choose(0, range(N_FOLDS), 2) == all_of_them[:2]
    assert screen.choose(0, range(N_FOLDS), 0) == []


def test_a_folds_own_rows_have_no_part_in_its_choice(design, residual, fold):
    changed = residual.copy()
    X = design.groups[0]
    changed[fold == 1] = (10 * X[fold == 1, 3] * X[fold == 1, 4])[:, None]
    before, after = (screen_of(design, r, fold).choices(0, 3) for r in (residual, changed))
    assert before[1] == after[1]
    assert before[-1] != after[-1] and before[0] != after[0]


def test_last_choice_is_of_all_rows(design, residual, fold):
    screen = screen_of(design, residual, fold)
    choices = screen.choices(0, 4)
    assert len(choices) == N_FOLDS + 1 and choices[-1] == screen.choose(0, range(N_FOLDS), 4)
    alone = screen_of(design, residual, np.zeros(N_ROWS, np.intp), n_folds=1)
    assert alone.choices(0, 4) == [choices[-1]]


def test_row_blocks_do_not_matter(residual, fold, monkeypatch):
    whole = screen_of(make_design(), residual, fold)
    monkeypatch.setattr(_gram, "_BLOCK_BYTES", 1)
    parts = screen_of(make_design(), residual, fold)
    np.testing.assert_allclose(whole._sums, parts._sums, rtol=1e-3, atol=0.05)


def test_whole_weights_are_repeated_rows(design, residual, fold):
    weight = np.random.default_rng(5).integers(0, 3, N_ROWS)
    weighted = screen_of(design, residual, fold, weight=weight.astype(float))
    more = design.at([np.repeat(g, weight, axis=0) for g in design.groups])
    repeated = screen_of(more, np.repeat(residual, weight, axis=0), np.repeat(fold, weight))
    np.testing.assert_allclose(weighted._squares, repeated._squares, rtol=1e-4)
    np.testing.assert_allclose(weighted._sums, repeated._sums, rtol=1e-3, atol=0.05)


def test_one_column_has_no_pair():
    design = make_design(200, d=1)
    r = np.ones((200, 1), np.float32)
    assert screen_of(design, r, np.zeros(200, np.intp), n_folds=1).choose(0, [0], 5) == []
