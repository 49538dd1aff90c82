"""Adjusted p-values: worked by hand, by invariants, and bad inputs."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causalkit.inference import adjust_pvalues

PVALUES = [0.01, 0.04, 0.03, 0.5]


@pytest.mark.parametrize(
    ("method", "adjusted"),
    [
        ("bonferroni", [0.04, 0.16, 0.12, 1.0]),
        # Sorted .01 .03 .04 .5 times 4 3 2 1, then never below an earlier one.
        ("holm", [0.04, 0.09, 0.09, 0.5]),
        # Sorted times 4/1 4/2 4/3 4/4, then never above a later one.
        ("fdr_bh", [0.04, 0.16 / 3, 0.16 / 3, 0.5]),
    ],
)
def test_by_hand(method: str, adjusted: list[float]) -> None:
    np.testing.assert_allclose(adjust_pvalues(PVALUES, method), adjusted)


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=12),
    st.sampled_from(["holm", "bonferroni", "fdr_bh", "fdr_by"]),
)
def test_never_smaller_and_in_the_same_order(pvalues: list[float], method: str) -> None:
    adjusted = adjust_pvalues(pvalues, method)
    assert (adjusted >= np.array(pvalues) - 1e-12).all()
    assert (adjusted <= 1).all()
    assert (np.diff(adjusted[np.argsort(pvalues)]) >= -1e-12).all()


@pytest.mark.parametrize(
    ("pvalues", "method", "message"),
    [
        ([0.1, 1.2], "holm", "pvalues must lie between 0 and 1; got 1.2 at position 1"),
        ([np.nan], "holm", "pvalues must lie between 0 and 1; got nan at position 0"),
        ([], "holm", r"pvalues must have shape \(m,\) with at least one value; got shape \(0,\)"),
        ([[0.1]], "holm", r"pvalues must have shape \(m,\) .* got shape \(1, 1\)"),
        ([0.1], "sidak", "method must be one of 'holm', .* got 'sidak'"),
    ],
)
def test_bad_inputs(pvalues: Any, method: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        adjust_pvalues(pvalues, method)


@pytest.mark.parametrize("method", ["holm", "bonferroni", "fdr_bh", "fdr_by"])
def test_as_statsmodels(method: str) -> None:
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    pvalues = np.random.default_rng(0).uniform(size=30) ** 2
    pvalues[3] = pvalues[7]
    expected = multitest.multipletests(pvalues, method=method)[1]
    np.testing.assert_allclose(adjust_pvalues(pvalues, method), expected, rtol=1e-12)
