"""Answers about one subset: its worst-case risk, lower bounds, and comparisons of two of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.stats import norm

from causalkit._results import Result
from causalkit.estimators._minimax._mean import mean_and_error
from causalkit.estimators._minimax._predictor import Predictor
from causalkit.estimators._minimax._types import Floats, Index


@dataclass(frozen=True, repr=False)
class RiskEstimate(Result):
    """Worst-case risk of a subset's predictor, in squared units of the outcome.

    Attributes
    ----------
    risk : float
        E (Y - f_S)^2 under the worst intervention found, a doubly robust mean.
    standard_error : float
        Counts rows and differences between environments, with f_S and the intervention fitted on other rows.
    average_risk : float
        Risk where the mutable variables are drawn from their marginal laws.
    training_risk : float
        Risk in the mix of the training environments, out of fold.
    extrapolated_share : float
        How much of the worst intervention rests on values that hardly occur for a row's parents.
    contributions : ndarray, shape (n,)
        Terms of `risk`, in the order of the rows given; paired comparisons subtract them.
    policy : tuple of ndarray, shape (n, n_values)
        Probability of each value under the worst intervention, an array for each mutable variable.
    predictor : Predictor
    columns : ndarray of int
        Columns of X that the predictor takes, in its order.
    """

    risk: float
    standard_error: float
    average_risk: float
    training_risk: float
    extrapolated_share: float
    contributions: Floats
    policy: tuple[Floats, ...]
    predictor: Predictor
    columns: Index
    _environments: Index = field(repr=False)

    def predict(self, X: Floats) -> Floats:
        """Predictions of f_S (n,) for rows of X (n, d)."""
        return self.predictor.predict(X[:, self.columns])

    def conf_int(self, alpha: float = 0.05) -> tuple[float, float]:
        """Normal interval of level 1 - alpha for the worst-case risk."""
        half = float(norm.ppf(1 - alpha / 2)) * self.standard_error
        return self.risk - half, self.risk + half


@dataclass(frozen=True, repr=False)
class LowerBound(Result):
    """Risks that no predictor on the subset, nor on a part of it, can undercut in the worst case.

    Attributes
    ----------
    bound : float
        The largest of the risks.
    standard_error : float
        Of the largest.
    contributions : ndarray, shape (n, n_policies)
        Terms of the risk under each fixed law of the mutable variables for which the predictor is optimal.
    """

    bound: float
    standard_error: float
    contributions: Floats
    _environments: Index = field(repr=False)

    def exceeds(self, risk: RiskEstimate, alpha: float = 0.05) -> bool:
        """Whether a law's risk is above a worst-case risk: paired one-sided tests, Bonferroni-corrected."""
        quantile = norm.ppf(1 - alpha / max(self.contributions.shape[1], 1))
        gaps = (self.contributions - risk.contributions[:, None]).T
        pairs = [mean_and_error(gap, self._environments) for gap in gaps]
        return any(mean - quantile * error > 0 for mean, error in pairs)


@dataclass(frozen=True, repr=False)
class RiskDifference(Result):
    """Difference of two worst-case risks from the same rows.

    Attributes
    ----------
    difference : float
        First minus second.
    standard_error : float
    """

    difference: float
    standard_error: float

    @property
    def z(self) -> float:
        """Difference in standard errors; zero for equal contributions."""
        if self.standard_error == 0:
            return 0.0 if self.difference == 0 else float(np.copysign(np.inf, self.difference))
        return self.difference / self.standard_error


def compare_risks(first: RiskEstimate, second: RiskEstimate) -> RiskDifference:
    """Compare two subsets row by row; noise that they share cancels."""
    gap = first.contributions - second.contributions
    return RiskDifference(*mean_and_error(gap, first._environments))
