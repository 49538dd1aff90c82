"""The order of a table: what shuffling and renaming do to it, and what it tells apart."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from causalkit._canonical_table import canonical_order


def random_table(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Binary and continuous columns, some rows and environments copies of each other."""
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(10), rng.integers(1, 4, size=10))
    keys = rng.normal(size=(len(codes), 4))
    keys[:, :2] = keys[:, :2] > 0
    copies = codes < 3
    return (
        np.vstack([keys, keys[copies]]),
        np.r_[codes, codes[copies] + 10],
        np.array([True, True, False, False]),
    )


def arranged(keys: np.ndarray, kinds: np.ndarray, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = canonical_order(keys, kinds, codes)
    return keys[np.ix_(order.rows, order.columns)], order.codes


@given(seed=st.integers(0, 200))
def test_shuffles_lead_to_the_same_table(seed: int) -> None:
    keys, codes, kinds = random_table(seed)
    rng = np.random.default_rng(seed)
    rows, columns, names = rng.permutation(len(codes)), rng.permutation(4), rng.permutation(13)
    one = arranged(keys, kinds, codes)
    two = arranged(keys[np.ix_(rows, columns)], kinds[columns], names[codes][rows])
    np.testing.assert_array_equal(one[0], two[0])
    np.testing.assert_array_equal(one[1], two[1])


def test_environments_stay_together() -> None:
    keys, codes, kinds = random_table(0)
    order = canonical_order(keys, kinds, codes)
    assert (np.diff(order.codes) >= 0).all()
    for place in range(13):
        assert len(np.unique(codes[order.rows[order.codes == place]])) == 1
    assert (np.diff(np.bincount(order.codes)) >= 0).all()


def test_negative_zero_is_zero() -> None:
    keys, codes, kinds = random_table(1)
    other = np.where(keys == 0, -0.0, keys)
    np.testing.assert_array_equal(
        canonical_order(keys, kinds, codes).rows, canonical_order(other, kinds, codes).rows
    )
