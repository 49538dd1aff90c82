"""Which p-values lead to which of the five answers."""

from dataclasses import replace
from typing import Any

import pytest

from causalkit.independence._sign_flips import FlipTest
from causalkit.independence._verdict import Evidence, Verdict, give_verdict, needed_words, pvalue_of


def verdict(
    forward: float, backward: float, no_edge: float = 0.001, gate: float | None = None, **settings: Any
) -> Verdict:
    alpha = settings.pop("alpha", 0.05)
    evidence = Evidence(
        x_to_y=FlipTest(settings.pop("forward_statistic", 1.0), forward),
        y_to_x=FlipTest(settings.pop("backward_statistic", 1.0), backward),
        no_edge=FlipTest(5.0, no_edge),
        gate=None if gate is None else FlipTest(3.0, gate),
        icc=(0.31, 0.29),
        n_environments=settings.pop("n_environments", 100),
    )
    return give_verdict(evidence, alpha)


@pytest.mark.parametrize(
    ("pvalues", "decision", "forced", "reason"),
    [
        (
            {"forward": 0.5, "backward": 0.001},
            "x->y",
            "x->y",
            "the statement of y->x fails and that of x->y does",
        ),
        (
            {"forward": 0.001, "backward": 0.5},
            "y->x",
            "y->x",
            "the statement of x->y fails and that of y->x does",
        ),
        ({"forward": 0.5, "backward": 0.03}, "not orientable", "x->y", "neither directed statement fails"),
        (
            {"forward": 0.009, "backward": 0.001},
            "assumption violated",
            "x->y",
            "both directed statements fail",
        ),
        ({"forward": 0.011, "backward": 0.001}, "x->y", "x->y", "the statement of y->x fails"),
        (
            {"forward": 0.5, "backward": 0.001, "no_edge": 0.011},
            "no edge",
            "no edge",
            "no dependence between",
        ),
        (
            {"forward": 0.5, "backward": 0.001, "gate": 0.05},
            "not orientable",
            "x->y",
            "x: 0.31, y: 0.29, p = 0.050",
        ),
        ({"forward": 0.5, "backward": 0.001, "gate": 0.049}, "x->y", "x->y", "the statement of y->x fails"),
        (
            {"forward": 0.5, "backward": 0.3, "gate": 0.001},
            "x->y",
            "x->y",
            "is contradicted more than that of x->y",
        ),
        ({"forward": 0.009, "backward": 0.001, "gate": 0.5}, "assumption violated", "x->y", "both directed"),
    ],
)
def test_answers(pvalues: dict[str, Any], decision: str, forced: str, reason: str) -> None:
    found = verdict(**pvalues)
    assert (found.decision, found.forced) == (decision, forced)
    assert reason in found.reason


def test_levels_go_with_alpha() -> None:
    assert verdict(0.5, 0.03).decision == "not orientable"
    assert verdict(0.5, 0.03, alpha=0.1).decision == "x->y"
    assert verdict(0.5, 0.001, no_edge=0.004, alpha=0.01).decision == "no edge"


def test_statistics_break_ties_of_pvalues() -> None:
    found = verdict(0.001, 0.001, gate=0.001, forward_statistic=9.0, backward_statistic=8.0)
    assert found == Verdict("assumption violated", "y->x", found.reason)
    assert "p = 0.001" in found.reason


def test_a_full_tie_has_no_direction() -> None:
    found = verdict(0.3, 0.3, gate=0.001)
    assert (found.decision, found.forced) == ("not orientable", "not orientable")
    assert "contradicted equally" in found.reason


def test_few_environments() -> None:
    found = verdict(0.5, 0.001, n_environments=9)
    assert (found.decision, found.forced) == ("not orientable", "x->y")
    assert "9 environments of two or more rows are too few" in found.reason
    assert "with so few environments" in verdict(0.5, 0.5, no_edge=0.5, n_environments=9).reason


def test_small_pvalues_are_written_as_such() -> None:
    assert "p < 0.001" in verdict(0.5, 0.0001).reason


EVIDENCE = Evidence(
    FlipTest(1.0, 0.5), FlipTest(5.0, 0.001), FlipTest(5.0, 0.001), None, icc=(0.3, 0.5), n_environments=100
)


def both(x_to_y: float, y_to_x: float) -> tuple[FlipTest, FlipTest]:
    return FlipTest(1.0, x_to_y), FlipTest(1.0, y_to_x)


@pytest.mark.parametrize(
    ("levels", "three_rows", "decision"),
    [
        (both(0.009, 0.5), None, "assumption violated"),
        (both(0.011, 0.5), None, "x->y"),
        (both(0.5, 0.001), None, "x->y"),
        (None, both(0.004, 0.5), "assumption violated"),
        (None, both(0.006, 0.001), "x->y"),
    ],
)
def test_levels_and_three_rows(levels: Any, three_rows: Any, decision: str) -> None:
    """The statement of y->x fails as a whole; that of x->y may fail in a part."""
    found = give_verdict(replace(EVIDENCE, levels=levels, three_rows=three_rows), 0.05)
    assert (found.decision, found.forced) == (decision, "x->y")


def test_three_rows_alone_say_nothing() -> None:
    unclear = replace(EVIDENCE, y_to_x=FlipTest(1.0, 0.4), three_rows=both(0.001, 0.001))
    assert give_verdict(unclear, 0.05).decision == "not orientable"


def test_pvalue_of_a_direction() -> None:
    assert pvalue_of("x->y", both(0.1, 0.2)) == 0.1
    assert pvalue_of("y->x", both(0.1, 0.2)) == 0.2
    assert pvalue_of("not orientable", both(0.3, 0.2)) == 0.2
    assert pvalue_of("x->y", None) is None


def test_words_about_the_environments_needed() -> None:
    assert "no sign of anything" in needed_words(None, 100)
    assert "about 250 environments like these would be needed" in needed_words(250, 100)
    assert "80 environments like these show a direction" in needed_words(80, 100)
