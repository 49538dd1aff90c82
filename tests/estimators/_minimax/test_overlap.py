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


def test_rows_are_counted_after_the_weights_are_cut():
    raw = np.r_[np.full(9999, 1.0), 1000.0]
    weight, overlap = weigh(raw, np.ones(10_000))
    mean = raw.mean()
    cut = np.r_[np.full(9999, 1.0 / mean), 20.0]
    assert overlap.effective_rows == pytest.approx(cut.sum() ** 2 / (cut**2).sum())
    assert overlap.effective_rows > 9000 > 1.5 * raw.sum() ** 2 / (raw**2).sum()
    assert not overlap.is_poor
    np.testing.assert_allclose(weight, cut / cut.mean())


@pytest.mark.parametrize(("density", "covered", "is_poor"), [(1.25, 0.8, False), (1.6, 0.625, True)])
def test_values_that_parents_rule_out_leave_a_share(density, covered, is_poor):
    # Each row's own value has this density and others have none: of the marginal law so much occurs.
    weight, overlap = weigh(np.ones(400), np.full(400, density))
    assert overlap.covered_share == pytest.approx(covered)
    assert overlap.effective_rows == pytest.approx(400)
    assert overlap.is_poor == is_poor
    np.testing.assert_allclose(weight, 1)


def test_covered_share_is_what_occurs():
    # The parent decides the half in which the value lies; inside it all four values are as likely.
    rng = np.random.default_rng(1)
    half, marginal = rng.integers(2, size=4000), np.full(4000, 1 / 8)
    _, overlap = weigh(marginal, np.full(4000, 1 / 4))
    assert overlap.covered_share == pytest.approx(0.5)
    # Half of the rows keep all values.
    _, overlap = weigh(marginal, np.where(half, 1 / 4, 1 / 8))
    assert overlap.covered_share == pytest.approx(1 - half.mean() / 2)
    # An average above one is an error of the fitted densities.
    assert weigh(np.full(50, 0.3), np.full(50, 0.2))[1].covered_share == 1.0


def test_few_rows_for_each_level_are_thin():
    assert Overlap(1000, 900.0, 0.0, False, rows_per_level=99.9).is_thin is True
    assert Overlap(1000, 900.0, 0.0, False, rows_per_level=100.0).is_thin is False
    assert Overlap(1000, 900.0, 0.0, False).is_thin is False


def test_poor_overlap_warns():
    with pytest.warns(OverlapWarning, match="150 effective rows of 1000, 100% of the values covered"):
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
