"""Moments against loops over environments."""

import numpy as np
import pytest

from causalkit.estimators._mixed._moments import Moments


@pytest.fixture
def table():
    rng = np.random.default_rng(1)
    codes = rng.permutation(np.repeat(np.arange(12), rng.integers(1, 6, size=12)))
    values = np.column_stack([rng.normal(size=len(codes)), rng.integers(0, 3, size=len(codes))])
    counts = rng.integers(0, 4, size=12).astype(float)
    return values, codes, counts, np.array([0, 3])


def test_products_are_those_of_each_environment(table):
    moments = Moments(*table)
    columns = list(range(moments.features.shape[1]))
    products = moments.products(columns, columns)
    for e in range(len(moments.counts)):
        rows = moments.features[moments.codes == e]
        np.testing.assert_allclose(products[e], rows.T @ rows)


def test_weighted_products_use_the_inverse_covariance(table):
    moments = Moments(*table)
    expected = np.zeros((2, *moments.total.shape))
    for i, ratio in enumerate([0.3, 2.0]):
        for e, count in enumerate(moments.counts):
            rows = moments.features[moments.codes == e]
            covariance = np.eye(len(rows)) + ratio
            expected[i] += count * rows.T @ np.linalg.solve(covariance, rows)
    ratios = np.array([0.3, 2.0])
    np.testing.assert_allclose(moments.weighted_products(ratios), expected, atol=1e-9)
    some = moments.weighted_products(ratios, [2, 0])
    np.testing.assert_allclose(some, expected[:, [2, 0]][:, :, [2, 0]], atol=1e-9)
    determinants = [sum(moments.counts * np.log1p(moments.sizes * ratio)) for ratio in ratios]
    np.testing.assert_allclose(moments.log_determinants(ratios), determinants)


def test_environments_that_count_zero_times_are_left_out(table):
    values, codes, counts, n_levels = table
    moments = Moments(values, codes, counts, n_levels)
    kept = counts[codes] > 0
    assert len(moments.features) == kept.sum()
    assert moments.n_rows == counts[codes].sum()
    assert moments.n_environments == counts.sum()
