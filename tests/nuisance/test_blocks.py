"""Columns to functions: kernels that they approximate, odd columns, missing values, weights."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from causalkit.nuisance._blocks import HopBasis, fill_sines


def fit(*groups, weight=None, **settings):
    arrays = [np.asarray(g, dtype=np.float32) for g in groups]
    return HopBasis(**settings).fit(arrays, np.random.default_rng(0), weight), arrays


def kinds(basis, hop=0):
    return [(b.kind, b.size) for b in basis.blocks if b.hop == hop]


def columns_of(basis, kind, values):
    return np.hstack([values[:, b.start : b.stop] for b in basis.blocks if b.kind == kind])


def normal(n_rows, d, seed=1):
    return np.random.default_rng(seed).normal(size=(n_rows, d))


def squared_exponential(A, B, length):
    distance2 = ((A[:, None] - B[None]) ** 2).sum(axis=2)
    return np.exp(-distance2 / (2 * length**2))


class TestKernels:
    @pytest.mark.parametrize("length", [0.7, 1.0, 1.5])
    def test_sines_are_a_squared_exponential_kernel_away_from_the_ends(self, length):
        x = np.linspace(-2, 2, 41, dtype=np.float32)
        values = np.empty((41, 25), np.float32)
        fill_sines(values, x, length)
        expected = squared_exponential(x[:, None], x[:, None], length)
        np.testing.assert_allclose(
            values @ values.T, expected, atol=1e-3 + 2 * np.exp(-(3.5**2) / (2 * length**2))
        )

    def test_sines_are_the_formula(self):
        x = np.linspace(-3.4, 3.4, 30)
        values = np.empty((30, 6), np.float32)
        fill_sines(values, x.astype(np.float32))
        for k in range(1, 7):
            frequency = np.pi * k / 7.5
            density = np.sqrt(2 * np.pi) * np.exp(-0.5 * frequency**2)
            wave = np.sqrt(density / 3.75) * np.sin(frequency * (x + 3.75))
            np.testing.assert_allclose(values[:, k - 1], wave, atol=2e-5)

    def test_fourier_functions_are_a_squared_exponential_kernel(self):
        d = 5
        basis, groups = fit(normal(3000, d), n_fourier=6000)
        rows = groups[0][:40]
        values = columns_of(basis, "fourier", basis._raw([rows]))
        scaled = (rows - groups[0].mean(axis=0)) / groups[0].std(axis=0)
        expected = squared_exponential(scaled, scaled, np.sqrt(d))
        # Five standard errors of a mean of 3000 cosines.
        np.testing.assert_allclose(values @ values.T, expected, atol=5 / np.sqrt(2 * 3000))

    def test_fourier_frequencies_are_orthogonal_in_turns(self):
        basis, _ = fit(normal(300, 5), n_fourier=20)
        turns = basis._fourier[0].T.reshape(2, 5, 5)
        for turn in turns:
            products = turn @ turn.T
            np.testing.assert_allclose(products, np.diag(np.diag(products)), atol=1e-6)

    def test_linear_functions_are_the_dot_product(self):
        basis, groups = fit(normal(500, 7), n_fourier=0)
        values = columns_of(basis, "linear", basis.evaluate(groups))
        scaled = (groups[0] - groups[0].mean(axis=0)) / groups[0].std(axis=0)
        np.testing.assert_allclose(values @ values.T, scaled @ scaled.T / 7, atol=1e-4)


class TestLayout:
    def test_blocks_follow_one_another(self):
        basis, groups = fit(normal(200, 3), normal(200, 2, seed=2))
        assert basis.blocks[0].start == 0 and basis.blocks[-1].stop == basis.n_columns
        assert all(a.stop == b.start for a, b in zip(basis.blocks[:-1], basis.blocks[1:], strict=True))
        assert basis.evaluate(groups).shape == (200, basis.n_columns)

    def test_columns_are_centred(self):
        basis, groups = fit(normal(200, 3), normal(200, 2, seed=2))
        np.testing.assert_allclose(basis.evaluate(groups).mean(axis=0), 0, atol=1e-6)

    def test_slices_are_slices_of_the_whole(self):
        basis, groups = fit(normal(200, 3), normal(200, 2, seed=2))
        whole = basis.evaluate(groups)
        np.testing.assert_allclose(basis.evaluate([g[50:60] for g in groups]), whole[50:60], atol=1e-6)

    def test_a_single_column_has_no_joint_functions(self):
        assert [kind for kind, _ in kinds(fit(normal(100, 1))[0])] == ["smooth", "linear"]

    def test_none_are_made_where_none_are_asked_for(self):
        basis, _ = fit(normal(100, 3), n_fourier=0)
        assert {kind for kind, _ in kinds(basis)} == {"smooth", "linear"}

    def test_more_than_128_columns_are_replaced_by_principal_components(self):
        X = normal(400, 150) * np.linspace(3, 1, 150) + normal(400, 1, seed=3)
        basis, groups = fit(X, n_fourier=0)
        assert ("linear", 128) in kinds(basis)
        values = columns_of(basis, "linear", basis.evaluate(groups)).astype(np.float64)
        scaled = (groups[0] - groups[0].mean(axis=0)) / groups[0].std(axis=0)
        scores = PCA(128, svd_solver="full").fit_transform(scaled)
        # The same space, with one scale for all directions.
        ratio = (values**2).sum() / (scores**2).sum()
        np.testing.assert_allclose(values @ values.T, ratio * (scores @ scores.T), atol=1e-3)
        assert (values**2).sum(axis=1).mean() == pytest.approx(1.0, rel=1e-3)


class TestOddColumns:
    def test_constant_columns_have_no_block(self):
        X = normal(100, 3)
        X[:, 1] = 7.3
        basis, groups = fit(X)
        assert {b.feature for b in basis.blocks} == {0, 2, -1}
        changed = groups[0].copy()
        changed[:, 1] = 99
        np.testing.assert_array_equal(basis.evaluate([changed]), basis.evaluate(groups))

    def test_no_column_that_varies_is_no_block(self):
        basis, groups = fit(np.ones((20, 2)))
        assert basis.blocks == [] and basis.evaluate(groups).shape == (20, 0)

    def test_two_levels_are_one_standardised_column(self):
        x = np.repeat([3.0, 5.0], [30, 70])
        basis, groups = fit(x[:, None], n_fourier=0)
        assert kinds(basis)[0] == ("levels", 1)
        np.testing.assert_allclose(basis.evaluate(groups)[:, 0], (x - x.mean()) / x.std(), atol=1e-5)

    def test_values_outside_two_levels_count_as_the_nearer(self):
        basis, _ = fit(np.repeat([0.0, 1.0], 50)[:, None])
        low, high, below, above = basis.evaluate([np.array([[0], [1], [-50], [1e6]], np.float32)])[:, 0]
        assert below == low and above == high

    def test_few_levels_are_an_indicator_each(self):
        x = np.random.default_rng(2).choice([-1.0, 0.5, 4.0], 300)
        basis, groups = fit(x[:, None])
        assert kinds(basis)[0] == ("levels", 3)
        indicators = (x[:, None] == [-1.0, 0.5, 4.0]).astype(float)
        expected = indicators - indicators.mean(axis=0)
        np.testing.assert_allclose(basis.evaluate(groups)[:, :3], expected, atol=1e-6)

    def test_more_levels_are_smooth(self):
        x = np.random.default_rng(2).integers(0, 6, 300)
        assert kinds(fit(x[:, None])[0])[0] == ("smooth", 5)

    @pytest.mark.parametrize("stretch", [lambda z: np.exp(2 * z), lambda z: z**5, lambda z: -np.exp(-2 * z)])
    def test_skewed_and_heavy_tailed_columns_are_read_by_rank(self, stretch):
        z = normal(20_000, 1)
        basis, groups = fit(stretch(z))
        score = basis._columns[0][0].smooth_scale(groups[0][:, 0])
        inner = np.abs(z[:, 0]) < 2
        assert np.abs(score - z[:, 0])[inner].max() < 0.1

    def test_an_atom_keeps_the_order_of_the_values(self):
        x = np.where(normal(2000, 1) < 0.5, 0.0, np.exp(2 * normal(2000, 1, seed=4)))
        basis, groups = fit(x)
        score = basis._columns[0][0].smooth_scale(groups[0][:, 0])
        order = np.argsort(x[:, 0])
        assert (np.diff(score[order]) >= 0).all() and len(np.unique(score[x[:, 0] == 0])) == 1

    def test_a_wild_value_moves_the_linear_part_by_at_most_ten_deviations(self):
        X = normal(200, 2)
        basis, _ = fit(X)
        wild = np.array([[1e30, 0.0]], np.float32)
        linear = columns_of(basis, "linear", basis.evaluate([wild]))
        assert np.abs(linear).max() == pytest.approx(10 / np.sqrt(2), rel=0.01)

    @given(st.floats(-100, 100), st.floats(0.01, 100), st.integers(0, 20))
    def test_shift_and_scale_of_a_column_change_nothing(self, shift, scale, seed):
        X = normal(60, 2, seed=seed)
        basis, groups = fit(X)
        other, moved = fit(X * scale + shift)
        np.testing.assert_allclose(other.evaluate(moved), basis.evaluate(groups), atol=0.01)


class TestMissing:
    @pytest.fixture
    def X(self):
        X = normal(300, 4)
        X[:, 1] = X[:, 1] > 0
        X[:, 2] = np.random.default_rng(3).integers(0, 4, 300)
        X[:, 3] = np.exp(2 * X[:, 3])
        X[np.random.default_rng(4).random((300, 4)) < 0.2] = np.nan
        return X

    def test_a_missing_value_adds_nothing_to_the_functions_of_its_column(self, X):
        basis, groups = fit(X)
        values = basis.evaluate(groups)
        assert np.isfinite(values).all()
        for b in basis.blocks:
            if b.feature >= 0:
                assert not values[np.isnan(X[:, b.feature]), b.start : b.stop].any()

    def test_functions_of_a_column_are_centred_over_the_observed(self, X):
        basis, groups = fit(X)
        values = basis.evaluate(groups)
        for b in basis.blocks:
            if b.feature >= 0:
                seen = values[~np.isnan(X[:, b.feature]), b.start : b.stop]
                np.testing.assert_allclose(seen.mean(axis=0), 0, atol=1e-6)

    def test_a_missing_value_stands_for_the_mean_in_joint_functions(self, X):
        basis, groups = fit(X)
        row = np.nanmean(groups[0], axis=0)[None].astype(np.float32)
        gone = row.copy()
        gone[0, 0] = np.nan
        for kind in ("linear", "fourier"):
            a, b = (columns_of(basis, kind, basis.evaluate([r])) for r in (row, gone))
            np.testing.assert_allclose(a, b, atol=1e-5)

    def test_a_column_without_any_value_has_no_block(self):
        X = normal(50, 2)
        X[:, 0] = np.nan
        assert {b.feature for b in fit(X)[0].blocks} == {1, -1}


class TestWeights:
    @pytest.fixture
    def weight(self):
        return np.random.default_rng(5).integers(0, 4, 120).astype(float)

    @pytest.fixture
    def X(self):
        X = normal(120, 5)
        X[:, 1] = np.exp(2 * X[:, 1])
        X[:, 2] = X[:, 2] > 0
        X[::7, 3] = np.nan
        X[:, 4] = np.random.default_rng(6).integers(0, 4, 120)
        return X

    def test_whole_weights_are_repeated_rows(self, X, weight):
        basis, groups = fit(X, weight=weight)
        repeated, _ = fit(np.repeat(X, weight.astype(int), axis=0))
        assert kinds(basis) == kinds(repeated)
        np.testing.assert_allclose(basis.evaluate(groups), repeated.evaluate(groups), atol=1e-5)

    def test_equal_weights_are_none(self, X):
        basis, groups = fit(X, weight=np.full(120, 0.3))
        np.testing.assert_array_equal(basis.evaluate(groups), fit(X)[0].evaluate(groups))

    def test_rows_of_weight_zero_are_not_read(self, X, weight):
        wild = X.copy()
        wild[weight == 0] = 1e6
        basis, groups = fit(X, weight=weight)
        np.testing.assert_array_equal(fit(wild, weight=weight)[0].evaluate(groups), basis.evaluate(groups))

    def test_more_than_128_columns(self):
        X, weight = normal(200, 140), np.random.default_rng(7).integers(0, 3, 200)
        values = [
            columns_of(b, "linear", b.evaluate([X.astype(np.float32)]))
            for b in (
                fit(X, weight=weight.astype(float), n_fourier=0)[0],
                fit(np.repeat(X, weight, axis=0), n_fourier=0)[0],
            )
        ]
        np.testing.assert_allclose(values[0] @ values[0].T, values[1] @ values[1].T, atol=1e-3)


def test_large_tables_are_read_off_a_sample(monkeypatch):
    monkeypatch.setattr("causalkit.nuisance._blocks._SAMPLE_ROWS", 500)
    X = normal(2000, 2)
    basis, groups = fit(X)
    np.testing.assert_allclose(basis.evaluate(groups).mean(axis=0), 0, atol=0.1)
    assert basis._columns[0][0].centre == pytest.approx(X[:, 0].mean(), abs=0.2)


class TestColumnsOfTheirOwn:
    """Where a screen chose among many columns."""

    def test_only_marked_columns_have_functions(self):
        X = [normal(100, 3).astype(np.float32), normal(100, 2, seed=2).astype(np.float32)]
        own = np.array([True, False, True, False, True])
        basis = HopBasis().fit(X, np.random.default_rng(0), own=own)
        assert [(b.hop, b.feature) for b in basis.blocks if b.feature >= 0] == [(0, 0), (0, 2), (1, 1)]
        assert ("linear", 3) in kinds(basis)
        assert [basis.position(*place) for place in ((0, 0), (0, 2), (1, 0), (1, 1))] == [0, 2, 3, 4]

    def test_each_choice_admits_its_columns_and_all_joint_blocks(self):
        basis, _ = fit(normal(100, 3), n_fourier=0)
        choices = np.array([[True, False, True], [False, True, True]])
        expected = [[True, True, False, True, True], [True, False, True, True, True]]
        assert basis.allowed(choices, 2).tolist() == expected
        assert basis.allowed(None, 2).all()
