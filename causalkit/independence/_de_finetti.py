"""The causal de Finetti test: which of two variables is the cause, from a few rows in each environment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from causalkit._random import RandomState, child_generators
from causalkit._results import Result
from causalkit._validation import check_scalar_argument
from causalkit.independence._pair_statements import PairStatements, pair_statements
from causalkit.independence._power import environments_needed
from causalkit.independence._read_table import read_table
from causalkit.independence._sign_flips import FlipTest, flip_tests
from causalkit.independence._variables import read_variable, read_variables
from causalkit.independence._verdict import (
    EITHER,
    GATE,
    NO_EDGE,
    NOT_ORIENTABLE,
    VIOLATED,
    Evidence,
    Verdict,
    favoured,
    give_verdict,
    needed_words,
    pvalue_of,
)

# The smallest p-value must lie below the strictest level, a tenth of alpha.
_FLIPS_TIMES_ALPHA = 10


@dataclass(frozen=True, repr=False)
class DeFinettiTestResult(Result):
    """Which of two variables is the cause, if that can be known, and the evidence for it.

    Attributes
    ----------
    decision : {"x->y", "y->x", "no edge", "not orientable", "assumption violated"}
    reason : str
        Why, in words.
    forced : {"x->y", "y->x", "no edge", "not orientable"}
        The answer without abstaining; "not orientable" only where both directions fit equally well, as
        for two equal columns.
    pvalue_x_to_y : float
        Of the statement X_i indep Y_j given X_j for rows i != j of an environment: small speaks *against*
        x->y.
    pvalue_y_to_x : float
        Of the statement Y_i indep X_j given Y_j: small speaks against y->x.
    pvalue_no_edge : float
        Of the statement X_j indep Y_j: small speaks for an arrow.
    pvalue_equal_icc : float or None
        Of i.i.d. rows or equal intraclass correlations: small says that a direction can be known. None
        where a variable is categorical; the directed statements then speak for themselves.
    pvalue_levels : float or None
        Of the part of the favoured direction's statement that is about levels of environments alone, in which
        parameters that depend on each other show most. None where a variable is categorical.
    pvalue_three_rows : float or None
        Of the statement X_k indep (Y_i, Y_j) given (X_i, X_j) for three rows, or its mirror image, for the
        direction whose two-row statement is contradicted less: small speaks against that direction although
        pairs of rows may not. None where no environment has three rows, or with ``given``.
    statistic_x_to_y, statistic_y_to_x, statistic_no_edge : float
        What the p-values belong to; larger is more against the statement.
    statistic_equal_icc : float or None
    icc_x, icc_y : float
        Intraclass correlation: share of the variance of the normal scores (of a level's indicator, for
        a categorical variable) that lies between environments.
    n_environments_needed : int or None
        Estimate of how many environments like these show a direction with 80 % power: reject equal
        intraclass correlations or, with a categorical variable, the statement that is contradicted more. A
        rough figure, as it rests on sums that are themselves uncertain. None where there is no sign of
        anything to be found, or the answer is "no edge" or "assumption violated".
    alpha : float
        Level at which it was decided.
    n_rows, n_environments : int
        Numbers of rows and environments; all enter the no-edge statement.
    n_environments_with_pairs, n_pairs : int
        Environments of two or more rows and pairs of rows inside them, which the other statements rest on.

    Examples
    --------
    >>> from causalkit.datasets import make_exchangeable_scm
    >>> from causalkit.independence import de_finetti_test
    >>> data = make_exchangeable_scm("published_continuous", n_environments=300, random_state=1)
    >>> list(data.graph.edges)
    [('x0', 'x1')]
    >>> result = de_finetti_test(data.X["x0"], data.X["x1"], data.environments, random_state=0)
    >>> result.decision, result.n_environments, result.n_pairs
    ('x->y', 300, 300)
    """

    decision: str
    reason: str
    forced: str
    pvalue_x_to_y: float
    pvalue_y_to_x: float
    pvalue_no_edge: float
    pvalue_equal_icc: float | None
    pvalue_levels: float | None
    pvalue_three_rows: float | None
    statistic_x_to_y: float
    statistic_y_to_x: float
    statistic_no_edge: float
    statistic_equal_icc: float | None
    icc_x: float
    icc_y: float
    n_environments_needed: int | None
    alpha: float
    n_rows: int
    n_environments: int
    n_environments_with_pairs: int
    n_pairs: int

    def summary(self) -> str:
        """Return a text of several lines: the answer, why, the evidence, and what was assumed."""
        equal_icc = "not for categories" if self.pvalue_equal_icc is None else _p(self.pvalue_equal_icc)
        rows = [
            ("statement of x->y", f"{_p(self.pvalue_x_to_y)}  [X_i indep Y_j given X_j, rows i != j]"),
            ("statement of y->x", f"{_p(self.pvalue_y_to_x)}  [Y_i indep X_j given Y_j, rows i != j]"),
            ("statement of no edge", f"{_p(self.pvalue_no_edge)}  [X_j indep Y_j]"),
            ("equal ICC or i.i.d.", equal_icc),
            ("ICC of x, of y", f"{self.icc_x:.3f}, {self.icc_y:.3f}"),
            ("levels alone", "not for categories" if self.pvalue_levels is None else _p(self.pvalue_levels)),
            (
                "three rows",
                "none or conditional" if self.pvalue_three_rows is None else _p(self.pvalue_three_rows),
            ),
            ("environments", f"{self.n_environments} ({self.n_environments_with_pairs} of two or more rows)"),
            ("pairs of rows", f"{self.n_pairs}"),
            ("environments needed", _environments(self.n_environments_needed)),
            ("if made to answer", self.forced),
        ]
        lines = [f"{self.decision} at alpha = {self.alpha:g}", f"  {self.reason}"]
        lines += ["p-values and sizes", *(f"  {label:<22}{text}" for label, text in rows)]
        return "\n".join([*lines, "Assumes", *(f"  - {assumption}" for assumption in _ASSUMPTIONS)])


_ASSUMPTIONS = (
    "rows of an environment are exchangeable, and environments are independent draws of one process",
    "each mechanism has parameters of its own, independent of the other's",
    "there is no common cause: one that varies between environments is flagged, one with a fixed law looks "
    "like an arrow where a single mechanism varies",
)


def de_finetti_test(
    x: ArrayLike,
    y: ArrayLike,
    environments: ArrayLike,
    *,
    given: ArrayLike | None = None,
    alpha: float = 0.05,
    n_flips: int = 999,
    random_state: RandomState = None,
) -> DeFinettiTestResult:
    r"""Test which of two variables causes the other, from exchangeable rows in many environments.

    Where the law of the cause and the mechanism of the effect have parameters of their own in each
    environment, independent of each other, the direction shows in pairs of rows i != j of an environment:

    .. math::

        X \to Y \;\Rightarrow\; X_i \perp Y_j \mid X_j, \qquad
        Y \to X \;\Rightarrow\; Y_i \perp X_j \mid Y_j, \qquad
        \text{no edge} \;\Rightarrow\; X_j \perp Y_j .

    Once row j's own cause is known, another row's cause says nothing about its effect; the reverse statement
    fails if either parameter varies. For each statement :math:`A_i \perp B_j \mid C_j` environment e
    contributes sums of products of residuals over all its ordered pairs,

    .. math::

        S_e \propto \sum_{j} w(C_j) \, r_f\Big(\tfrac{1}{n_e - 1} \sum_{i \ne j} f(A_i)\Big) \, r_g(g(B_j)),

    with functions f, g of normal scores (indicators for categories), weights w and regressions on functions
    of C_j. Under the statement the S_e are independent with mean zero; quadratic forms of their sum are
    compared with those under random signs, one for each environment. Time is linear in the rows.

    ===================== ====================================================================================
    decision              when
    ===================== ====================================================================================
    "no edge"             same-row independence is not rejected at 0.2 alpha
    "assumption violated" both directed statements are rejected at 0.2 alpha, as a whole or in their part
                          about levels of environments: a confounder that varies between environments, or
                          dependent parameters; or one of them is, and the statement about three rows of the
                          favoured direction at 0.1 alpha
    "not orientable"      both are continuous, and i.i.d. rows or equal intraclass correlations, where no
                          direction can be known, are not rejected at alpha; or one is categorical, and
                          neither directed statement is rejected at alpha / 2; or fewer than ten environments
                          have two rows
    "x->y", "y->x"        otherwise, the direction whose statement is contradicted less
    ===================== ====================================================================================

    Parameters
    ----------
    x, y : array-like, shape (n,)
        Numbers with more than six distinct values are continuous and enter by their ranks (the test of equal
        intraclass correlations also looks at the values); everything else is categorical, the sixth most
        frequent and rarer levels taken as one.
    environments : array-like, shape (n,)
        Label of each row's environment: numbers, texts or categories. Sizes may differ; environments of one
        row only serve the no-edge statement.
    given : array-like, shape (n,) or (n, k), optional
        Further columns Z, such as other causes of x and y. The statements are then X_i indep Y_j given
        (X_j, Z_j), its mirror image, and X_j indep Y_j given Z_j; Z_i is also used to make what X_i says
        less noisy. The intraclass correlations are those of what regressions on Z leave.
    alpha : float, default=0.05
        Level, in (0, 1): where no direction can be known, one is stated with about this chance.
    n_flips : int, default=999
        Number of random sign patterns; p-values are at least 1 / (n_flips + 1).
    random_state : int, Generator, RandomState or None
        Of the signs. With a fixed one, shuffling rows, relabelling environments or permuting the columns of
        ``given`` changes nothing, and swapping x and y mirrors the answer.

    Returns
    -------
    DeFinettiTestResult

    Raises
    ------
    ValueError
        If lengths differ, a column is constant or has missing or infinite values, texts hardly ever repeat,
        there is one environment, or none with two rows, or ``alpha`` or ``n_flips`` is out of range.

    Notes
    -----
    Pairs of rows do not show every violation: with two rows, a common cause of fixed law beside one varying
    mechanism cannot be told from an arrow. In linear Gaussian models of equal intraclass correlation the
    direction is not identified although everything varies.

    References
    ----------
    Guo, S., Toth, V., Schoelkopf, B. & Huszar, F. (2023). Causal de Finetti: On the Identification of
    Invariant Causal Structure in Exchangeable Data. NeurIPS. arXiv 2203.15756.

    Examples
    --------
    >>> import numpy as np
    >>> from causalkit.independence import de_finetti_test
    >>> rng = np.random.default_rng(0)
    >>> patient = np.repeat(np.arange(150), 3)
    >>> dose = rng.normal(size=150)[patient] + 0.5 * rng.normal(size=450)
    >>> response = 0.8 * dose + rng.normal(size=450)
    >>> result = de_finetti_test(dose, response, patient, random_state=0)
    >>> result.decision, bool(result.pvalue_y_to_x < 0.01 < result.pvalue_x_to_y)
    ('x->y', True)
    """
    check_scalar_argument(alpha, "alpha", low=0, high=1, inclusive=False)
    check_scalar_argument(n_flips, "n_flips", integer=True, low=1)
    needed = int(np.floor(_FLIPS_TIMES_ALPHA / alpha))
    if n_flips < needed:
        raise ValueError(f"n_flips must be at least {needed} at alpha={alpha:g}; got {n_flips}")
    columns = {"x": [read_variable(x, "x")], "y": [read_variable(y, "y")]}
    columns["given"] = [] if given is None else read_variables(given, "given")
    table, places = read_table(environments, columns)
    statements = pair_statements(table, places["x"][0], places["y"][0], places["given"])
    return judge(statements, alpha=alpha, n_flips=n_flips, random_state=random_state)


def judge(
    statements: PairStatements, *, alpha: float, n_flips: int, random_state: RandomState
) -> DeFinettiTestResult:
    """Test the statements about a pair, and give the answer the caller's names."""
    rows, signs, triples, powers = child_generators(random_state, 4)
    no_edge = flip_tests([statements.no_edge], rows, n_flips=n_flips)[0]
    tests = [statements.forward, statements.backward, *(statements.levels or ())]
    if statements.gate is not None:
        tests.append(statements.gate)
    tested = flip_tests(tests, signs, n_flips=n_flips)
    triples_tested = flip_tests(statements.three_rows or (), triples, n_flips=n_flips)
    # The caller's x and y come back in place.
    step = -1 if statements.swapped else 1
    icc_x, icc_y = statements.icc[::step]
    x_to_y, y_to_x = tested[:2][::step]
    evidence = Evidence(
        x_to_y,
        y_to_x,
        no_edge=no_edge,
        gate=None if statements.gate is None else tested[-1],
        icc=(icc_x, icc_y),
        n_environments=len(statements.repeated.sizes),
        levels=None if statements.levels is None else _two(tested[2:4][::step]),
        three_rows=_two(triples_tested[::step]) if triples_tested else None,
    )
    verdict = give_verdict(evidence, alpha)
    needed = None
    if verdict.decision not in (NO_EDGE, VIOLATED):
        needed = _needed(statements, tested, alpha, powers)
    return _result(evidence, verdict, statements, needed, alpha)


