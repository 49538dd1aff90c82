"""From a graph and tests to one of five verdicts about each pair of variables, with the reason in words."""

from __future__ import annotations

from dataclasses import dataclass

from causalkit.estimators._discovery._evidence import PairEvidence
from causalkit.estimators._discovery._found import Arrow, Found
from causalkit.independence._de_finetti import DeFinettiTestResult
from causalkit.independence._verdict import FEWEST_ENVIRONMENTS, NO_EDGE, NOT_ORIENTABLE, VIOLATED

ARROW, REVERSE = "arrow", "reverse arrow"

# Part of alpha at which both directions must fail: where an arrow is right its reverse mostly does, so that
# each false alarm about the arrow itself costs a right graph.
_VIOLATED = 0.1


@dataclass(frozen=True)
class Verdict:
    """One of five answers about an ordered pair of variables (u, v), and the reason in words."""

    answer: str
    reason: str

    def mirrored(self) -> Verdict:
        """Return the verdict about (v, u)."""
        return Verdict({ARROW: REVERSE, REVERSE: ARROW}.get(self.answer, self.answer), self.reason)


def give_verdicts(
    found: Found, evidence: dict[Arrow, PairEvidence], names: tuple[str, ...], alpha: float
) -> dict[Arrow, Verdict]:
    """Return a verdict about each pair u < v."""
    return {pair: _verdict(found, pair, evidence[pair], names, alpha) for pair in evidence}


def _verdict(
    found: Found, pair: Arrow, evidence: PairEvidence, names: tuple[str, ...], alpha: float
) -> Verdict:
    arrow = found.arrow_between(*pair)
    if arrow is None:
        return Verdict(NO_EDGE, _no_edge(evidence.test, alpha))
    words = f"{names[arrow[0]]} -> {names[arrow[1]]}"
    opened = _left_open(found, arrow, words, evidence, alpha)
    if opened is not None:
        return opened
    reverse = evidence.test.pvalue_y_to_x if arrow == pair else evidence.test.pvalue_x_to_y
    return Verdict(
        ARROW if arrow == pair else REVERSE, _support(found, arrow, words, silent=reverse >= alpha)
    )


def _left_open(
    found: Found, arrow: Arrow, words: str, evidence: PairEvidence, alpha: float
) -> Verdict | None:
    """Return why an arrow of the best graph is not stated, or None where it is."""
    test = evidence.test
    if test.n_environments_with_pairs < FEWEST_ENVIRONMENTS:
        return Verdict(
            NOT_ORIENTABLE,
            f"{test.n_environments_with_pairs} environments of two or more rows are too few to tell a "
            f"direction (at least {FEWEST_ENVIRONMENTS} are needed)",
        )
    if found.violated or evidence.adjusted_violation < _VIOLATED * alpha:
        return Verdict(VIOLATED, _violation(found, evidence))
    if found.rests_on_shape and _against(test, arrow) < alpha <= _against(test, arrow[::-1]):
        return Verdict(
            NOT_ORIENTABLE,
            f"the score prefers {words}, but tests of different rows contradict it "
            f"({_p(_against(test, arrow))}) and not the reverse: the models may lack a shape",
        )
    if arrow not in found.unsettled:
        return _silent(found, arrow, words, test, alpha)
    if found.gaps and test.pvalue_no_edge >= alpha:
        return Verdict(NO_EDGE, _no_edge(test, alpha))
    if found.reason:
        return Verdict(NOT_ORIENTABLE, found.reason)
    doubt = f"the tests allow {words} as well as the reverse"
    if found.gaps:
        doubt = f"the best graph without {words} is not clearly worse (by {found.gaps[arrow]:.1f} nats)"
    return Verdict(NOT_ORIENTABLE, doubt + _hints(test, alpha))


def _silent(
    found: Found, arrow: Arrow, words: str, test: DeFinettiTestResult, alpha: float
) -> Verdict | None:
    """Return why an arrow is not stated that only the shape of the models speaks for, and not loudly."""
    if arrow not in found.unclear or _against(test, arrow[::-1]) < alpha:
        return None
    return Verdict(
        NOT_ORIENTABLE,
        f"the score prefers {words} (by {found.gaps[arrow]:.1f} nats), but tests of different rows do not "
        "contradict the reverse: so small a preference may come from the shape of the models" + _need(test),
    )


def _against(test: DeFinettiTestResult, arrow: Arrow) -> float:
    """Return the p-value of what an arrow implies; x is the variable of the lower number."""
    return test.pvalue_x_to_y if arrow[0] < arrow[1] else test.pvalue_y_to_x


def _support(found: Found, arrow: Arrow, words: str, *, silent: bool) -> str:
    """Say what an arrow rests on; tests are silent where they do not contradict the reverse."""
    if found.reason:
        return found.reason
    if not found.gaps:
        return f"the two are dependent given what comes before, and no order with {words} reversed fits"
    support = f"the best graph without {words} scores {found.gaps[arrow]:.1f} nats less"
    if found.rests_on_shape and silent:
        support += (
            "; tests of different rows do not contradict the reverse, so that it rests on the models' shape"
        )
    return support


def _violation(found: Found, evidence: PairEvidence) -> str:
    if found.violated and found.reason:
        return found.reason
    if found.violated:
        return "no causal order fits: a confounder varies between environments, or parameters are dependent"
    return (
        f"both directions are contradicted (adjusted {_p(evidence.adjusted_violation)}): a confounder varies "
        "between environments, or the parameters of the two mechanisms depend on each other"
    )


def _no_edge(test: DeFinettiTestResult, alpha: float) -> str:
    pvalue = _p(test.pvalue_no_edge)
    if test.pvalue_no_edge >= alpha:
        return f"no dependence inside a row beyond the other arrows was found ({pvalue})"
    return f"the best graph has no arrow here, although some dependence is left ({pvalue} before adjustment)"


def _hints(test: DeFinettiTestResult, alpha: float) -> str:
    """Say what may be the reason that a direction stays open."""
    hints = ""
    if test.pvalue_equal_icc is not None and test.pvalue_equal_icc >= alpha:
        hints += (
            f"; rows look i.i.d. or of equal intraclass correlation ({test.icc_x:.2f} and {test.icc_y:.2f}, "
            f"{_p(test.pvalue_equal_icc)}), where no direction can be known"
        )
    return hints + _need(test)


def _need(test: DeFinettiTestResult) -> str:
    """Return how many environments would be needed, for the end of a reason."""
    needed = test.n_environments_needed
    if needed is None or needed <= test.n_environments_with_pairs:
        return ""
    return f"; about {needed:,} environments would show a direction with 80 % power"


def _p(pvalue: float) -> str:
    return "p < 0.001" if pvalue < 1e-3 else f"p = {pvalue:.3f}"
