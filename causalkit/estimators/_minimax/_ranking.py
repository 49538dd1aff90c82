"""Which class of subsets is picked, and which cannot be told from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.stats import norm

from causalkit.estimators._minimax._estimates import RiskEstimate, compare_risks
from causalkit.estimators._minimax._search import Outcome
from causalkit.graphs._subset_classes import SubsetClass


def rank_classes(
    outcome: Outcome[RiskEstimate], alpha: float, is_beaten: Callable[[SubsetClass, RiskEstimate], bool]
) -> tuple[frozenset[Any], tuple[frozenset[Any], ...]]:
    """Return the members of the picked class, and of all classes that tie with the smallest risk.

    A class ties if the paired, one-sided test of level `alpha` does not find its risk above the smallest, nor
    `is_beaten` a lower bound of it: so a search that leaves classes out finds the same ties as one that does
    not. Of those the one with the smallest risk under random mechanisms is picked: the worst case does not
    tell them apart.
    """
    estimates = {members: estimate for members, (_, estimate) in outcome.assessed.items()}
    best = min(estimates.values(), key=lambda estimate: estimate.risk)
    gap = {members: compare_risks(estimate, best).z for members, estimate in estimates.items()}
    limit = max(float(norm.ppf(1 - alpha)), 0.0)  # the smallest ties with itself
    tied = [
        members
        for members, z in gap.items()
        if estimates[members] is best or (z <= limit and not is_beaten(outcome.assessed[members][0], best))
    ]
    picked = min(tied, key=lambda members: (estimates[members].average_risk, len(members)))
    return picked, tuple(sorted(tied, key=lambda members: (members != picked, estimates[members].risk)))


def with_refits(error: float, variance: float) -> float:
    """Return the standard error that counts refitting as well."""
    return float(np.hypot(error, np.sqrt(variance)))
