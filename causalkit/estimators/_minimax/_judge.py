"""What a search asks about classes of subsets, answered from data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.stats import norm

from causalkit.estimators._minimax._assess import estimate_risk, fit_subset, lower_bound, policy_weights
from causalkit.estimators._minimax._estimates import LowerBound, RiskEstimate
from causalkit.estimators._minimax._predictor import Predictor
from causalkit.estimators._minimax._setting import Setting
from causalkit.estimators._minimax._types import Floats
from causalkit.graphs._dag import Node
from causalkit.graphs._subset_classes import SubsetClass

BY_ENVIRONMENT = "worst training environment"
BY_INTERVENTION = "known intervention"


@dataclass
class DataJudge:
    """A :class:`~causalkit.estimators._minimax._search.Judge` on one setting.

    Attributes
    ----------
    setting : Setting
    column : mapping of name to int
        Column of X of each stable variable.
    alpha : float
        Level of the one-sided tests by which a class is dropped.
    """

    setting: Setting
    column: Mapping[Node, int]
    alpha: float
    _predictors: dict[frozenset[Node], Predictor] = field(default_factory=dict)
    _adversary: tuple[Floats, ...] = ()
    _attacked: tuple[int, ...] = ()

    def bound(self, subset: SubsetClass) -> LowerBound:
        """Bayes risk of a set under fixed laws of the mutable variables."""
        return lower_bound(self.setting, self._columns(subset), predictor=self._predictor(subset))

    def value(self, bound: LowerBound) -> float:
        """Return a bound as a number."""
        return bound.bound

    def is_beaten(self, bound: LowerBound, incumbent: RiskEstimate) -> bool:
        """Whether a bound is above the incumbent's risk by a paired test."""
        return bound.exceeds(incumbent, self.alpha)

    def screen(self, subset: SubsetClass, incumbent: RiskEstimate) -> tuple[str, float] | None:
        """Compare the risk in each training environment and under the first adversary with the incumbent."""
        predictor = self._predictor(subset)
        data = self.setting.data
        loss = ((data.outcome - predictor.out_of_fold) ** 2)[data.restore]
        environments = data.environments[data.restore]
        share = np.bincount(environments) / len(loss)
        one_environment = np.eye(len(share))[environments] / share
        terms = one_environment * loss[:, None]
        if _exceeds(terms, incumbent.contributions, self.alpha):
            return BY_ENVIRONMENT, float(terms.mean(axis=0).max())
        columns = self._columns(subset)
        if self._adversary and self.setting.active(columns) == self._attacked:
            terms = policy_weights(self.setting, columns, self._adversary) * loss
            if _exceeds(terms[:, None], incumbent.contributions, self.alpha):
                return BY_INTERVENTION, float(terms.mean())
        return None

    def assess(self, subset: SubsetClass) -> RiskEstimate:
        """Estimate the worst-case risk of a class."""
        estimate = estimate_risk(self.setting, self._columns(subset), self._predictor(subset))
        if not self._adversary:
            self._adversary, self._attacked = estimate.policy, self.setting.active(self._columns(subset))
        return replace(estimate, policy=())  # large, and needed no more

    def risk(self, estimate: RiskEstimate) -> float:
        """Return an estimate as a number."""
        return estimate.risk

    def _columns(self, subset: SubsetClass) -> list[int]:
        return sorted(self.column[name] for name in subset.members)

    def _predictor(self, subset: SubsetClass) -> Predictor:
        if subset.members not in self._predictors:
            self._predictors[subset.members] = fit_subset(self.setting, self._columns(subset))
        return self._predictors[subset.members]


def _exceeds(terms: Floats, incumbent: Floats, alpha: float) -> bool:
    """Whether the mean of a column (n, k) is above the incumbent's: paired tests, Bonferroni-corrected."""
    gap = terms - incumbent[:, None]
    error = gap.std(axis=0) / np.sqrt(len(gap))
    return bool((gap.mean(axis=0) > norm.ppf(1 - alpha / terms.shape[1]) * error).any())
