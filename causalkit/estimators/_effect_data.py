"""Features, outcome, treatment and network checked and laid out for a learner; missing values counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from causalkit._environments import Groups, group_rows
from causalkit._validation import check_binary_treatment, check_features, check_outcome, feature_names
from causalkit.graphs._convert import as_network
from causalkit.graphs._network import Network

Array = NDArray[np.float64]


@dataclass(frozen=True)
class CheckedData:
    """All units in the order given; `observed` are those whose outcome and treatment are both known."""

    values: Array
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
    estimator: Any, X: Any, y: Any, treatment: Any, graph: Any, groups: Any, *, allow_missing: bool, n_folds: int
) -> CheckedData:
    """Everything `fit` takes, checked; each argument's error names it."""
    owner = type(estimator).__name__
    values = check_features(estimator, X, reset=True, allow_nan=allow_missing)
    n = len(values)
    outcome = check_outcome(y, n, allow_nan=allow_missing)
    t, levels = check_binary_treatment(treatment, n, owner=owner, allow_nan=allow_missing)
    network = as_network(graph, n_nodes=n, node_ids=getattr(X, "index", None))
    labels = None if groups is None else group_rows(groups, name="groups", n_rows=n)
    observed = np.flatnonzero(~np.isnan(outcome) & ~np.isnan(t))
    _check_arms(t[observed], outcome[observed], n_folds, levels, owner)
    missing = pd.Series(np.isnan(values).sum(axis=0), index=feature_names(estimator), dtype=np.int64)
    missing["(outcome)"], missing["(treatment)"] = int(np.isnan(outcome).sum()), int(np.isnan(t).sum())
    return CheckedData(values, outcome, t, levels, network, labels, observed, missing)


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
