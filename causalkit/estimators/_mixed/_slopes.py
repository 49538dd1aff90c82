"""Gaussian models in which environments have slopes of their own: Fisher scoring for the variance ratios."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from causalkit.estimators._mixed._features import Floats
from causalkit.estimators._mixed._fit import GaussianFit, log_likelihood, regress
from causalkit.estimators._mixed._moments import Moments
from causalkit.estimators._mixed._slope_gate import shared_slopes

_MOST_STEPS = 25
_MOST_HALVINGS = 6
_TOLERANCE = 1e-3
_GATE = 2.5


@dataclass(frozen=True)
class _Point:
    """Everything at given ratios: likelihood, its gradient and the expected information."""

    likelihood: float
    coefficients: Floats
    variance: float
    gradient: Floats
    information: Floats


@dataclass(frozen=True)
class _Family:
    """Moments of a response, its regressors and its random columns, which come in groups of one ratio."""

    moments: Moments
    random: Floats
    mixed: Floats
    total: Floats
    members: Floats

    def at(self, ratios: Floats) -> _Point:
        """Evaluate at one ratio for each group."""
        own = self.members.T @ ratios
        inner = np.eye(len(own)) + self.random * own
        solved = np.linalg.solve(inner, np.concatenate([self.random, self.mixed], axis=2))
        determinant = float(np.linalg.slogdet(inner)[1] @ self.moments.counts)
        return self._point(solved[:, :, : len(own)], solved[:, :, len(own) :], own, determinant)

    def at_intercept(self, ratio: float) -> _Point:
        """The same where only the first random column, which is one, has a ratio above zero."""
        sizes = self.moments.sizes
        shrink = (ratio / (1 + sizes * ratio))[:, None, None] * self.random[:, :, :1]
        own = np.zeros(self.random.shape[1])
        own[0] = ratio
        determinant = float(np.log1p(sizes * ratio) @ self.moments.counts)
        random = self.random - shrink * self.random[:, :1]
        return self._point(random, self.mixed - shrink * self.mixed[:, :1], own, determinant)

    def _point(self, random: Floats, mixed: Floats, own: Floats, determinant: float) -> _Point:
        counts, n = self.moments.counts, self.moments.n_rows
        weighted = self.mixed * (counts[:, None] * own)[:, :, None]
        width = mixed.shape[2]
        gram = self.total - weighted.reshape(-1, width).T @ mixed.reshape(-1, width)
        coefficients, residual = regress(gram[None])
        likelihood = log_likelihood(self.moments, np.array([determinant]), residual)
        variance = max(float(residual[0]) / n, 1e-300)
        scores = mixed[:, :, -1] - mixed[:, :, :-1] @ coefficients[0]
        diagonal = np.einsum("ekk->ek", random)
        gradient = 0.5 * self.members @ (counts @ (scores**2 / variance - diagonal))
        traces = self.members @ (counts @ diagonal)
        squares = np.tensordot(counts, random**2, axes=1)
        information = 0.5 * (self.members @ squares @ self.members.T - np.outer(traces, traces) / n)
        return _Point(float(likelihood[0]), coefficients[0], variance, gradient, information)


def fit_slopes(moments: Moments, start: GaussianFit, slopes: list[list[int]]) -> GaussianFit:
    """Let those groups of feature columns have own slopes for which the likelihood's slope asks.

    Parameters
    ----------
    moments : Moments
        The table.
    start : GaussianFit
        The model with own intercepts alone.
    slopes : list of list of int
        Straight feature columns of each parent; a parent's columns share one ratio.

    Returns
    -------
    GaussianFit
        With the slopes that pass a score test at the level of the penalty, or ``start``.
    """
    ratio = float(start.ratios[0]) if len(start.ratios) else 0.0
    gains = _expected_gains(_family(moments, start, slopes).at_intercept(ratio))
    needed = 0.5 * np.log(moments.n_environments)
    asked = [
        group
        for group, gain in zip(slopes, gains, strict=True)
        if gain > needed and shared_slopes(moments, start, group) > _GATE
    ]
    if not asked:
        return start
    family = _family(moments, start, asked)
    ratios = np.zeros(1 + len(asked))
    ratios[0] = ratio
    return _as_fit(family, start, asked, *_climb(family, ratios))


def _family(moments: Moments, start: GaussianFit, slopes: list[list[int]]) -> _Family:
    groups = [[0], *slopes]
    random = [column for group in groups for column in group]
    columns = [*start.regressors, start.response]
    members = np.array([[column in group for column in random] for group in groups], dtype=np.float64)
    return _Family(
        moments,
        moments.products(random, random),
        moments.products(random, columns),
        moments.total[np.ix_(columns, columns)],
        members,
    )


def _expected_gains(point: _Point) -> Floats:
    """What a step in one slope's ratio alone would gain, the intercept's ratio adapting."""
    information, first = point.information, max(point.information[0, 0], 1e-300)
    left = np.diagonal(information)[1:] - information[0, 1:] ** 2 / first
    gradient = np.maximum(point.gradient[1:] - information[0, 1:] * point.gradient[0] / first, 0)
    return 0.5 * gradient**2 / np.maximum(left, 1e-12 * first + 1e-300)


def _climb(family: _Family, ratios: Floats) -> tuple[Floats, _Point]:
    point = family.at(ratios)
    for _ in range(_MOST_STEPS):
        step = _step(point, ratios)
        for _ in range(_MOST_HALVINGS):
            new = np.maximum(ratios + step, 0)
            higher = family.at(new)
            if higher.likelihood > point.likelihood:
                break
            step = step / 2
        else:
            break
        gained = higher.likelihood - point.likelihood
        ratios, point = new, higher
        if gained < _TOLERANCE:
            break
    return ratios, point


def _step(point: _Point, ratios: Floats) -> Floats:
    """A scoring step in the ratios that are above zero or want to be."""
    free = (ratios > 0) | (point.gradient > 0)
    step = np.zeros_like(ratios)
    if free.any():
        inner = point.information[np.ix_(free, free)]
        step[free] = np.linalg.lstsq(inner, point.gradient[free], rcond=1e-12)[0]
    # A ratio falls by at most nine tenths, so that one overshoot does not end at zero for good.
    return np.where((ratios + step <= 0) & (step < 0) & (ratios > 1e-6), -0.9 * ratios, step)


def _as_fit(
    family: _Family, start: GaussianFit, slopes: list[list[int]], ratios: Floats, point: _Point
) -> GaussianFit:
    kept = np.flatnonzero(ratios > 1e-6)
    groups = [[0], *slopes]
    random = tuple(column for k in kept for column in groups[k])
    return GaussianFit(
        response=start.response,
        regressors=start.regressors,
        coefficients=point.coefficients,
        noise_variance=point.variance,
        random_columns=random,
        ratios=np.array([ratios[k] for k in kept for _ in groups[k]]),
        n_ratios=len(kept),
        log_likelihood=point.likelihood,
    )
