"""What an intervention may choose: observed values, a wider range, bounds."""

import numpy as np
import pytest

from causalkit.estimators._minimax._levels import read_levels
from causalkit.estimators._minimax._range import check_range, reach_of

DISCRETE = np.array([0.0, 1.0, 2.0, 1.0])
PROBABILITY = np.array([[0.9, 0.1, 0.0], [0.2, 0.4, 0.4], [0.0, 0.0, 1.0], [0.02, 0.49, 0.49]])
MARGINAL = np.array([0.3, 0.3, 0.4])


def reach(wanted):
    return reach_of(DISCRETE, read_levels(DISCRETE), PROBABILITY, MARGINAL, wanted)


def wide(wanted):
    values = np.linspace(-1, 1, 300)
    levels = read_levels(values)
    flat = np.full((300, levels.n_levels), 1 / levels.n_levels)
    return reach_of(values, levels, flat, flat[0], wanted), levels


def test_observed_allows_what_occurs_for_like_parents():
    found = reach("observed")
    expected = [[1, 1, 0], [1, 1, 1], [0, 0, 1], [0, 1, 1]]
    np.testing.assert_array_equal(found.allowed, np.array(expected, dtype=bool))
    np.testing.assert_array_equal(found.supported, found.allowed)


def test_a_factor_allows_every_level_but_adds_none_to_a_discrete_variable():
    found = reach(2.0)
    assert found.allowed.all()
    np.testing.assert_array_equal(found.centres, [0, 1, 2])
    assert not found.supported[0, 2]


def test_bounds_keep_the_levels_between_them():
    np.testing.assert_array_equal(reach((0.5, 2.0)).allowed[0], [False, True, True])


def test_a_factor_widens_a_continuous_range_about_its_middle():
    found, levels = wide(1.5)
    beyond = found.centres[levels.n_levels :]
    assert beyond.min() == pytest.approx(-1.5)
    assert beyond.max() == pytest.approx(1.5)
    assert (np.abs(beyond) > 1).all()
    assert not found.supported[:, levels.n_levels :].any()
    assert found.allowed.all()


def test_a_factor_of_one_adds_nothing():
    found, levels = wide(1.0)
    np.testing.assert_array_equal(found.centres, levels.centres)


def test_narrow_bounds_clip_the_bins_that_they_cut():
    found, _ = wide((0.0, 0.1))
    assert found.allowed[0].sum() == 2
    chosen = found.centres[found.allowed[0]]
    assert chosen.min() >= 0
    assert chosen.max() <= 0.1


def test_bounds_without_a_value_are_refused():
    with pytest.raises(ValueError, match=r"must hold a value.*got \(0.2, 0.8\) for values between 0 and 2"):
        reach((0.2, 0.8))


@pytest.mark.parametrize("wrong", ["wide", 0.5, float("inf"), True, None], ids=str)
def test_a_wrong_argument_is_named(wrong):
    with pytest.raises(ValueError, match=f"mutable_range must be 'observed'.*got {wrong!r}"):
        check_range(wrong, ["m"])


@pytest.mark.parametrize("pair", [(2.0, 1.0), (0.0,), (0.0, float("nan"))], ids=str)
def test_wrong_bounds_are_named(pair):
    with pytest.raises(ValueError, match=r"mutable_range\['m'\] must be finite bounds"):
        check_range({"m": pair}, ["m"])


def test_bounds_of_another_variable_are_refused():
    with pytest.raises(ValueError, match=r"must name mutable variables among \['m'\]; got \['z'\]"):
        check_range({"z": (0.0, 1.0)}, ["m"])
