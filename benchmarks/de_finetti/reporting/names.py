"""Readable names of methods, of worlds and of cases, and the few that sections ask for."""

from __future__ import annotations

TEST, SEARCH, BY_TESTS = "de_finetti_test", "CausalDeFinetti", "CausalDeFinetti by tests"
PAPER, PAPER_KERNEL = "paper's rule", "paper's rule, kernel tests"
CONSTANTS = ("empty graph", "column order")
LIBRARIES = ("PC", "DirectLiNGAM", "CD-NOD")
OURS = (TEST, SEARCH, BY_TESTS)

FORCED = ", forced"
TOSSED = ", open edges tossed"
# Methods whose answer is not the same without abstaining.
SECOND_ANSWER = {
    **dict.fromkeys(OURS, FORCED),
    "PC": TOSSED,
    "CD-NOD": TOSSED,
}

_SOLVERS = {
    "CausalDeFinetti[method=auto]": SEARCH,
    "CausalDeFinetti[method=test]": BY_TESTS,
    "paper's rule[test=default]": PAPER,
    "paper's rule[test=kernel]": PAPER_KERNEL,
}

PAIRS = (
    "published_continuous",
    "unequal_icc",
    "iid_gaussian",
    "iid_laplace",
    "equal_icc_gaussian",
    "equal_icc_laplace",
    *(f"{kind}_{what}" for kind in ("independent", "dependent") for what in ("location", "slope", "scale")),
)


def method_of(solver_name: str) -> str:
    """A solver's name as tables print it."""
    return _SOLVERS.get(solver_name, solver_name)


def second_name(method: str) -> str | None:
    """Name of a method's answer without abstaining; None if it always answers."""
    return method + SECOND_ANSWER[method] if method in SECOND_ANSWER else None


def bold(method: str) -> str:
    return f"**{method}**" if method.startswith(OURS) else method
