"""Levels of environments: against a regression with all terms, and what they are blind to."""

import numpy as np
import pytest

from causalkit.independence._levels import level_contributions
from causalkit.independence._rows import Rows


def setting(
    seed: int, slope: float = 1.0, shared: float = 0.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray, Rows]:
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(60), rng.integers(2, 6, size=60))
    level = rng.normal(size=60)
    cause = level[codes] + rng.normal(size=len(codes))
    intercept = shared * level + rng.normal(size=60)
    effect = slope * cause + intercept[codes] + rng.normal(size=len(codes))
    basis = np.column_stack([np.ones(len(codes)), cause, np.maximum(cause, 0)])
    return cause[:, None], effect[:, None], basis, Rows(codes, np.bincount(codes).astype(float))


def test_sum_is_that_of_levels_and_intercepts_written_out() -> None:
    cause, effect, basis, rows = setting(0)
    dummies = (rows.codes[:, None] == np.arange(60)).astype(float)
    coefficients = np.linalg.lstsq(np.hstack([dummies, basis[:, 1:]]), effect[:, 0], rcond=None)[0]
    intercepts = coefficients[:60]
    weights = 1 / (0.2 + 0.8 / rows.sizes)
    levels = rows.means(cause)[:, 0]
    product = weights * (levels - np.average(levels, weights=weights))
    expected = np.sum(product * (intercepts - np.average(intercepts, weights=weights)))
    observed, _ = level_contributions(cause, effect, basis, rows)
    assert observed.sum() == pytest.approx(expected)


def test_reference_is_without_trend() -> None:
    cause, effect, basis, rows = setting(1, shared=2.0)
    observed, reference = level_contributions(cause, effect, basis, rows)
    assert abs(reference.sum()) < 1e-8 < observed.sum()
    assert (reference**2).sum() < (observed**2).sum()


@pytest.mark.parametrize("slope", [-3.0, 0.0, 2.0])
def test_the_effect_of_the_cause_itself_does_not_enter(slope: float) -> None:
    one, two = (level_contributions(*setting(2, slope=b))[0] for b in (0.5, slope))
    np.testing.assert_allclose(one, two, atol=1e-9)
