import numpy as np
import pytest

from causalkit._random import child_generators, child_seeds


@pytest.mark.parametrize(
    "make", [lambda: 7, lambda: np.random.default_rng(7), lambda: np.random.RandomState(7)]
)
def test_same_state_same_children(make):
    assert child_seeds(make(), 4) == child_seeds(make(), 4)
    first, second = (child_generators(make(), 3)[2].random(5) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_number_of_tasks_does_not_change_the_first_ones():
    assert child_seeds(3, 10)[:4] == child_seeds(3, 4)


def test_children_differ_from_each_other_and_between_states():
    seeds = child_seeds(0, 500) + child_seeds(1, 500)
    assert len(set(seeds)) == 1000
    assert all(0 <= seed < 2**31 - 1 for seed in seeds)


def test_none_gives_new_children_each_time():
    assert child_seeds(None, 3) != child_seeds(None, 3)


@pytest.mark.parametrize("make", [np.random.default_rng, np.random.RandomState])
def test_a_generator_is_advanced(make):
    state = make(0)
    assert child_seeds(state, 2) != child_seeds(state, 2)


def test_global_state_is_left_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    child_seeds(5, 3), child_generators(5, 3)
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002


@pytest.mark.parametrize("bad", [-1, 1.5, "seed", True])
def test_bad_state(bad):
    with pytest.raises(ValueError, match=r"random_state must be None, a non-negative integer.*got "):
        child_seeds(bad, 2)
