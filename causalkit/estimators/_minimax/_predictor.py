"""Weighted, cross-fitted regression of the outcome on a stable subset and the mutable variables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from scipy.optimize import nnls
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

from causalkit.estimators._minimax._boosting import TreeSettings, boost, predict
from causalkit.estimators._minimax._smooth import SmoothRidge, cross_fit_smooth
from causalkit.estimators._minimax._types import Floats, Index

_TREES = TreeSettings(n_trees=60, n_leaves=16, min_rows=20, rate=0.15)


class Predictor(Protocol):
    """A fitted predictor: values for new rows, and those of the training rows from the folds without them."""

    @property
    def out_of_fold(self) -> Floats:
        """Predictions (n,) of the training rows."""
        ...

    def predict(self, x: Floats) -> Floats:
        """Predictions (n,) for rows (n, d)."""
        ...


def fit_predictor(
    x: Floats,
    outcome: Floats,
    weight: Floats,
    fold: Index,
    mutable: Index,
    estimator: Any = None,
    seed: int = 0,
) -> Predictor:
    """Fit E[Y | x] under the weighted law, each fold predicted by a model that has not seen it.

    Parameters
    ----------
    x : ndarray, shape (n, d)
        The subset's columns and those of the mutable variables.
    outcome, weight : ndarray, shape (n,)
        `weight` is q(m) / p(m | parents): it makes the mutable variables independent of their parents.
    fold : ndarray of int, shape (n,)
        Codes 0..n_folds-1.
    mutable : ndarray of int
        Which columns of `x` are mutable variables.
    estimator : regressor, optional
        Cloned and fitted once a fold; without, boosted trees and a smooth ridge are mixed.
    seed : int
        Of an estimator that has none, and of the rows drawn for one that takes no weights.
    """
    if not x.shape[1]:
        return _fit_constant(outcome, weight, fold)
    if estimator is None:
        return _fit_stack(x, outcome, weight, fold, mutable)
    return _fit_given(x, outcome, weight, fold, estimator, seed)


@dataclass(frozen=True)
class ConstantPredictor:
    """A mean, where there is no column to predict from."""

    value: float
    out_of_fold: Floats

    def predict(self, x: Floats) -> Floats:
        """The mean, once a row."""
        return np.full(len(x), self.value)


@dataclass(frozen=True)
class StackedPredictor:
    """Boosted trees and a smooth ridge, mixed by non-negative least squares on out-of-fold values."""

    trees: tuple[Any, ...]
    smooth: SmoothRidge
    mix: Floats
    centre: float
    limits: tuple[Floats, Floats]
    out_of_fold: Floats

    def predict(self, x: Floats) -> Floats:
        """Mean of the folds' predictions; values far from what was seen count as the limits."""
        x = np.clip(x, *self.limits)
        trees = np.mean([predict(model, x) for model in self.trees], axis=0)
        return self.centre + (np.column_stack([trees, self.smooth.predict(x)]) - self.centre) @ self.mix


@dataclass(frozen=True)
class GivenPredictor:
    """Clones of a user's regressor, one for each fold."""

    models: tuple[Any, ...]
    out_of_fold: Floats

    def predict(self, x: Floats) -> Floats:
        """Mean of the folds' predictions."""
        return np.mean([model.predict(x) for model in self.models], axis=0)


def _fit_constant(outcome: Floats, weight: Floats, fold: Index) -> ConstantPredictor:
    total, sums = np.bincount(fold, weights=weight), np.bincount(fold, weights=weight * outcome)
    without = (sums.sum() - sums) / (total.sum() - total)
    return ConstantPredictor(float(without.mean()), without[fold])


def _fit_stack(x: Floats, outcome: Floats, weight: Floats, fold: Index, mutable: Index) -> StackedPredictor:
    smooth = cross_fit_smooth(x, outcome, weight, fold, mutable)
    each = np.column_stack([np.empty(len(x)), smooth.out_of_fold])
    trees = []
    for k in range(int(fold.max()) + 1):
        held = fold == k
        trees.append(boost(x[~held], outcome[~held], _TREES, weight[~held]))
        each[held, 0] = predict(trees[-1], x[held])
    centre, root = float(np.average(outcome, weights=weight)), np.sqrt(weight)
    mix = nnls((each - centre) * root[:, None], (outcome - centre) * root)[0]
    return StackedPredictor(tuple(trees), smooth, mix, centre, _limits(x), centre + (each - centre) @ mix)


def _limits(x: Floats) -> tuple[Floats, Floats]:
    """The observed range, widened by its length to either side: products of columns soon lead far away."""
    low, high = x.min(axis=0), x.max(axis=0)
    return 2 * low - high, 2 * high - low


def _fit_given(
    x: Floats, outcome: Floats, weight: Floats, fold: Index, estimator: Any, seed: int
) -> GivenPredictor:
    out_of_fold, models = np.empty(len(x)), []
    for k in range(int(fold.max()) + 1):
        held = fold == k
        models.append(_fit_weighted(estimator, x[~held], outcome[~held], weight[~held], seed))
        out_of_fold[held] = models[-1].predict(x[held])
    return GivenPredictor(tuple(models), out_of_fold)


def _seeded(model: Any, seed: int) -> Any:
    open_seeds = [
        name
        for name, value in model.get_params().items()
        if name.split("__")[-1] == "random_state" and value is None
    ]
    return model.set_params(**dict.fromkeys(open_seeds, seed))


def _fit_weighted(estimator: Any, x: Floats, outcome: Floats, weight: Floats, seed: int) -> Any:
    """Fit with weights where the regressor takes them, on rows drawn by weight where it does not."""
    model = _seeded(clone(estimator), seed)
    last = model.steps[-1] if isinstance(model, Pipeline) else ("", model)
    if has_fit_parameter(last[1], "sample_weight"):
        name = f"{last[0]}__sample_weight" if last[0] else "sample_weight"
        return model.fit(x, outcome, **{name: weight})
    rows = np.random.default_rng(seed).choice(len(x), size=len(x), p=weight / weight.sum())
    return model.fit(x[rows], outcome[rows])
