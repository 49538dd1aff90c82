"""From checked data to the picked subset: prepare, search, rank, fit again, compare with the pooled fit."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from causalkit._random import RandomState, child_generators
from causalkit.estimators._minimax._estimates import RiskEstimate
from causalkit.estimators._minimax._judge import DataJudge
from causalkit.estimators._minimax._overlap import Overlap
from causalkit.estimators._minimax._pooled import PooledFit, fit_pooled
from causalkit.estimators._minimax._predictor import Predictor
from causalkit.estimators._minimax._ranking import rank_classes, with_refits
from causalkit.estimators._minimax._refits import refit_variance
from causalkit.estimators._minimax._risk_table import Ranking, risk_table
from causalkit.estimators._minimax._roles import Roles, mutable_variables
from causalkit.estimators._minimax._search import Outcome, best_first, exhaustive, only_this, only_whole_set
from causalkit.estimators._minimax._setting import Setting, prepare
from causalkit.estimators._minimax._smooth import cross_fit_smooth
from causalkit.estimators._minimax._types import Floats, Index
from causalkit.graphs._subset_classes import SubsetTree

# What rests on roles and graph.
_UNKNOWN = ["risk", "risk_low", "risk_high", "average_risk", "extrapolated_share"]
BY_GRAPH = "graph"
BY_CHOICE = "search"


@dataclass(frozen=True)
class Options:
    """Settings of an analysis."""

    estimator: Any
    mutable_range: Any
    search: str
    alpha: float
    n_refits: int
    n_jobs: int | None
    random_state: RandomState
    tell: Callable[..., None]


@dataclass(frozen=True)
class FittedSubset:
    """A subset's predictor.

    Attributes
    ----------
    columns : ndarray of int
        Columns that it takes, in its order.
    predictor : Predictor
    out_of_fold : ndarray, shape (n,)
        Predictions of the training rows.
    """

    columns: Index
    predictor: Predictor
    out_of_fold: Floats

    def predict(self, values: Floats) -> Floats:
        """Predictions (n,) of rows (n, d)."""
        return self.predictor.predict(values[:, self.columns])


@dataclass(frozen=True)
class Analysis:
    """What a fit found, in squared standard deviations of the outcome but for `table`."""

    table: pd.DataFrame
    picked: frozenset[Any]
    tied: tuple[frozenset[Any], ...]
    pick: FittedSubset
    whole: FittedSubset
    pooled: PooledFit
    overlap: Overlap
    n_bounds: int


def analyse(
    values: Floats,
    outcome: Floats,
    environments: Any,
    roles: Roles,
    columns: Sequence[Hashable],
    companions: Mapping[int, tuple[int, ...]],
    options: Options,
    *,
    scale: float,
) -> Analysis:
    """Find the subset with the smallest worst-case risk.

    Parameters
    ----------
    values : ndarray, shape (n, d + extra)
        The columns, then their companions.
    outcome : ndarray, shape (n,)
        Standardised.
    environments : array-like, shape (n,)
    roles : Roles
    columns : sequence of str, length d
    companions : mapping of int to tuple of int
    options : Options
    scale : float
        Squared units of the outcome in one unit of risk.
    """
    setting = prepare(
        values,
        outcome,
        environments,
        mutable_variables(roles, columns),
        names=[*map(str, columns), *(f"companion {i}" for i in range(values.shape[1] - len(columns)))],
        mutable_range=options.mutable_range if roles.is_identified else "observed",
        estimator=options.estimator,
        companions=companions,
        random_state=child_generators(options.random_state, 1)[0],
    )
    place = {name: j for j, name in enumerate(columns)}
    judge = DataJudge(setting, {name: place[name] for name in roles.stable}, options.alpha)
    tree = SubsetTree(roles.causal_graph, roles.target, roles.mutable, order=_order(setting, judge.column))
    found = _search(tree, judge, roles, options)
    picked, tied = rank_classes(found, options.alpha, judge.is_worse)
    errors = _errors(found, picked, judge, options.n_refits if roles.is_identified else 0)
    table = risk_table(tree, found, Ranking(picked, tied, errors), columns, alpha=options.alpha, scale=scale)
    if not roles.is_identified:
        table[_UNKNOWN] = np.nan
    whole = tree.largest(tree.root).members if roles.is_identified else picked
    return Analysis(
        table=table,
        picked=picked,
        tied=tied,
        pick=_fitted(setting, found.assessed[picked][1]),
        whole=_fitted(setting, found.assessed[whole][1]),
        pooled=fit_pooled(setting),
        overlap=setting.overlap,
        n_bounds=found.n_bounds,
    )


def _errors(
    found: Outcome[RiskEstimate], picked: frozenset[Any], judge: DataJudge, n_refits: int
) -> dict[frozenset[Any], float]:
    """Standard errors of all assessed risks; that of the picked class counts refitting."""
    errors = {members: estimate.standard_error for members, (_, estimate) in found.assessed.items()}
    if n_refits:
        subset = sorted(judge.column[name] for name in picked)
        extra = refit_variance(judge.setting, subset, found.assessed[picked][1], n_refits)
        errors[picked] = with_refits(errors[picked], extra)
    return errors


def _search(tree: SubsetTree, judge: DataJudge, roles: Roles, options: Options) -> Outcome[RiskEstimate]:
    if not roles.is_identified:
        return only_this(roles.stable, judge)
    if roles.whole_set_is_optimal:
        return only_whole_set(tree, judge, BY_GRAPH)
    if options.search == "whole_set":
        return only_whole_set(tree, judge, BY_CHOICE)
    search = exhaustive if options.search == "exhaustive" else best_first
    return search(tree, judge, n_jobs=options.n_jobs, tell=options.tell)


def _order(setting: Setting, column: Mapping[Hashable, int]) -> list[Hashable]:
    """Stable variables from the one that says most of the outcome on its own: without it bounds are high."""
    data, plain = setting.data, np.empty(0, dtype=np.intp)
    alone = {}
    for name, j in column.items():
        x, weight = data.table[:, [int(data.place[j])]], setting.game([j]).weight
        fit = cross_fit_smooth(x, data.outcome, weight, setting.fold, plain)
        alone[name] = float(np.mean(weight * (data.outcome - fit.out_of_fold) ** 2))
    return sorted(alone, key=lambda name: (alone[name], int(data.place[column[name]])))


def _fitted(setting: Setting, estimate: RiskEstimate) -> FittedSubset:
    return FittedSubset(
        estimate.columns, estimate.predictor, estimate.predictor.out_of_fold[setting.data.restore]
    )
