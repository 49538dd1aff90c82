"""Answers of tests and diagnostics: words that fit the numbers, one row as a table."""

import numpy as np
import pandas as pd
import pytest

from causalkit.estimators._results import GraphTest, HeterogeneityTest, OverlapReport, RefutationResult

SCORES = pd.Series({"x0 (hop 1)": 3.0, "x1": 0.2})


@pytest.mark.parametrize(
    ("pvalue", "words"), [(0.001, "the effect varies with"), (0.4, "no sign that the effect varies")]
)
def test_heterogeneity(pvalue: float, words: str) -> None:
    result = HeterogeneityTest(3.0, pvalue, "x0 (hop 1)", 0.02, 0.004, 40, SCORES)
    assert words in result.summary()
    assert "x0 (hop 1)" in result.summary()
    assert "Assumes ignorability" in result.summary()
    assert result.to_frame().loc[0, "pvalue"] == pvalue
    assert "scores" not in result.to_frame()


@pytest.mark.parametrize(
    ("pvalue", "words"), [(0.01, "the effect depends on"), (0.06, "no sign that the network")]
)
def test_graph(pvalue: float, words: str) -> None:
    result = GraphTest(3.0, pvalue, "x0 (hop 1)", 0.02, 0.004, 40, SCORES)
    assert words in result.summary()
    assert "Assumes ignorability" in result.summary()
    assert result.to_frame().loc[0, "loss_difference"] == 0.02


def report(**changes: float) -> OverlapReport:
    fields = {
        "share_outside": 0.02,
        "share_clipped": 0.0,
        "smallest": 0.1,
        "largest": 0.9,
        "effective_treated": 80.0,
        "effective_control": 90.0,
        "n_treated": 100,
        "n_control": 100,
    }
    return OverlapReport(**{**fields, **changes})


@pytest.mark.parametrize(
    ("changes", "poor"),
    [
        ({}, False),
        ({"share_outside": 0.1}, False),
        ({"share_outside": 0.11}, True),
        ({"effective_treated": 33.0}, True),
        ({"effective_control": 33.0}, True),
        ({"effective_control": 34.0}, False),
    ],
)
def test_overlap(changes: dict[str, float], poor: bool) -> None:
    assert report(**changes).is_poor is poor
    assert ("Overlap: poor" in report(**changes).summary()) is poor


@pytest.mark.parametrize(("pvalue", "word"), [(0.5, "passed"), (0.05, "FAILED")])
def test_refutation(pvalue: float, word: str) -> None:
    result = RefutationResult("placebo treatment", 0.0, 0.1, 1.2, pvalue, np.array([0.1]))
    assert result.passed is (word == "passed")
    assert f"placebo treatment: {word}" in result.summary()
    assert list(result.to_frame()) == ["kind", "expected", "mean", "largest_deviation", "pvalue"]
