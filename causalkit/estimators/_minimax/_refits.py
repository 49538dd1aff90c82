"""What fitting again on fewer rows adds to the variance of a worst-case risk."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from causalkit.estimators._minimax._assess import estimate_risk
from causalkit.estimators._minimax._estimates import RiskEstimate
from causalkit.estimators._minimax._setting import Setting, without_rows
from causalkit.estimators._minimax._types import Index


def refit_variance(setting: Setting, subset: Sequence[int], estimate: RiskEstimate, n_groups: int) -> float:
    r"""Variance of a subset's risk that comes from its predictor, mechanisms and adversary being fitted.

    The rows of each environment are dealt into G groups. With :math:`\hat R_{-g}` the risk when everything is
    fitted again without group g, and :math:`\bar R_{-g}` the mean of the estimate's own terms over the same
    rows, whose noise the standard error of the terms counts already,

    .. math:: \frac{G - 1}{G} \sum_g (\delta_g - \bar\delta)^2, \qquad \delta_g = \hat R_{-g} - \bar R_{-g}.

    Rows keep their folds, so that dealing them anew is not counted.
    """
    group = _deal_within(setting, n_groups)
    terms = estimate.contributions[np.argsort(setting.data.restore)]
    shifts = []
    for g in range(n_groups):
        again = estimate_risk(without_rows(setting, group == g, subset), subset)
        shifts.append(again.risk - terms[group != g].mean())
    return float((n_groups - 1) / n_groups * np.sum((shifts - np.mean(shifts)) ** 2))


def _deal_within(setting: Setting, n_groups: int) -> Index:
    """Groups of equal size within each environment, in random order."""
    order = np.random.default_rng(setting.seed).permutation(len(setting.data.outcome))
    order = order[np.argsort(setting.data.environments[order], kind="stable")]
    group = np.empty(len(order), dtype=np.intp)
    group[order] = np.arange(len(order)) % n_groups
    return group
