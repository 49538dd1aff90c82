"""Ridge regression on columns, their products and curves, cross-fitted from one Gram matrix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.preprocessing import SplineTransformer

from causalkit.estimators._minimax._types import Floats, Index

_ALPHAS = np.logspace(-2, 4, 7)
_N_KNOTS = 6
_MOST_LEVELS = 12  # a level of its own for each value up to here


class SmoothFeatures:
    """Columns, their products, their curves, and the curves of some columns times the others.

    Parameters
    ----------
    x : ndarray, shape (n, d)
        Rows that set the centre, the scale and the knots of each column.
    bending : ndarray of int
        Columns whose curve multiplies the other columns.
    by_curves : bool
        Whether it multiplies the curves of the other columns instead.
    """

    def __init__(self, x: Floats, bending: Index, by_curves: bool = False) -> None:
        self._centre, self._scale = x.mean(axis=0), x.std(axis=0)
        self._scale = np.where(self._scale > 0, self._scale, 1.0)
        self._curves = [_Curve(column) for column in x.T]
        self._bending = [int(j) for j in bending]
        self._by_curves = by_curves

    def transform(self, x: Floats) -> Floats:
        """Features (n, k) of rows (n, d); splines go on in a straight line outside the range."""
        z = (x - self._centre) / self._scale
        first, second = np.triu_indices(z.shape[1], 1)
        curves = [curve.transform(column) for curve, column in zip(self._curves, x.T, strict=True)]
        parts = [z, z[:, first] * z[:, second], *curves]
        for j in self._bending:
            others = [k for k in range(z.shape[1]) if k != j]
            for k in others:
                parts.append(_products(curves[j], curves[k] if self._by_curves else z[:, [k]]))
        return np.hstack(parts)


class _Curve:
    """Indicators of a column's levels if they are few, a cubic spline if they are many."""

    def __init__(self, column: Floats) -> None:
        levels = np.unique(column)
        knots = np.unique(np.quantile(column, np.linspace(0, 1, _N_KNOTS)))
        # A heap of rows on few values leaves too few knots for a spline.
        by_level = len(levels) <= _MOST_LEVELS or len(knots) < 3
        self._levels = levels[1:][:_MOST_LEVELS] if by_level else None
        if not by_level:
            spline = SplineTransformer(knots=knots[:, None], extrapolation="linear", include_bias=False)
            self._spline = spline.fit(column[:, None])

    def transform(self, column: Floats) -> Floats:
        if self._levels is not None:
            return (column[:, None] == self._levels).astype(np.float64)
        return np.asarray(self._spline.transform(column[:, None]))


def _products(first: Floats, second: Floats) -> Floats:
    return (first[:, :, None] * second[:, None, :]).reshape(len(first), -1)


@dataclass(frozen=True)
class SmoothRidge:
    """A ridge fit: features, coefficients (k, n_fits) and intercepts (n_fits,), one for each fold."""

    features: SmoothFeatures
    coefficients: Floats
    intercepts: Floats
    out_of_fold: Floats

    def predict(self, x: Floats) -> Floats:
        """Mean of the folds' predictions."""
        return self.features.transform(x) @ self.coefficients.mean(axis=1) + self.intercepts.mean()


def cross_fit_smooth(
    x: Floats, target: Floats, weight: Floats, fold: Index, bending: Index, by_curves: bool = False
) -> SmoothRidge:
    """Fit the ridge without each fold in turn; the penalty with the least out-of-fold error is taken.

    Parameters
    ----------
    x : ndarray, shape (n, d)
    target, weight : ndarray, shape (n,)
    fold : ndarray of int, shape (n,)
        Codes 0..n_folds-1.
    bending : ndarray of int
        Columns whose curve multiplies the others.
    by_curves : bool
        Whether it multiplies the others' curves instead.
    """
    features = SmoothFeatures(x, bending, by_curves)
    table = np.column_stack([features.transform(x), np.ones(len(x)), target])
    table[:, :-2] -= table[:, :-2].mean(axis=0)  # an intercept below makes up for it
    n_folds = int(fold.max()) + 1
    parts = [_gram(table[fold == k], weight[fold == k]) for k in range(n_folds)]
    total = np.sum(parts, axis=0)
    solved = np.stack([_solve_path(total - part) for part in parts])  # (fold, alpha, feature + 1)
    each = np.empty((len(x), len(_ALPHAS)))
    for k in range(n_folds):
        each[fold == k] = table[fold == k, :-1] @ solved[k].T
    best = int((weight @ (each - target[:, None]) ** 2).argmin())
    coefficients = solved[:, best, :-1].T
    intercepts = solved[:, best, -1] - features.transform(x).mean(axis=0) @ coefficients
    return SmoothRidge(features, coefficients, intercepts, each[:, best])


def _gram(table: Floats, weight: Floats) -> Floats:
    return table.T @ (table * weight[:, None])


def _solve_path(gram: Floats) -> Floats:
    """Coefficients and intercept (alphas, features + 1) from the Gram matrix of features, ones and target."""
    total = gram[-2, -2]
    means = gram[:, -2] / total
    centred = gram - total * np.outer(means, means)
    values, vectors = np.linalg.eigh(centred[:-2, :-2])
    moment = vectors.T @ centred[:-2, -1]
    shrunk = moment / (np.maximum(values, 0) + _ALPHAS[:, None])
    beta = shrunk @ vectors.T
    return np.column_stack([beta, means[-1] - beta @ means[:-2]])
