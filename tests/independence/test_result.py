"""The answer object: what it accepts, and what it says."""

import dataclasses
import pickle

import pytest

from causalkit.independence import IndependenceTestResult
from causalkit.independence._result import hypothesis_of, independent_units


@pytest.fixture
def result() -> IndependenceTestResult:
    return IndependenceTestResult(
        statistic=12.3456,
        pvalue=0.03,
        n_rows=40,
        method="a test, a distribution",
        hypothesis="x independent of y given 2 columns",
        degrees_of_freedom=3.5,
        n_groups=8,
        assumptions=("rows are independent", "the moon is round"),
    )


def test_summary(result: IndependenceTestResult) -> None:
    assert result.summary().splitlines() == [
        "x independent of y given 2 columns",
        "  statistic             12.35  [a test, a distribution]",
        "  p-value               0.0300",
        "  degrees of freedom    3.5",
        "  rows                  40",
        "  independent groups    8",
        "  at level 0.05         rejected",
        "Assumes",
        "  - rows are independent",
        "  - the moon is round",
    ]
    assert "  at level 0.01         not rejected" in result.summary(alpha=0.01)


def test_tiny_pvalue() -> None:
    summary = IndependenceTestResult(statistic=99.0, pvalue=0.0, n_rows=9, method="m").summary()
    assert "  p-value               < 0.0001" in summary
    assert "degrees of freedom" not in summary
    assert "Assumes" not in summary


def test_frozen_and_pickled(result: IndependenceTestResult) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.pvalue = 1.0  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(result)) == result
    assert result.to_frame().loc[0, "pvalue"] == 0.03


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"statistic": float("nan")}, "statistic must be a number; got nan"),
        ({"pvalue": 1.2}, r"pvalue must be a number .*; got 1\.2"),
        ({"pvalue": float("nan")}, "pvalue must be a number .*; got nan"),
        ({"n_rows": 0}, "n_rows must be an integer .*; got 0"),
    ],
)
def test_impossible_values(result: IndependenceTestResult, change: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(result, **change)


@pytest.mark.parametrize("alpha", [0, 1, "a"])
def test_bad_level(result: IndependenceTestResult, alpha: object) -> None:
    with pytest.raises(ValueError, match="alpha must be a number"):
        result.summary(alpha=alpha)  # type: ignore[arg-type]


def test_words() -> None:
    assert hypothesis_of(0) == "x independent of y"
    assert hypothesis_of(1) == "x independent of y given 1 column"
    assert hypothesis_of(2) == "x independent of y given 2 columns"
    assert independent_units(None) == "rows are independent"
    assert independent_units(7) == "rows of different groups are independent"
