"""What a search asks about classes of subsets, answered from data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.stats import norm

from causalkit.estimators._minimax._assess import (
    ENOUGH_ROWS,
    estimate_risk,
    fit_subset,
    lower_bound,
    policy_weights,
)
from causalkit.estimators._minimax._estimates import LowerBound, RiskEstimate
from causalkit.estimators._minimax._overlap import effective_rows
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
    _adversary: tuple[Floats, ...] | None = None
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

    def is_worse(self, subset: SubsetClass, incumbent: RiskEstimate) -> bool:
        """Whether anything that a search looks at says that a class is worse than the incumbent."""
        bound = self.bound(subset)
        return self.is_beaten(bound, incumbent) or self.screen(subset, incumbent) is not None

    def screen(self, subset: SubsetClass, incumbent: RiskEstimate) -> tuple[str, float] | None:
        """Compare the risk in each training environment and under the first adversary with the incumbent."""
        columns, predictor = self._columns(subset), self._predictor(subset)
        data = self.setting.data
        loss = (data.outcome - predictor.out_of_fold) ** 2
        rival = incumbent.contributions[np.argsort(data.restore)]
        share = np.bincount(data.environments) / len(loss)
        # Where the range is narrower than observed, a training environment is no change to reckon with.
        if not self.setting.game(columns).is_narrowed:
            bound = _exceeding(np.eye(len(share))[data.environments] / share, loss, rival, self.alpha)
            if bound is not None:
                return BY_ENVIRONMENT, bound
        if self._adversary and self.setting.active(columns) == self._attacked:
            weights = policy_weights(self.setting, columns, self._adversary)[:, None]
            bound = _exceeding(weights, loss, rival, self.alpha)
            if bound is not None:
                return BY_INTERVENTION, bound
        return None

    def assess(self, subset: SubsetClass) -> RiskEstimate:
        """Estimate the worst-case risk of a class."""
        estimate = estimate_risk(self.setting, self._columns(subset), self._predictor(subset))
        if self._adversary is None:  # of the first class, which is assessed alone: the same for any n_jobs
            self._adversary = () if estimate.extrapolated_share else estimate.policy
            self._attacked = self.setting.active(self._columns(subset))
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


def _exceeding(weights: Floats, loss: Floats, rival: Floats, alpha: float) -> float | None:
    """Largest risk under laws (n, k) of one predictor if it is above the rival's, by paired tests."""
    usable = weights[:, effective_rows(weights) >= ENOUGH_ROWS]
    gap = usable * loss[:, None] - rival[:, None]
    limit = norm.ppf(1 - alpha / max(usable.shape[1], 1)) * gap.std(axis=0) / np.sqrt(len(gap))
    if not (gap.mean(axis=0) > limit).any():
        return None
    return float((usable * loss[:, None]).mean(axis=0).max())
