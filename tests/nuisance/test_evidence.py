"""Marginal likelihood from a Gram matrix against scikit-learn, SciPy and textbook formulas."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import DotProduct
from sklearn.linear_model import ARDRegression

from causalkit.nuisance._evidence import Moments, Prior, folded_fit, maximise_evidence


def moments_of(X, y):
    return Moments(X.T @ X, X.T @ y, float(y @ y), float(len(y)))


def fixed_prior(block, variance):
    n = len(variance)
    return Prior(np.asarray(block), np.ones(n, bool), np.zeros(n), np.asarray(variance, dtype=float))


def free_prior(block, *, shrink=0.0, variance=0.09):
    n = max(block) + 1
    return Prior(np.asarray(block), np.zeros(n, bool), np.full(n, shrink), np.full(n, variance))


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 6)) @ rng.normal(size=(6, 6))
    return X, X[:, 0] - 0.5 * X[:, 3] + 0.4 * rng.normal(size=80)


BLOCK, VARIANCE, NOISE = [0, 0, 1, 1, 1, 2], np.array([0.5, 2.0, 0.1]), 0.17


class TestFixedVariances:
    """With nothing to choose it is ridge regression and a Gaussian process."""

    @pytest.fixture
    def fit(self, data):
        return maximise_evidence(moments_of(*data), fixed_prior(BLOCK, VARIANCE), noise=NOISE, n_rounds=0)

    def test_weights_are_ridge(self, data, fit):
        X, y = data
        ridge = np.linalg.solve(X.T @ X / NOISE + np.diag(1 / VARIANCE[BLOCK]), X.T @ y / NOISE)
        np.testing.assert_allclose(fit.weights, ridge, atol=1e-10)

    def test_mean_and_deviation_are_the_gaussian_process(self, data, fit):
        X, y = data
        new = np.random.default_rng(1).normal(size=(20, 6))
        scaled, scaled_new = (Z * np.sqrt(VARIANCE[BLOCK]) for Z in (X, new))
        process = GaussianProcessRegressor(DotProduct(0.0, "fixed"), alpha=NOISE, optimizer=None)
        mean, std = process.fit(scaled, y).predict(scaled_new, return_std=True)
        np.testing.assert_allclose(new @ fit.weights, mean, atol=1e-6)
        np.testing.assert_allclose(np.linalg.norm(new @ fit.root, axis=1), std, atol=1e-6)

    def test_log_evidence_is_the_normal_density(self, data, fit):
        X, y = data
        covariance = (X * VARIANCE[BLOCK]) @ X.T + NOISE * np.eye(len(y))
        assert fit.log_evidence == pytest.approx(multivariate_normal(cov=covariance).logpdf(y), rel=1e-9)

    def test_degrees_of_freedom_are_traces_of_the_smoother(self, data, fit):
        X, _ = data
        V = np.diag(VARIANCE[BLOCK])
        per_column = np.diag(np.linalg.solve(X.T @ X / NOISE + np.linalg.inv(V), X.T @ X / NOISE))
        np.testing.assert_allclose(fit.degrees_of_freedom, np.bincount(BLOCK, per_column), atol=1e-9)


class TestChoice:
    def test_agrees_with_automatic_relevance_determination(self):
        """One column a block and no shrinkage: the updates of MacKay that scikit-learn has."""
        rng = np.random.default_rng(2)
        X = rng.normal(size=(200, 12))
        truth = np.r_[1.5, -0.8, 0.4, np.zeros(9)]
        y = X @ truth + 0.5 * rng.normal(size=200)
        ours = maximise_evidence(moments_of(X, y), free_prior(range(12)), n_rounds=300, tol=1e-8)
        theirs = ARDRegression(fit_intercept=False, threshold_lambda=1e5, max_iter=1000, tol=1e-8).fit(X, y)
        np.testing.assert_allclose(ours.weights, theirs.coef_, atol=0.02)
        np.testing.assert_allclose(ours.weights[:3], theirs.coef_[:3], atol=2e-3)
        assert ours.noise == pytest.approx(1 / theirs.alpha_, rel=0.02)

    def test_evidence_is_no_smaller_than_where_it_began(self, data):
        moments = moments_of(*data)
        start = maximise_evidence(moments, free_prior(BLOCK), n_rounds=0)
        end = maximise_evidence(moments, free_prior(BLOCK), n_rounds=50, tol=1e-6)
        assert end.log_evidence > start.log_evidence

    def test_choice_is_a_maximum(self, data):
        """No other variances nearby have a larger evidence."""
        moments = moments_of(*data)
        end = maximise_evidence(moments, free_prior(BLOCK), n_rounds=2000, tol=1e-12, drop=0.0)
        for i in range(3):
            for factor in (0.7, 1.4):
                variance = end.variance.copy()
                variance[i] *= factor
                other = maximise_evidence(moments, fixed_prior(BLOCK, variance), noise=end.noise, n_rounds=0)
                assert other.log_evidence <= end.log_evidence + 1e-6

    def test_blocks_that_carry_nothing_leave(self):
        rng = np.random.default_rng(3)
        X, y = rng.normal(size=(2000, 40)), rng.normal(size=2000)
        y += X[:, :2] @ [1.0, 1.0]
        block = np.repeat(np.arange(8), 5)
        fit = maximise_evidence(moments_of(X, y), free_prior(block, shrink=2.0))
        assert fit.variance[0] > 0.1
        assert (fit.variance[1:] < 1e-3).all()
        assert fit.noise == pytest.approx(1.0, rel=0.1)

    def test_more_columns_than_rows(self):
        rng = np.random.default_rng(4)
        X, y = rng.normal(size=(20, 100)), rng.normal(size=20)
        fit = maximise_evidence(moments_of(X, y), free_prior(np.repeat(np.arange(10), 10), shrink=2.0))
        assert np.isfinite(fit.weights).all() and np.isfinite(fit.log_evidence)

    def test_forbidden_blocks_stay_out(self, data):
        prior = free_prior(BLOCK).restricted_to(np.array([True, False, True]))
        fit = maximise_evidence(moments_of(*data), prior)
        assert not fit.weights[[2, 3, 4]].any() and fit.weights[:2].all()

    def test_a_covariance_root_stands_at_the_columns_of_the_design(self, data):
        fit = maximise_evidence(moments_of(*data), fixed_prior(BLOCK, VARIANCE), n_rounds=0)
        columns = np.array([9, 2, 4, 5, 6, 0])
        root = fit.root_on(columns, 11)
        np.testing.assert_allclose((root @ root.T)[np.ix_(columns, columns)], fit.root @ fit.root.T)
        assert not root[[1, 3, 7, 8, 10]].any()


class TestFolds:
    @pytest.fixture
    def fold(self, data):
        return np.arange(len(data[1])) % 4

    @pytest.fixture
    def parts(self, data, fold):
        X, y = data
        return [moments_of(X[fold == k], y[fold == k]) for k in range(4)]

    def test_subtraction_is_a_fit_on_the_other_rows(self, data, fold, parts):
        X, y = data
        fit = folded_fit(parts, np.arange(6), free_prior(BLOCK, shrink=2.0))
        start = free_prior(BLOCK, shrink=2.0).starting_at(fit.everything.variance)
        for k in range(4):
            rest = moments_of(X[fold != k], y[fold != k])
            again = maximise_evidence(rest, start, noise=fit.everything.noise, n_rounds=4)
            np.testing.assert_allclose(fit.by_fold[k].weights, again.weights, atol=1e-9)

    def test_full_fit_is_the_fit_on_all_rows(self, data, parts):
        fit = folded_fit(parts, np.arange(6), free_prior(BLOCK), refit=False)
        whole = maximise_evidence(moments_of(*data), free_prior(BLOCK))
        np.testing.assert_allclose(fit.everything.weights, whole.weights, atol=1e-9)
        assert fit.by_fold == []

    def test_weights_stand_at_the_columns_of_the_design(self, parts):
        columns = np.array([8, 1, 2, 3, 4, 0])
        fit = folded_fit(parts, columns, free_prior(BLOCK))
        np.testing.assert_array_equal(fit.full_weights(9)[columns, 0], fit.everything.weights)
        assert fit.fold_weights(9).shape == (4, 9, 1)
        np.testing.assert_array_equal(fit.fold_weights(9)[2, columns, 0], fit.by_fold[2].weights)

    def test_blocks_that_a_fold_did_not_choose_have_no_weight_there(self, parts):
        allowed = np.ones((5, 3), bool)
        allowed[1, 1] = False
        fit = folded_fit(parts, np.arange(6), free_prior(BLOCK), allowed=allowed)
        assert not fit.by_fold[1].weights[[2, 3, 4]].any()
        assert fit.by_fold[0].weights[[2, 3, 4]].any() and fit.everything.weights[[2, 3, 4]].any()

    def test_moments_add_and_subtract(self, data, parts):
        total, whole = Moments.total(parts), moments_of(*data)
        np.testing.assert_allclose(total.gram, whole.gram)
        rest = total - parts[0]
        assert rest.n_rows == whole.n_rows - parts[0].n_rows
        np.testing.assert_allclose(rest.moment, sum(p.moment for p in parts[1:]))


class TestRounding:
    def test_rounded_collinear_columns_get_a_little_more_ridge(self):
        rng = np.random.default_rng(5)
        x = rng.normal(size=(50_000, 1))
        X = np.hstack([x] * 6)
        y = x[:, 0]
        exact = moments_of(X, y)
        noise = 1e-6 * 50_000 * rng.normal(size=(6, 6))
        rounded = Moments(exact.gram + noise + noise.T, exact.moment, exact.y2, exact.n_rows)
        with pytest.raises(np.linalg.LinAlgError):
            np.linalg.cholesky(rounded.gram * 10 / 1e-4 + np.eye(6))
        fit = maximise_evidence(rounded, fixed_prior(range(6), [10.0] * 6), noise=1e-4, n_rounds=0)
        assert fit.weights.sum() == pytest.approx(1.0, abs=0.01)

    def test_no_gram_matrix_is_an_error(self):
        with pytest.raises(np.linalg.LinAlgError, match="not positive semi-definite"):
            maximise_evidence(Moments(-np.eye(2) * 100, np.ones(2), 1.0, 10.0), free_prior([0, 1]))


class TestPrior:
    def test_lists_of_blocks_join(self):
        joined = free_prior([0, 0, 1]).and_then(fixed_prior([0, 1], [1.0, 2.0]))
        assert joined.block.tolist() == [0, 0, 1, 2, 3]
        assert joined.fixed.tolist() == [False, False, True, True]
        assert joined.variance.tolist() == [0.09, 0.09, 1.0, 2.0]

    def test_search_begins_at_given_variances_of_the_leading_blocks(self):
        assert free_prior([0, 1, 2]).starting_at(np.array([0.5])).variance.tolist() == [0.5, 0.09, 0.09]
