"""Tables over all subsets of variables against enumeration of all orders."""

from itertools import permutations

import numpy as np
import pytest
from numpy.typing import NDArray

from causalkit.estimators._search._subset_tables import (
    all_masks,
    best_beginnings,
    best_endings,
    best_order,
    smallest_of_subsets,
)

START = {np.add: 0.0, np.minimum: 1.0}


def gains(seed: int, n_variables: int) -> NDArray[np.float64]:
    return np.random.default_rng(seed).random((n_variables, 2**n_variables))


def value(gain: NDArray[np.float64], order: tuple[int, ...], before: int, combine: np.ufunc) -> float:
    """The gain of placing the variables of an order one by one after the set ``before``."""
    total = START[combine]
    for v in order:
        total = combine(total, gain[v, before])
        before |= 1 << v
    return float(total)


def variables(mask: int, n_variables: int) -> list[int]:
    return [v for v in range(n_variables) if mask >> v & 1]


@pytest.mark.parametrize("combine", [np.add, np.minimum], ids=["sum", "worst"])
@pytest.mark.parametrize("n_variables", [1, 2, 4, 5])
def test_tables_hold_the_best_order(combine: np.ufunc, n_variables: int) -> None:
    gain = gains(n_variables, n_variables)
    beginnings = best_beginnings(gain, combine, START[combine])
    endings = best_endings(gain, combine, START[combine])
    for mask in range(2**n_variables):
        inside = permutations(variables(mask, n_variables))
        outside = permutations(variables(2**n_variables - 1 - mask, n_variables))
        assert beginnings[mask] == pytest.approx(max(value(gain, o, 0, combine) for o in inside))
        assert endings[mask] == pytest.approx(max(value(gain, o, mask, combine) for o in outside))


@pytest.mark.parametrize("seed", range(5))
def test_best_order_reaches_the_best_value(seed: int) -> None:
    gain = gains(seed, 5)
    beginnings = best_beginnings(gain, np.add, 0.0)
    order = best_order(gain, beginnings, np.add)
    assert sorted(order) == [0, 1, 2, 3, 4]
    assert value(gain, order, 0, np.add) == pytest.approx(beginnings[-1])
    assert order == max(permutations(range(5)), key=lambda o: value(gain, o, 0, np.add))


def test_ties_put_the_smaller_variable_first() -> None:
    gain = np.ones((4, 16))
    assert best_order(gain, best_beginnings(gain, np.add, 0.0), np.add) == (0, 1, 2, 3)


def test_smallest_of_subsets_by_hand() -> None:
    # The sets {}, {0}, {1}, {0, 1}.
    assert smallest_of_subsets(np.array([[5, 7, 3, 4]])).tolist() == [[5, 5, 3, 3]]


def test_smallest_of_subsets_by_enumeration() -> None:
    values = np.random.default_rng(0).permutation(64)
    masks = all_masks(6)
    expected = [values[(masks & mask) == masks].min() for mask in masks]
    assert smallest_of_subsets(values).tolist() == expected
