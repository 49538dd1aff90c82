"""The order that depends on the data alone, and sums over environments against loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causalkit.independence._pairs import Pair, arrange
from causalkit.independence._variables import read_variable


def random_columns(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Continuous or binary columns in environments of one to four rows, some of them copies of each other."""
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(12), rng.integers(1, 5, size=12))
    x, y = rng.normal(size=(2, len(codes)))
    if seed % 3 == 1:
        y = (x + y > 0).astype(float)
    if seed % 3 == 2:
        x, y = (x > 0).astype(float), (x + y > 0.5).astype(float)
    if seed % 2:
        codes, x, y = np.r_[codes, codes[codes < 3] + 12], np.r_[x, x[codes < 3]], np.r_[y, y[codes < 3]]
    return x, y, codes


def arranged(x: np.ndarray, y: np.ndarray, codes: np.ndarray) -> Pair:
    return arrange(read_variable(x, "x"), read_variable(y, "y"), codes)


def assert_same(one: Pair, two: Pair) -> None:
    np.testing.assert_array_equal(one.codes, two.codes)
    np.testing.assert_array_equal(one.sizes, two.sizes)
    for name in ("key", "features", "basis", "weights"):
        np.testing.assert_array_equal(getattr(one.first, name), getattr(two.first, name))
        np.testing.assert_array_equal(getattr(one.second, name), getattr(two.second, name))


@given(seed=st.integers(0, 200))
def test_shuffling_relabelling_and_swapping_lead_to_the_same_pair(seed: int) -> None:
    x, y, codes = random_columns(seed)
    rng = np.random.default_rng(seed)
    order, labels = rng.permutation(len(x)), rng.permutation(codes.max() + 1)
    pair = arranged(x, y, codes)
    assert_same(pair, arranged(x[order], y[order], codes[order]))
    assert_same(pair, arranged(x, y, labels[codes]))
    mirrored = arranged(y, x, codes)
    assert_same(pair, mirrored)
    assert mirrored.swapped != pair.swapped


def test_rows_stay_together() -> None:
    x, y, codes = random_columns(6)
    pair = arranged(x, y, codes)
    one, two = (pair.second, pair.first) if pair.swapped else (pair.first, pair.second)
    found = {
        tuple(sorted(zip(one.key[pair.codes == e], two.key[pair.codes == e], strict=True))) for e in range(12)
    }
    expected = {tuple(sorted(zip(x[codes == e], y[codes == e], strict=True))) for e in range(12)}
    assert found == expected


@pytest.fixture
def pair() -> Pair:
    return arranged(*random_columns(6)).larger(2)


def test_sums_against_loops(pair: Pair) -> None:
    left, right = pair.first.features, pair.second.features
    n_environments = len(pair.sizes)
    products = pair.product_sums(left, right[:, :2])
    across = pair.across(left[:, 0], right[:, 0])
    for e in range(n_environments):
        rows = np.flatnonzero(pair.codes == e)
        np.testing.assert_allclose(pair.means(left)[e], left[rows].mean(axis=0))
        expected = [(left[rows, p] * right[rows, q]).sum() for q in range(2) for p in range(3)]
        np.testing.assert_allclose(products[e], expected)
        ordered = [left[i, 0] * right[j, 0] for i in rows for j in rows if i != j]
        assert across[e] == pytest.approx(np.mean(ordered))


def test_environments_of_one_row_are_left_out() -> None:
    full = arranged(*random_columns(6))
    part = full.larger(2)
    assert (full.sizes == 1).any()
    np.testing.assert_array_equal(part.sizes, full.sizes[full.sizes > 1])
    np.testing.assert_array_equal(np.bincount(part.codes), part.sizes)
    assert part.n_pairs == full.n_pairs == sum(int(n) * (int(n) - 1) // 2 for n in full.sizes)
    np.testing.assert_array_equal(part.first.key, full.first.key[(full.sizes > 1)[full.codes]])
