"""Fitted models of the effect: linear in the engine's design, a forest, a regression of any kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalkit.estimators._nodes import HOP_COLUMNS, Nodes, Reader
from causalkit.nuisance._gram import Design, predict, predict_by_stratum

Array = NDArray[np.float64]
Float32 = NDArray[np.float32]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class LinearEffect:
    """An effect linear in a design: weights of the whole fit, of the fits without a fold, and a posterior.

    Columns are those of [1 | blocks | pairs]; all in units of the standardised outcome.
    """

    weights: Array  # (n_columns, 1)
    fold_weights: Array  # (n_folds, n_columns, 1)
    root: Array  # (n_columns, k): root @ root.T is the posterior covariance of the weights

    def predict(self, nodes: Nodes) -> Array:
        return predict(nodes.design, self.weights)[:, 0]

    def held_out(self, design: Design, fold: Index) -> Array:
        return predict_by_stratum(design, self.fold_weights, fold)[:, 0]

    def variance(self, rows: Float32) -> Array:
        """Posterior variance plus delete-one-fold jackknife variance of the effect at rows of a design."""
        live = np.flatnonzero(self.root.any(axis=1))
        posterior = ((rows[:, live] @ self.root[live].astype(np.float32)) ** 2).sum(axis=1)
        by_fold = rows @ self.fold_weights[:, :, 0].T.astype(np.float32)
        return np.asarray(posterior + (len(self.fold_weights) - 1) * by_fold.var(axis=1), dtype=np.float64)


@dataclass(frozen=True)
class ForestEffect:
    """A forest on the hop columns, behind an imputer for rows with missing values."""

    forest: Any
    imputer: Any

    def predict(self, nodes: Nodes) -> Array:
        return np.asarray(self.forest.predict(self.complete(np.hstack(nodes.groups)))).ravel()

    def complete(self, columns: Float32) -> Float32:
        return np.asarray(self.imputer.transform(columns)) if np.isnan(columns).any() else columns


@dataclass(frozen=True)
class RegressorEffect:
    """A regression of the effect itself: of a pseudo-outcome, or of a ratio of residuals with weights.

    `fold_models` are the fits without each fold, where they are small enough to be kept.
    """

    model: Any
    reader: Reader = HOP_COLUMNS
    fold_models: tuple[Any, ...] = ()

    def predict(self, nodes: Nodes) -> Array:
        return self.reader.view(nodes.groups, nodes.units).predict(self.model)

    def variance(self, nodes: Nodes) -> Array:
        """Delete-one-fold jackknife variance of the effect."""
        view = self.reader.view(nodes.groups, nodes.units)
        by_fold = np.array([view.predict(model) for model in self.fold_models])
        return np.asarray((len(by_fold) - 1) * by_fold.var(axis=0))


@dataclass(frozen=True)
class ArmsEffect:
    """Difference of two regressions of the outcome, one fitted to each arm."""

    treated: Any
    untreated: Any
    reader: Reader

    def predict(self, nodes: Nodes) -> Array:
        view = self.reader.view(nodes.groups, nodes.units)
        return view.predict(self.treated) - view.predict(self.untreated)


@dataclass(frozen=True)
class OwnTreatmentEffect:
    """Contrast f(z, 1) - f(z, 0) of one regression of the outcome in the unit's own treatment."""

    model: Any
    reader: Reader
    column: Any

    def predict(self, nodes: Nodes) -> Array:
        view = self.reader.view(nodes.groups, nodes.units)
        treated, untreated = (view.with_column(self.column, a).predict(self.model) for a in (1.0, 0.0))
        return treated - untreated


def knows_variance(model: EffectModel) -> bool:
    """Whether a model of the effect can say how sure it is."""
    return isinstance(model, LinearEffect) or (isinstance(model, RegressorEffect) and bool(model.fold_models))


EffectModel = LinearEffect | ForestEffect | RegressorEffect | ArmsEffect | OwnTreatmentEffect


@dataclass(frozen=True)
class Candidate:
    """One final-stage model, fitted on all rows, and its effect at the training rows when held out."""

    name: str
    model: EffectModel
    held_out: Array
    outcome_held_out: tuple[Array, Array] | None = (
        None  # (mu, tau) of joint fits, which model the outcome, too
    )


def compact_root(root: Array) -> Array:
    """Another square root of root @ root.T, with no more columns than there are rows that are not zero."""
    live = np.flatnonzero(root.any(axis=1))
    small = np.asarray(np.linalg.qr(root[live].T, mode="r")).T
    out = np.zeros((len(root), small.shape[1]))
    out[live] = small
    return out