def _two(tests: list[FlipTest]) -> tuple[FlipTest, FlipTest]:
    one, two = tests
    return one, two


def _needed(
    statements: PairStatements, directed: list[FlipTest], alpha: float, rng: np.random.Generator
) -> int | None:
    """Estimate the environments needed by what opens the way to a direction: the gate or a statement."""
    if statements.gate is not None:
        return environments_needed(statements.gate, GATE * alpha, rng)
    failing = statements.forward if directed[0].pvalue < directed[1].pvalue else statements.backward
    return environments_needed(failing, EITHER * alpha, rng)


def _result(
    evidence: Evidence, verdict: Verdict, statements: PairStatements, needed: int | None, alpha: float
) -> DeFinettiTestResult:
    gate, arrow = evidence.gate, favoured(evidence.x_to_y, evidence.y_to_x)
    words = needed_words(needed, evidence.n_environments) if verdict.decision == NOT_ORIENTABLE else ""
    return DeFinettiTestResult(
        decision=verdict.decision,
        reason=verdict.reason + words,
        forced=verdict.forced,
        pvalue_x_to_y=evidence.x_to_y.pvalue,
        pvalue_y_to_x=evidence.y_to_x.pvalue,
        pvalue_no_edge=evidence.no_edge.pvalue,
        pvalue_equal_icc=None if gate is None else gate.pvalue,
        pvalue_levels=pvalue_of(arrow, evidence.levels),
        pvalue_three_rows=pvalue_of(arrow, evidence.three_rows),
        statistic_x_to_y=evidence.x_to_y.statistic,
        statistic_y_to_x=evidence.y_to_x.statistic,
        statistic_no_edge=evidence.no_edge.statistic,
        statistic_equal_icc=None if gate is None else gate.statistic,
        icc_x=evidence.icc[0],
        icc_y=evidence.icc[1],
        n_environments_needed=needed,
        alpha=alpha,
        n_rows=len(statements.rows.codes),
        n_environments=len(statements.rows.sizes),
        n_environments_with_pairs=len(statements.repeated.sizes),
        n_pairs=statements.repeated.n_pairs,
    )


def _environments(n_needed: int | None) -> str:
    return "not estimated" if n_needed is None else f"about {n_needed} environments"


def _p(pvalue: float) -> str:
    return f"{pvalue:.4f}"
