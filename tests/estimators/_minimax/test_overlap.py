"""Weights, effective rows, and what is said about too few of them."""

import numpy as np
import pytest

from causalkit.estimators._minimax._overlap import Overlap, effective_rows, report_overlap, weigh
from causalkit.exceptions import OverlapWarning


def test_effective_rows_of_two_weights():
    weight, overlap = weigh(np.ones(100), np.repeat([1.0, 0.5], 50))
    np.testing.assert_allclose(weight, np.repeat([2 / 3, 4 / 3], 50))
    assert overlap.effective_rows == pytest.approx(90)
    assert not overlap.is_poor
    assert overlap.clipped_share == 0


def test_a_heavy_row_is_clipped_and_flagged():
    weight, overlap = weigh(np.ones(1000), np.r_[np.full(999, 1.0), 1e-4])
    assert overlap.clipped_share == pytest.approx(1e-3)
    assert overlap.is_poor
    assert weight.mean() == pytest.approx(1)
    assert weight.max() / weight.mean() > 10


def test_poor_overlap_warns():
    with pytest.warns(OverlapWarning, match="150 effective rows of 1000"):
        report_overlap(Overlap(1000, 150.0, 0.0, True))


def test_hardly_a_row_is_refused():
    with pytest.raises(ValueError, match=r"must vary for given parents.*got 3 effective rows of 1000"):
        report_overlap(Overlap(1000, 3.0, 0.0, True))


def test_effective_rows_of_several_laws():
    weights = np.column_stack([np.ones(50), np.r_[np.ones(10), np.zeros(40)], np.zeros(50)])
    np.testing.assert_allclose(effective_rows(weights), [50, 10, 0])
    np.testing.assert_allclose(effective_rows(7 * weights[:, 0]), 50)
    rng = np.random.default_rng(0)
    uneven = rng.exponential(size=(200, 3))
    direct = [sum(w) ** 2 / sum(each**2 for each in w) for w in uneven.T]
    np.testing.assert_allclose(effective_rows(uneven), direct)
