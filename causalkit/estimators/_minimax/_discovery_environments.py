"""What a variable says about the environment beyond others: held-out classifiers with and without it."""

from __future__ import annotations

from collections.abc import Collection
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from causalkit.estimators._minimax._discovery_features import Floats
from causalkit.estimators._minimax._discovery_table import Table

_FOLDS = 5
_TREES = 40
_SETTINGS = {
    "objective": "multiclass",
    "learning_rate": 0.05,
    "num_leaves": 6,
    "min_data_in_leaf": 40,
    "lambda_l2": 10.0,
    "max_bin": 127,
    "seed": 0,
    "deterministic": True,
    "force_col_wise": True,
    "num_threads": 1,
    "verbose": -1,
}


def information_gain(table: Table, v: int, given: Collection[int]) -> Floats:
    r"""Return how much better each row's environment is predicted with ``v`` than without.

    .. math:: \log \tfrac12 \{P(e | x_v, x_{given}) + P(e | x_{given})\} - \log P(e | x_{given})

    The models never saw the row. The average loses little where ``v`` says much, and most of the noise where
    it says little. Its mean is about zero or below where ``v`` and the environment are independent given
    the others, and at most their conditional mutual information. A poor model of ``v`` cannot look like a
    change of its mechanism here, as only the environment is modelled.
    """
    without = _held_out(table, list(given))
    return np.logaddexp(_held_out(table, [v, *given]), without) - np.log(2) - without


def _held_out(table: Table, chosen: list[int]) -> Floats:
    """Held-out log probability of each row's environment, shape (n,)."""
    import lightgbm as lgb

    codes = table.codes
    n_envs = len(table.starts) - 1
    if not chosen:
        return np.log(np.bincount(codes) / len(codes))[codes]
    columns = _columns(table.values[:, sorted(chosen)], table.is_level[sorted(chosen)])
    # Rows stand in an order that has nothing to do with their values, so that any rule makes random folds.
    fold = np.arange(len(codes)) % _FOLDS
    out = np.empty(len(codes))
    for f in range(_FOLDS):
        kept, held = fold != f, fold == f
        data = lgb.Dataset(columns[kept], codes[kept])
        model = lgb.train({**_SETTINGS, "num_class": n_envs}, data, _TREES)
        predicted = np.asarray(model.predict(columns[held]))
        out[held] = np.log(np.maximum(predicted[np.arange(held.sum()), codes[held]], 1e-6))
    return out


def _columns(values: Floats, is_level: NDArray[np.bool_]) -> Floats:
    """Ranks, and differences of ranks: trees find a band around a diagonal only with many cuts."""
    ranks = rankdata(values, axis=0) / len(values)
    numbers = ranks[:, ~is_level].T
    differences = [np.abs(a - b) for a, b in combinations(numbers, 2)]
    return np.column_stack([ranks, *differences])
