"""Features, outcome, treatment and network checked and laid out for a learner; missing values counted."""

from __future__ import annotations

from dataclasses import dataclass
from inspect import signature
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from causalkit._environments import Groups, group_rows
from causalkit._validation import (
    check_binary_treatment,
    check_features,
    check_outcome,
    feature_names,
    row_names,
)
from causalkit.estimators._engine import EffectData, rough_effect
from causalkit.estimators._nodes import Units
from causalkit.graphs._convert import as_network
from causalkit.graphs._network import Network

Array = NDArray[np.float64]
Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class CheckedData:
    """All units in the order given; `observed` are those whose outcome and treatment are both known."""

    values: Array
    table: Any  # the values, under their names where X has some
    outcome: Array
    treatment: Array
    levels: tuple[Any, Any]
    network: Network
    groups: Groups | None
    observed: NDArray[np.intp]
    missing: pd.Series

    @property
    def n_units(self) -> int:
        return len(self.values)


def check_data(
    estimator: Any,
    X: Any,
    y: Any,
    treatment: Any,
    graph: Any,
    groups: Any,
    *,
    allow_missing: bool,
    n_folds: int,
) -> CheckedData:
    """Everything `fit` takes, checked; each argument's error names it."""
    owner = type(estimator).__name__
    values = check_features(estimator, X, reset=True, allow_nan=allow_missing)
    n = len(values)
    outcome = check_outcome(y, n, allow_nan=allow_missing)
    t, levels = check_binary_treatment(treatment, n, owner=owner, allow_nan=allow_missing)
    network = as_network(graph, n_nodes=n, node_ids=row_names(X))
    labels = None if groups is None else group_rows(groups, name="groups", n_rows=n)
    if labels is not None and labels.n_groups < n_folds:
        raise ValueError(f"groups must be at least as many as folds; got {labels.n_groups} and cv={n_folds}")
    observed = np.flatnonzero(~np.isnan(outcome) & ~np.isnan(t))
    _check_arms(t[observed], outcome[observed], n_folds, levels, owner)
    missing = pd.Series(np.isnan(values).sum(axis=0), index=feature_names(estimator), dtype=np.int64)
    missing["(outcome)"], missing["(treatment)"] = int(np.isnan(outcome).sum()), int(np.isnan(t).sum())
    table = named_table(estimator, values)
    return CheckedData(values, table, outcome, t, levels, network, labels, observed, missing)


def named_table(estimator: Any, values: Array) -> Any:
    """Checked columns (n, d) as a DataFrame where those of the fit had names, else as they are."""
    names = getattr(estimator, "feature_names_in_", None)
    return values if names is None else pd.DataFrame(values, columns=names, copy=False)


def effect_data(
    checked: CheckedData, groups: list[Float32], fold: NDArray[np.intp], *, may_miss: bool
) -> EffectData:
    """Rows whose outcome and treatment are known, with hop groups of all units and the fold of each unit."""
    observed, fold = checked.observed, fold[checked.observed]
    every = len(observed) == checked.n_units
    check_arms_outside_folds(checked.treatment[observed], fold, checked.levels)
    y = checked.outcome[observed]
    outcome, treatment = (y - y.mean()) / y.std(), checked.treatment[observed]
    rows = groups if every else [g[observed] for g in groups]
    units = Units(checked.table, checked.network, None if every else observed, may_miss)
    rough = rough_effect(np.hstack(rows), outcome, treatment)
    return EffectData(rows, outcome, float(y.std()), treatment, fold, int(fold.max()) + 1, units, rough)


def split_labels(splitter: Any, checked: CheckedData) -> NDArray[np.intp]:
    """Fold of each unit (n,) from a splitter that tests each unit once and trains on all others."""
    # scikit-learn's own splitters know no graph.
    known = {"graph": checked.network} if "graph" in signature(splitter.split).parameters else {}
    codes = None if checked.groups is None else checked.groups.codes
    out, n_tests = np.zeros(checked.n_units, np.intp), np.zeros(checked.n_units, np.intp)
    for k, (train, test) in enumerate(
        splitter.split(checked.values, checked.treatment, groups=codes, **known)
    ):
        out[test] = k
        n_tests[test] += 1
        n_left_out = checked.n_units - len(train) - len(test)
        if n_left_out:
            raise ValueError(
                "cv must train on all units that it does not test (a buffer cannot be used here); got "
                f"{n_left_out} units in neither part of fold {k}"
            )
    if (n_tests != 1).any():
        raise ValueError(
            f"cv must test each unit once; got {int((n_tests == 0).sum())} units in no test set and "
            f"{int((n_tests > 1).sum())} in several"
        )
    return out


def check_arms_outside_folds(treatment: Array, fold: NDArray[np.intp], levels: tuple[Any, Any]) -> None:
    """A propensity cannot be learned from units that were all treated alike."""
    for k in np.unique(fold):
        outside = treatment[fold != k]
        if np.ptp(outside) == 0:
            raise ValueError(
                f"treatment must have both levels outside every fold; got only {levels[int(outside[0])]!r} "
                f"outside fold {k} (use other folds or groups)"
            )


def _check_arms(treatment: Array, outcome: Array, n_folds: int, levels: tuple[Any, Any], owner: str) -> None:
    need = 2 * n_folds
    for level, count in zip(levels, ((treatment == 0).sum(), (treatment == 1).sum()), strict=True):
        if count < need:
            raise ValueError(
                f"treatment must have at least {need} units at each level for {owner} with {n_folds} folds; "
                f"got {count} at level {level!r}"
            )
    if np.ptp(outcome) == 0:
        raise ValueError("y must vary over the units whose treatment is observed; got a constant")
