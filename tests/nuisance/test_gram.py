"""Sums over rows against a dense double-precision oracle, whatever the row blocks and threads."""

import numpy as np
import pytest

from causalkit.estimators._engine import joint_moments
from causalkit.nuisance import _gram
from causalkit.nuisance._blocks import HopBasis
from causalkit.nuisance._gram import Design, predict, predict_by_stratum, stratified_sums

N_ROWS, N_STRATA = 2500, 4


def make_design(n_rows=N_ROWS, seed=0, n_jobs=None):
    rng = np.random.default_rng(seed)
    groups = [rng.normal(size=(n_rows, d)).astype(np.float32) for d in (4, 2)]
    groups[0][:, 3] = rng.integers(0, 3, n_rows)
    basis = HopBasis(n_fourier=10).fit(groups, rng)
    given = {"given": rng.normal(size=(n_rows, 2)).astype(np.float32)}
    return Design(groups, basis, [(0, 1), (0, 3)], given, n_jobs)


@pytest.fixture(scope="module")
def design():
    return make_design()


@pytest.fixture(scope="module")
def targets():
    return np.random.default_rng(1).normal(size=(N_ROWS, 2)).astype(np.float32)


@pytest.fixture(scope="module")
def strata():
    return np.random.default_rng(2).integers(0, N_STRATA, N_ROWS)


@pytest.fixture
def tiny_blocks(monkeypatch):
    """1024 rows a block, and nothing kept between passes."""
    monkeypatch.setattr(_gram, "_BLOCK_BYTES", 1)
    monkeypatch.setattr(_gram, "_CACHE_BYTES", 0)


def dense(design):
    return design.rows(0, design.n_rows).astype(np.float64)


def assert_sums_equal(sums, rows, targets, strata, rtol=1e-5):
    for i in range(len(sums.n_rows)):
        d, v = rows[strata == i], targets[strata == i].astype(np.float64)
        size = np.sqrt(np.outer((d**2).sum(axis=0), (d**2).sum(axis=0)))
        assert np.abs(sums.gram[i] - d.T @ d).max() <= rtol * size.max()
        assert np.abs(sums.moment[i] - d.T @ v).max() <= rtol * len(d)
        np.testing.assert_allclose(sums.squares[i], (v**2).sum(axis=0), rtol=1e-6)
        assert sums.n_rows[i] == len(d)


class TestDesign:
    def test_columns_and_blocks_agree(self, design):
        assert [b.start for b in design.blocks[1:]] == [b.stop for b in design.blocks[:-1]]
        assert len(design.block_of_column) == design.n_columns == dense(design).shape[1]
        assert design.blocks[0].kind == "intercept" and (dense(design)[:, 0] == 1).all()

    def test_pair_columns_are_products_of_the_first_four_functions(self, design):
        rows = dense(design)
        pair = next(b for b in design.blocks if b.kind == "pair")
        left, right = (design.blocks[1 + i] for i in design.pairs[0])
        products = [rows[:, left.start + a] * rows[:, right.start + b] for a in range(4) for b in range(4)]
        np.testing.assert_allclose(rows[:, pair.start : pair.stop], np.column_stack(products), atol=1e-6)

    def test_given_columns_come_last(self, design):
        np.testing.assert_array_equal(dense(design)[:, -2:], design.given["given"])

    def test_columns_of_blocks_keep_the_order_asked_for(self, design):
        columns = design.columns_of([2, 0])
        assert columns.tolist() == [*range(design.blocks[2].start, design.blocks[2].stop), 0]

    def test_row_blocks_cover_every_row_once(self, design, tiny_blocks):
        cuts = design.row_blocks()
        assert len(cuts) > 1
        assert np.concatenate([np.arange(*cut) for cut in cuts]).tolist() == list(range(N_ROWS))

    def test_other_rows_get_the_same_columns(self, design):
        rows = np.array([5, 17, 2000])
        part = design.at([g[rows] for g in design.groups], {"given": design.given["given"][rows]})
        np.testing.assert_allclose(part.rows(0, 3), design.rows(0, N_ROWS)[rows], atol=1e-6)

    def test_rows_can_be_dropped(self):
        design = make_design(200)
        n_columns = design.n_columns
        design.drop_rows()
        assert all(len(g) == 0 for g in design.groups) and design.n_columns == n_columns


