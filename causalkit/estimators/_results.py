"""Answers of the learners' tests and diagnostics."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from causalkit._results import Result


@dataclass(frozen=True, repr=False)
class HeterogeneityTest(Result):
    """Does the effect vary with the features at all? Null hypothesis: one constant effect.

    Attributes
    ----------
    statistic, pvalue : float
        Largest standardised block score and its sign-flip p-value.
    leading : str
        The block that shows most heterogeneity.
    gain, gain_standard_error : float
        Held-out R-loss of the constant effect less that of the final stage, in squared units of y for each
        row.
    n_groups : int
        Groups of rows whose signs were flipped together.
    scores : Series
        Standardised score of every block.
    """

    statistic: float
    pvalue: float
    leading: str
    gain: float
    gain_standard_error: float
    n_groups: int
    scores: pd.Series = field(repr=False, compare=False)

    def summary(self) -> str:
        """The answer in words, with what it rests on."""
        found = (
            "the effect varies with the features" if self.pvalue < 0.05 else "no sign that the effect varies"
        )
        return (
            f"Heterogeneity: {found} (p = {self.pvalue:.3g}; strongest: {self.leading}).\n"
            f"Held-out gain over a constant effect: {self.gain:.4g} "
            f"(standard error {self.gain_standard_error:.2g}).\n"
            f"Assumes ignorability given features and network, overlap, and that scores of different groups "
            f"of units ({self.n_groups}) are independent and symmetric."
        )


@dataclass(frozen=True, repr=False)
class GraphTest(Result):
    """Does the effect depend on the network? Null hypothesis: it depends on own features only.

    Attributes
    ----------
    statistic, pvalue : float
        Largest standardised score of neighbours' blocks, cleared of own ones, and its sign-flip p-value.
    leading : str
        The neighbours' block that shows most.
    loss_difference, standard_error : float
        Held-out R-loss of the graph-blind less that of the graph-aware engine (positive: the graph helps),
        with a standard error that respects the network.
    n_groups : int
    scores : Series
    """

    statistic: float
    pvalue: float
    leading: str
    loss_difference: float
    standard_error: float
    n_groups: int
    scores: pd.Series = field(repr=False, compare=False)

    def summary(self) -> str:
        """The answer in words, with what it rests on."""
        found = (
            "the effect depends on neighbours' features"
            if self.pvalue < 0.05
            else "no sign that the network matters"
        )
        return (
            f"Graph: {found} for the effect (p = {self.pvalue:.3g}; strongest: {self.leading}).\n"
            f"Held-out R-loss without the graph less with it: {self.loss_difference:.4g} "
            f"(standard error {self.standard_error:.2g}).\n"
            f"Assumes ignorability given features and network, overlap, and independence of {self.n_groups} "
            f"groups."
        )


@dataclass(frozen=True, repr=False)
class OverlapReport(Result):
    """How far both treatments are possible for everybody.

    Attributes
    ----------
    share_outside : float
        Share of units with a propensity outside [0.05, 0.95].
    share_clipped : float
        Share whose propensity was moved to the clipping threshold.
    smallest, largest : float
        Range of the (clipped) propensity.
    effective_treated, effective_control : float
        Effective sample size of each arm under inverse-propensity weights.
    n_treated, n_control : int
    """

    share_outside: float
    share_clipped: float
    smallest: float
    largest: float
    effective_treated: float
    effective_control: float
    n_treated: int
    n_control: int

    @property
    def is_poor(self) -> bool:
        """More than a tenth of units outside [0.05, 0.95], or an arm worth less than a third of its size."""
        shares = self.effective_treated / self.n_treated, self.effective_control / self.n_control
        return bool(self.share_outside > 0.1 or min(shares) < 1 / 3)

    def summary(self) -> str:
        verdict = "poor: prefer the overlap-weighted effect" if self.is_poor else "good"
        return (
            f"Overlap: {verdict}. Propensity from {self.smallest:.3f} to {self.largest:.3f}, "
            f"{self.share_outside:.1%} of units outside [0.05, 0.95], {self.share_clipped:.1%} clipped; "
            f"effective sample size {self.effective_treated:.0f} of {self.n_treated} treated, "
            f"{self.effective_control:.0f} of {self.n_control} untreated."
        )


@dataclass(frozen=True, repr=False)
class RefutationResult(Result):
    """A fit repeated on data in which the answer is known.

    Attributes
    ----------
    kind : str
        "placebo treatment" (permuted: the effect must be zero) or "random cause" (a random column more: the
        effect must stay).
    expected, mean : float
        What the estimates should centre on, and their mean.
    largest_deviation : float
        Largest distance of an estimate from `expected`, in standard errors of the original or placebo fit.
    pvalue : float
        Of the hypothesis that the estimates centre on `expected`, Bonferroni over repetitions.
    estimates : ndarray, shape (n_repetitions,)
    """

    kind: str
    expected: float
    mean: float
    largest_deviation: float
    pvalue: float
    estimates: NDArray[np.float64] = field(repr=False, compare=False)

    @property
    def passed(self) -> bool:
        return self.pvalue > 0.05

    def summary(self) -> str:
        word = "passed" if self.passed else "FAILED"
        return (
            f"Refutation by {self.kind}: {word} (estimates centre on {self.mean:.4g}, expected "
            f"{self.expected:.4g}; largest deviation {self.largest_deviation:.2f} standard errors, "
            f"p = {self.pvalue:.3g})."
        )
