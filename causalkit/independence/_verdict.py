"""From p-values to one of five answers, with the reason in words."""

from __future__ import annotations

from dataclasses import dataclass

from causalkit.independence._sign_flips import FlipTest

X_TO_Y, Y_TO_X, NO_EDGE = "x->y", "y->x", "no edge"
NOT_ORIENTABLE, VIOLATED = "not orientable", "assumption violated"

# With fewer environments signs have too few patterns, and regressions too few degrees of freedom.
FEWEST_ENVIRONMENTS = 10

# Parts of alpha. A direction is stated where none can be known with a chance of about alpha: by the gate, or
# by either of two statements. Edges and violations that are not there get less: each costs a right answer.
GATE, EITHER = 1.0, 0.5
_BOTH, _LEVELS, _SAME_ROW, _THREE_ROWS = 0.2, 0.2, 0.2, 0.1


@dataclass(frozen=True)
class Evidence:
    """The tests that a verdict rests on.

    ``gate`` is None where a variable is categorical; ``icc`` has the intraclass correlations of x and y;
    ``levels`` and ``three_rows`` have the statements of x->y and of y->x about levels of environments and
    about three rows, None where they were not tested.
    """

    x_to_y: FlipTest
    y_to_x: FlipTest
    no_edge: FlipTest
    gate: FlipTest | None
    icc: tuple[float, float]
    n_environments: int
    levels: tuple[FlipTest, FlipTest] | None = None
    three_rows: tuple[FlipTest, FlipTest] | None = None


def pvalue_of(arrow: str, tests: tuple[FlipTest, FlipTest] | None) -> float | None:
    """The p-value that belongs to a direction; the smaller one if there is none, None without tests."""
    if tests is None:
        return None
    pvalues = dict(zip((X_TO_Y, Y_TO_X), (test.pvalue for test in tests), strict=True))
    return pvalues.get(arrow, min(pvalues.values()))


@dataclass(frozen=True)
class Verdict:
    """One of five answers, the answer if made to give one, and why."""

    decision: str
    forced: str
    reason: str


def give_verdict(evidence: Evidence, alpha: float) -> Verdict:
    """Choose between the five answers."""
    few = evidence.n_environments < FEWEST_ENVIRONMENTS
    if evidence.no_edge.pvalue >= _SAME_ROW * alpha:
        reason = f"no dependence between x and y in the same row was found ({_p(evidence.no_edge.pvalue)})"
        reason += "; with so few environments little would be" if few else ""
        return Verdict(NO_EDGE, NO_EDGE, reason)
    arrow = favoured(evidence.x_to_y, evidence.y_to_x)
    if few:
        reason = (
            f"x and y are dependent, but {evidence.n_environments} environments of two or more rows are too "
            f"few to tell a direction (at least {FEWEST_ENVIRONMENTS} are needed)"
        )
        return Verdict(NOT_ORIENTABLE, arrow, reason)
    decision, reason = _orient(evidence, arrow, alpha)
    return Verdict(decision, arrow, reason)


def _orient(evidence: Evidence, arrow: str, alpha: float) -> tuple[str, str]:
    forward, backward = evidence.x_to_y.pvalue, evidence.y_to_x.pvalue
    both = f"x->y: {_p(forward)}, y->x: {_p(backward)}"
    failing = [_fails(evidence, direction, alpha) for direction in (X_TO_Y, Y_TO_X)]
    if all(failing):
        return VIOLATED, (
            f"both directed statements fail ({both}{_about_levels(evidence)}): a confounder varies between "
            "environments, or the parameters of the two mechanisms depend on each other"
        )
    three_rows = pvalue_of(arrow, evidence.three_rows)
    if three_rows is not None and three_rows < _THREE_ROWS * alpha and any(failing):
        return VIOLATED, (
            f"pairs of rows contradict the other direction only ({both}), but triples of rows contradict "
            f"{arrow} ({_p(three_rows)}): the parameters of the two mechanisms depend on each other"
        )
    if evidence.gate is not None and evidence.gate.pvalue >= GATE * alpha:
        return NOT_ORIENTABLE, (
            "x and y are dependent, but rows look i.i.d. or of equal intraclass correlation, where no "
            f"direction can be known (x: {evidence.icc[0]:.2f}, y: {evidence.icc[1]:.2f}, "
            f"{_p(evidence.gate.pvalue)})"
        )
    # Behind an open gate there is a direction to know; the statement contradicted less is the better guess.
    if evidence.gate is None and min(forward, backward) >= EITHER * alpha:
        return NOT_ORIENTABLE, (
            f"x and y are dependent, but neither directed statement fails ({both}): nothing varies between "
            "environments, or there are too few of them"
        )
    if arrow == NOT_ORIENTABLE:
        return arrow, f"both directed statements are contradicted equally ({both})"
    return arrow, _why(evidence, arrow, both, alpha)


def _fails(evidence: Evidence, direction: str, alpha: float) -> bool:
    levels = pvalue_of(direction, evidence.levels)
    pvalue = pvalue_of(direction, (evidence.x_to_y, evidence.y_to_x))
    assert pvalue is not None
    return pvalue < _BOTH * alpha or (levels is not None and levels < _LEVELS * alpha)


def _about_levels(evidence: Evidence) -> str:
    if evidence.levels is None:
        return ""
    forward, backward = (_p(test.pvalue) for test in evidence.levels)
    return f"; of levels alone x->y: {forward}, y->x: {backward}"


def _why(evidence: Evidence, arrow: str, both: str, alpha: float) -> str:
    other = Y_TO_X if arrow == X_TO_Y else X_TO_Y
    if min(evidence.x_to_y.pvalue, evidence.y_to_x.pvalue) < EITHER * alpha:
        return f"the statement of {other} fails and that of {arrow} does not ({both})"
    return (
        "mechanisms vary in a way that tells a direction, and the statement of "
        f"{other} is contradicted more than that of {arrow} ({both})"
    )


def needed_words(n_needed: int | None, n_environments: int) -> str:
    """Say how many environments would be needed, to follow the reason of an answer without a direction."""
    if n_needed is None:
        return "; there is no sign of anything that more environments like these would bring out"
    if n_needed <= n_environments:
        return f"; the estimate is that {n_needed} environments like these show a direction with 80 % power"
    return f"; about {n_needed} environments like these would be needed to see a direction with 80 % power"


def favoured(x_to_y: FlipTest, y_to_x: FlipTest) -> str:
    """The direction whose statement is contradicted less; neither where the two are equally so."""
    forward, backward = (x_to_y.pvalue, -x_to_y.statistic), (y_to_x.pvalue, -y_to_x.statistic)
    if forward == backward:
        return NOT_ORIENTABLE
    return X_TO_Y if forward > backward else Y_TO_X


def _p(pvalue: float) -> str:
    return "p < 0.001" if pvalue < 1e-3 else f"p = {pvalue:.3f}"
