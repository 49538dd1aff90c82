"""The mechanism of a number row by row: least squares refitted where the spread follows the parents."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np

from causalkit.estimators._minimax._discovery_features import Features, Floats, Ints
from causalkit.estimators._minimax._discovery_noise import log_density
from causalkit.estimators._minimax._discovery_prices import environment_price
from causalkit.estimators._minimax._discovery_scores import Mechanism, own_columns
from causalkit.estimators._minimax._discovery_solve import Sums, solve

_ROUNDS = 3
_STEPS = 4
_DEAREST = 6.0
# A spread that gains this much beyond its price by the score test is kept without a look at the even one.
_CLEAR_GAIN = 50.0
# Residual variances of a standardised variable are kept between these.
_LOG_RANGE = (-16.0, 6.0)


@dataclass(frozen=True)
class RowFit:
    """Log-likelihood of each row, shape (n,), and the number of parameters that it has to pay for."""

    rows: Floats
    n_parameters: float

    @classmethod
    def impossible(cls, n_rows: int) -> RowFit:
        """Return what stands for a mechanism that cannot be; finite, so that sums of it stay numbers."""
        return cls(np.full(n_rows, -1e9), 0)

    @property
    def score(self) -> float:
        """Log-likelihood minus half the logarithm of the rows for each parameter."""
        return float(self.rows.sum() - 0.5 * math.log(len(self.rows)) * self.n_parameters)


def fit_rows(features: Features, v: int, parents: tuple[int, ...], mechanism: Mechanism) -> RowFit:
    """Fit a mechanism row by row; its spread may follow the parents where that pays its price."""
    design = _Design(features, mechanism)
    target = features.targets[:, v]
    groups = _Groups(features.starts if mechanism.own_scale else features.starts[[0, -1]])
    mean = design.fit(target, np.ones(len(target)))
    levels = groups.log_variances(target - mean.fitted)
    if mechanism.own_scale:
        mean = design.fit(target, np.exp(-groups.spread_out(levels)))
        levels = groups.log_variances(target - mean.fitted)
    residual, level = target - mean.fitted, groups.spread_out(levels)
    # With one group the weights of the last fit were ones.
    information = mean.own_gram if mechanism.own_scale else mean.own_gram * math.exp(-levels[0])
    plain = partial(_priced, residual, level, design.n_parameters(mean.own, information), groups, levels, 0)
    spread = groups.centred(_spread_columns(features, parents))
    if not spread.shape[1]:
        return plain()
    information = 0.5 * spread.T @ spread
    information += 1e-6 * (np.trace(information) / len(information) + 1.0) * np.eye(len(information))
    gain = _gain_of_spread(residual, level, spread, information)
    gain -= 0.5 * math.log(len(target)) * spread.shape[1]
    if gain <= 0:
        return plain()
    spreading = _fit_spread(design, target, residual, groups, spread, information)
    return spreading if gain > _CLEAR_GAIN else max(plain(), spreading, key=lambda fit: fit.score)


class _Groups:
    """Consecutive rows that share a level of the spread: all, or those of each environment."""

    def __init__(self, starts: Ints) -> None:
        self._firsts, self._sizes = starts[:-1], np.diff(starts)

    def means(self, rows: Floats) -> Floats:
        """Mean of each group, shape (g, ...)."""
        return np.add.reduceat(rows, self._firsts, axis=0) / self._sizes.reshape(-1, *[1] * (rows.ndim - 1))

    def spread_out(self, values: Floats) -> Floats:
        """The value of its group for each row."""
        return np.repeat(values, self._sizes, axis=0)

    def centred(self, columns: Floats) -> Floats:
        return columns - self.spread_out(self.means(columns))

    def log_variances(self, residual: Floats) -> Floats:
        return np.log(np.maximum(self.means(residual**2), 1e-9))

    def price(self, levels: Floats, dearer: float) -> float:
        """Parameters that the log-variances of the groups cost beyond their mean."""
        own = levels[:, None, None]
        information = (self._sizes / (2 * dearer))[:, None, None, None]
        return float(environment_price(own, information, np.ones(1, np.int64), int(self._sizes.sum()))[0])


def _priced(
    residual: Floats, level: Floats, n_mean: float, groups: _Groups, levels: Floats, n_spread: int
) -> RowFit:
    """Log-likelihoods of the rows; parameters of the spread cost more where tails are heavy.

    Twice the gain of log-likelihood by a needless parameter of the variance is about chi-squared times
    (kurtosis - 1) / 2, which is one for Gaussian noise (Takeuchi, 1976).
    """
    squared = residual**2 * np.exp(-level)
    kurtosis = float((squared**2).mean() / squared.mean() ** 2)
    dearer = min(max((kurtosis - 1) / 2, 1.0), _DEAREST)
    noise, n_noise = log_density(residual * np.exp(-0.5 * level))
    n_scale = groups.price(levels, dearer) + n_spread
    return RowFit(noise - 0.5 * level, n_mean + 1 + dearer * n_scale + n_noise)


@dataclass(frozen=True)
class _Mean:
    """Fitted means (n,), own coefficients (e, 1, u), sums of products of their columns (e, 1, u, u)."""

    fitted: Floats
    own: Floats
    own_gram: Floats


class _Design:
    """Columns of the mean with shared coefficients, and those with coefficients of each environment."""

    def __init__(self, features: Features, mechanism: Mechanism) -> None:
        terms = mechanism.terms[mechanism.terms != 0]
        own = own_columns(terms, mechanism.moving[mechanism.moving != 0], mechanism.change)
        shared = terms[~np.isin(terms, own)]
        self._n_shared = len(shared)
        self._columns = features.columns[:, np.concatenate([shared, own])]
        self._codes = np.repeat(np.arange(len(features.sizes)), features.sizes)
        self._spans = [
            slice(a, b) for a, b in pairwise(features.starts if len(own) else features.starts[[0, -1]])
        ]
        self._n_own = len(own)

    def n_parameters(self, own: Floats, information: Floats) -> float:
        """Price of the mean with these own coefficients, in parameters."""
        n_own = np.array([self._n_own])
        price = environment_price(own, information, n_own, len(self._columns))
        return self._n_shared + self._n_own + float(price[0])

    def fit(self, target: Floats, weight: Floats) -> _Mean:
        """Weighted least squares."""
        k, columns = self._n_shared, self._columns
        weighted = np.column_stack([columns, target]) * weight[:, None]
        sums = np.stack([columns[span].T @ weighted[span] for span in self._spans])
        shared, own = solve(
            Sums(
                shared=sums[:, :k, :k].sum(axis=0)[None],
                mixed=sums[:, None, k:, :k],
                own=sums[:, None, k:, k:-1],
                shared_target=sums[:, :k, -1].sum(axis=0)[None],
                own_target=sums[:, None, k:, -1],
            )
        )
        fitted = columns[:, :k] @ shared[0]
        if k < columns.shape[1]:
            fitted += np.einsum("nu,nu->n", columns[:, k:], own[self._codes, 0])
        return _Mean(fitted, own, sums[:, None, k:, k:-1])


def _spread_columns(features: Features, parents: tuple[int, ...]) -> Floats:
    """Straight and bent columns of the parents (all levels where they are levels)."""
    terms = np.concatenate([features.block(j, 2) for j in parents] or [np.zeros(0, dtype=np.int64)])
    return np.clip(features.columns[:, terms[terms != 0]], -4.0, 4.0)


def _gain_of_spread(residual: Floats, level: Floats, spread: Floats, information: Floats) -> float:
    """Score test: about the log-likelihood that letting the spread follow the parents would gain."""
    slope = spread.T @ (0.5 * (residual**2 * np.exp(-level) - 1))
    # The score test undervalues large effects, for which its quadratic is too flat.
    return float(2.0 * slope @ np.linalg.solve(information, slope))


def _fit_spread(
    design: _Design,
    target: Floats,
    residual: Floats,
    groups: _Groups,
    spread: Floats,
    information: Floats,
) -> RowFit:
    """Alternate between the mean and the logarithm of the variance (Fisher scoring).

    The columns of the spread are centred in each group, so that levels and slopes do not disturb each other.
    """
    inverse = np.linalg.inv(information)
    rough = np.log(residual**2 + 1e-6) + 1.27
    levels, slopes = groups.means(rough), inverse @ (0.5 * spread.T @ rough)
    level = np.clip(groups.spread_out(levels) + spread @ slopes, *_LOG_RANGE)
    for _ in range(_ROUNDS):
        squared = residual**2
        for _ in range(_STEPS):
            excess = np.clip(squared * np.exp(-level) - 1, -1.0, 20.0)
            levels = levels + groups.means(excess)
            slopes = slopes + inverse @ (0.5 * spread.T @ excess)
            level = np.clip(groups.spread_out(levels) + spread @ slopes, *_LOG_RANGE)
        mean = design.fit(target, np.exp(-level))
        residual = target - mean.fitted
    n_mean = design.n_parameters(mean.own, mean.own_gram)
    return _priced(residual, level, n_mean, groups, levels, spread.shape[1])
