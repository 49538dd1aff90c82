"""The answer object of a test of independence: statistic, p-value, how they came about, what they assume."""

from __future__ import annotations

from dataclasses import dataclass

from causalkit._results import Result
from causalkit._validation import check_scalar_argument


@dataclass(frozen=True, repr=False)
class IndependenceTestResult(Result):
    """A test of x independent of y, perhaps given further columns.

    Parameters
    ----------
    statistic : float
        What was computed from the data; ``method`` says what.
    pvalue : float
        Probability of a statistic at least as far out if the hypothesis holds; in [0, 1].
    n_rows : int
        Number of rows that entered.
    method : str
        The test and its reference distribution, in words.
    hypothesis : str
        What is tested, in words.
    degrees_of_freedom : float, optional
        Of the reference distribution, where it has them.
    n_groups : int, optional
        Number of groups of rows that count as independent units; None where each row does.
    assumptions : tuple of str
        What must hold for the p-value to mean what it says.

    Raises
    ------
    ValueError
        If the statistic is not a number or the p-value is not in [0, 1].

    Examples
    --------
    >>> from causalkit.independence import IndependenceTestResult
    >>> result = IndependenceTestResult(0.31, pvalue=0.002, n_rows=100, method="correlation, Student t")
    >>> print(result.summary())
    x independent of y
      statistic             0.31  [correlation, Student t]
      p-value               0.0020
      rows                  100
      at level 0.05         rejected
    """

    statistic: float
    pvalue: float
    n_rows: int
    method: str
    hypothesis: str = "x independent of y"
    degrees_of_freedom: float | None = None
    n_groups: int | None = None
    assumptions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_scalar_argument(self.statistic, "statistic")
        check_scalar_argument(self.pvalue, "pvalue", low=0, high=1)
        check_scalar_argument(self.n_rows, "n_rows", integer=True, low=1)

    def summary(self, alpha: float = 0.05) -> str:
        """Return a text of several lines: the numbers, the answer at level ``alpha``, what is assumed."""
        check_scalar_argument(alpha, "alpha", low=0, high=1, inclusive=False)
        rows = [
            ("statistic", f"{self.statistic:.4g}  [{self.method}]"),
            ("p-value", "< 0.0001" if self.pvalue < 1e-4 else f"{self.pvalue:.4f}"),
            (
                "degrees of freedom",
                None if self.degrees_of_freedom is None else f"{self.degrees_of_freedom:g}",
            ),
            ("rows", f"{self.n_rows}"),
            ("independent groups", None if self.n_groups is None else f"{self.n_groups}"),
            (f"at level {alpha:g}", "rejected" if self.pvalue < alpha else "not rejected"),
        ]
        lines = [self.hypothesis, *(f"  {label:<22}{text}" for label, text in rows if text is not None)]
        if self.assumptions:
            lines += ["Assumes", *(f"  - {assumption}" for assumption in self.assumptions)]
        return "\n".join(lines)


def hypothesis_of(n_given: int) -> str:
    """What is tested, in words, with so many columns conditioned on."""
    if not n_given:
        return "x independent of y"
    return f"x independent of y given {n_given} column" + ("s" if n_given > 1 else "")


def independent_units(n_groups: int | None) -> str:
    """What is assumed of the rows: independent, or in so many independent groups."""
    return "rows are independent" if n_groups is None else "rows of different groups are independent"
