"""Boosted trees with our settings: squared error and classes, one thread, the same for every run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from causalkit.estimators._minimax._types import Floats, Index


@dataclass(frozen=True)
class TreeSettings:
    """How large the trees are, how many, and how much each adds."""

    n_trees: int
    n_leaves: int
    min_rows: int
    ridge: float = 0.0
    rate: float = 0.08


_SHARED: dict[str, Any] = {
    "seed": 0,
    "deterministic": True,
    "force_col_wise": True,
    "num_threads": 1,
    "verbose": -1,
}
_CLASSES = TreeSettings(25, 8, 40, 5.0)


def boost(x: Floats, target: Floats, settings: TreeSettings, weight: Floats | None = None) -> Any:
    """Boosted regression of `target` (n,) on `x` (n, d); the booster has `predict`."""
    import lightgbm as lgb

    return lgb.train(_parameters(settings), lgb.Dataset(x, target, weight=weight), settings.n_trees)


def boost_classes(x: Floats, labels: Index, n_classes: int, categorical: list[int]) -> Any:
    """Boosted probabilities of `labels` (n,) in 0..n_classes-1; `predict` gives (n, n_classes)."""
    import lightgbm as lgb

    own = {**_parameters(_CLASSES), "objective": "multiclass", "num_class": n_classes, "max_bin": 63}
    data = lgb.Dataset(x, labels, categorical_feature=categorical)
    return lgb.train(own, data, _CLASSES.n_trees)


def predict(model: Any, x: Floats) -> Floats:
    """Predictions of a booster on one thread."""
    return np.asarray(model.predict(x, num_threads=1))


def _parameters(settings: TreeSettings) -> dict[str, Any]:
    return {
        "learning_rate": settings.rate,
        "num_leaves": settings.n_leaves,
        "min_data_in_leaf": settings.min_rows,
        "lambda_l2": settings.ridge,
        "max_bin": 127,
        **_SHARED,
    }
