"""Sums over rows of environments against loops."""

import numpy as np

from causalkit.independence._rows import Rows

RNG = np.random.default_rng(0)
SIZES = np.array([1, 1, 2, 3, 5])
ROWS = Rows(np.repeat(np.arange(5), SIZES), SIZES.astype(float))
VALUES = RNG.normal(size=(12, 2))


def test_sums_means_and_products() -> None:
    parts = [VALUES[ROWS.codes == e] for e in range(5)]
    np.testing.assert_allclose(ROWS.sums(VALUES), [part.sum(axis=0) for part in parts])
    np.testing.assert_allclose(ROWS.means(VALUES), [part.mean(axis=0) for part in parts])
    expected = [(part.T @ part).ravel() for part in parts]
    np.testing.assert_allclose(ROWS.product_sums(VALUES, VALUES), expected)


def test_larger_environments() -> None:
    rows, larger = ROWS.in_larger(3)
    np.testing.assert_array_equal(rows, np.arange(4, 12))
    np.testing.assert_array_equal(larger.codes, np.repeat([0, 1], [3, 5]))
    np.testing.assert_array_equal(larger.sizes, [3, 5])
    assert larger.n_pairs == 3 + 10