class TestSums:
    def test_equal_the_dense_oracle(self, design, targets, strata):
        sums = stratified_sums(design, targets, strata, N_STRATA)
        assert_sums_equal(sums, dense(design), targets, strata)

    def test_do_not_depend_on_row_blocks(self, targets, strata, tiny_blocks):
        design = make_design()
        assert len(design.row_blocks()) == 3
        sums = stratified_sums(design, targets, strata, N_STRATA)
        assert design._cached is None
        assert_sums_equal(sums, dense(design), targets, strata)

    def test_are_the_same_numbers_for_any_number_of_threads(self, targets, strata, tiny_blocks):
        one, two = (stratified_sums(make_design(n_jobs=n), targets, strata, N_STRATA) for n in (1, 2))
        for name in ("gram", "moment", "squares", "n_rows"):
            np.testing.assert_array_equal(getattr(one, name), getattr(two, name))

    def test_of_strata_add_up_to_those_of_all_rows(self, design, targets, strata):
        parts = stratified_sums(design, targets, strata, N_STRATA)
        whole = stratified_sums(design, targets, np.zeros(N_ROWS, np.intp), 1)
        np.testing.assert_allclose(parts.gram.sum(axis=0), whole.gram[0], rtol=1e-4, atol=1e-2)
        merged = parts.merged(2)
        np.testing.assert_allclose(merged.gram[1], parts.gram[2] + parts.gram[3])
        np.testing.assert_allclose(merged.n_rows, [parts.n_rows[:2].sum(), parts.n_rows[2:].sum()])

    def test_with_row_scale_are_those_of_scaled_rows(self, design, targets, strata):
        scale = np.random.default_rng(3).uniform(0.1, 2, N_ROWS).astype(np.float32)
        sums = stratified_sums(design, targets, strata, N_STRATA, row_scale=scale)
        assert_sums_equal(sums, dense(design) * scale[:, None], targets, strata)

    def test_an_empty_stratum_is_zero(self, design, targets):
        sums = stratified_sums(design, targets, np.zeros(N_ROWS, np.intp), 2)
        assert not sums.gram[1].any() and sums.n_rows[1] == 0

    def test_problem_of_one_target_on_some_columns(self, design, targets, strata):
        columns = np.array([3, 0, 7])
        part = stratified_sums(design, targets, strata, N_STRATA).folds(columns, target=1)[2]
        d, v = dense(design)[strata == 2][:, columns], targets[strata == 2, 1].astype(np.float64)
        np.testing.assert_allclose(part.gram, d.T @ d, rtol=1e-4, atol=1e-2)
        np.testing.assert_allclose(part.moment, d.T @ v, rtol=1e-4, atol=1e-2)
        assert part.y2 == pytest.approx(v @ v, rel=1e-6) and part.n_rows == len(d)


class TestPredictions:
    @pytest.mark.parametrize("n_jobs", [1, 2])
    def test_one_set_of_weights(self, n_jobs, tiny_blocks):
        design = make_design(n_jobs=n_jobs)
        weights = np.random.default_rng(4).normal(size=(design.n_columns, 3))
        np.testing.assert_allclose(predict(design, weights), dense(design) @ weights, atol=2e-5)

    def test_weights_by_stratum(self, design, strata, tiny_blocks):
        weights = np.random.default_rng(5).normal(size=(N_STRATA, design.n_columns, 2))
        expected = np.einsum("ij,ijk->ik", dense(design), weights[strata])
        np.testing.assert_allclose(predict_by_stratum(design, weights, strata), expected, atol=2e-5)


def test_joint_moments_are_those_of_the_explicit_design(design, targets, strata):
    """Gram matrices of the two treatment arms stand in for the columns [mu, (T - mean T) tau]."""
    fold, treated = strata // 2, strata % 2  # stratum = 2 * fold + treatment
    share = treated.mean()
    sums = stratified_sums(design, targets, strata, N_STRATA)
    mu, tau = design.columns_of([0, 1, 4]), design.columns_of([0, 2])
    moments = joint_moments(sums, mu, tau, (-share, 1 - share))
    rows = dense(design)
    explicit = np.hstack([rows[:, mu], (treated - share)[:, None] * rows[:, tau]])
    for k, part in enumerate(moments):
        d, y = explicit[fold == k], targets[fold == k, 0].astype(np.float64)
        np.testing.assert_allclose(part.gram, d.T @ d, rtol=1e-4, atol=1e-2)
        np.testing.assert_allclose(part.moment, d.T @ y, rtol=1e-4, atol=1e-2)
        assert part.y2 == pytest.approx(y @ y, rel=1e-6) and part.n_rows == len(d)
