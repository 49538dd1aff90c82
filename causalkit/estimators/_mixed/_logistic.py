"""Logistic models for levels with an own shift of each environment, integrated out by quadrature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import log_softmax, logsumexp, softmax

from causalkit.estimators._mixed._features import Floats
from causalkit.estimators._mixed._moments import Moments
from causalkit.estimators._mixed._quadrature import nodes_and_log_weights

_MOST_STEPS = 60
_MOST_HALVINGS = 8
_TOLERANCE = 1e-3
# A weak pull to zero, in nats: keeps coefficients finite where regressors separate the levels.
_PULL = 1e-3


@dataclass(frozen=True)
class LogisticFit:
    r"""Levels with :math:`P(k \mid x, \eta_e) \propto \exp(x'\beta_k + \lambda_k \eta_e)`, normal eta.

    Attributes
    ----------
    coefficients : ndarray of float, shape (n_regressors, n_levels)
        Zero for the first level.
    loadings : ndarray of float, shape (n_levels,)
        What one standard deviation of the environment's shift does; zero where rows are independent.
    """

    response: int
    regressors: tuple[int, ...]
    coefficients: Floats
    loadings: Floats
    log_likelihood: float

    @property
    def n_ratios(self) -> int:
        """How many loadings were fitted."""
        return len(self.loadings) - 1 if self.loadings.any() else 0

    def penalised(self, moments: Moments) -> float:
        """Log-likelihood less half the log of the rows (environments) for each coefficient (loading)."""
        n_coefficients = (len(self.regressors) - 1) * (len(self.loadings) - 1)
        coefficients = n_coefficients * np.log(moments.n_rows)
        return float(
            self.log_likelihood - 0.5 * (coefficients + self.n_ratios * np.log(moments.n_environments))
        )

    def by_environment(self, moments: Moments) -> Floats:
        """Log-likelihood of each environment, each counted once."""
        return _Problem(moments, self.response, list(self.regressors)).at(self.packed()).log_likelihoods

    def packed(self) -> Floats:
        """Coefficients, then loadings, of the levels above the first."""
        return np.concatenate([self.coefficients[:, 1:].ravel(), self.loadings[1:]])


@dataclass(frozen=True)
class _Point:
    """Log-likelihood of each environment, and the derivatives that it adds in each parameter."""

    log_likelihoods: Floats
    scores: Floats


class _Problem:
    """Rows of one response and its regressors."""

    def __init__(self, moments: Moments, response: int, regressors: list[int]) -> None:
        self.moments = moments
        self.response, self.regressors = response, regressors
        self.n_levels = moments.functions[response].n_levels
        self.x = moments.features[:, regressors]
        self.codes = moments.values[:, response].astype(np.intp)
        self.hits = (self.codes[:, None] == np.arange(self.n_levels)).astype(np.float64)
        self.nodes, self.log_weights = nodes_and_log_weights(moments.sizes.max())

    def unpack(self, packed: Floats) -> tuple[Floats, Floats]:
        free = self.n_levels - 1
        coefficients = np.zeros((self.x.shape[1], self.n_levels))
        coefficients[:, 1:] = packed[:-free].reshape(-1, free)
        return coefficients, np.concatenate([[0.0], packed[-free:]])

    def at(self, packed: Floats) -> _Point:
        """Evaluate coefficients and loadings."""
        coefficients, loadings = self.unpack(packed)
        linear = self.x @ coefficients
        # Levels lead, so that sums over them run over whole planes: shape (n_levels, n_rows, n_nodes).
        logits = linear.T[:, :, None] + loadings[:, None, None] * self.nodes
        log_p = logits - logsumexp(logits, axis=0)
        rows = log_p[self.codes, np.arange(len(self.codes))]
        joint = np.add.reduceat(rows, self.moments.starts, axis=0) + self.log_weights
        log_likelihoods = logsumexp(joint, axis=1)
        posterior = np.exp(joint - log_likelihoods[:, None])[self.moments.codes]
        expected = np.exp(log_p[1:]) * posterior
        residuals = self.hits[:, 1:] - expected.sum(axis=2).T
        in_loadings = self.hits[:, 1:] * (posterior @ self.nodes)[:, None] - (expected @ self.nodes).T
        return _Point(log_likelihoods, self._scores(residuals, in_loadings))

    def pooled_at(self, packed: Floats) -> _Point:
        """Evaluate with loadings zero; rows are independent."""
        log_p = log_softmax(self.x @ self.unpack(packed)[0], axis=1)
        rows = (log_p * self.hits).sum(axis=1)
        residuals = (self.hits - np.exp(log_p))[:, 1:]
        log_likelihoods = np.add.reduceat(rows, self.moments.starts)
        return _Point(log_likelihoods, self._scores(residuals, np.zeros_like(residuals)))

    def _scores(self, residuals: Floats, in_loadings: Floats) -> Floats:
        by_row = (self.x[:, :, None] * residuals[:, None, :]).reshape(len(self.x), -1)
        return np.add.reduceat(np.hstack([by_row, in_loadings]), self.moments.starts, axis=0)

    def fit(self, start: Floats, evaluate: Callable[[Floats], _Point]) -> LogisticFit:
        """Climb from ``start`` by steps whose information is the spread of the environments' scores."""
        counts, at = self.moments.counts, start
        point = evaluate(at)
        value = _value(point, at, counts)
        for _ in range(_MOST_STEPS):
            step = _scoring_step(point, at, counts)
            for _ in range(_MOST_HALVINGS):
                higher = evaluate(at + step)
                new = _value(higher, at + step, counts)
                if new > value:
                    break
                step = step / 2
            else:
                break
            gained, value, at, point = new - value, new, at + step, higher
            if gained < _TOLERANCE:
                break
        coefficients, loadings = self.unpack(at)
        likelihood = float(counts @ point.log_likelihoods)
        return LogisticFit(self.response, tuple(self.regressors), coefficients, loadings, likelihood)


def _value(point: _Point, at: Floats, counts: Floats) -> float:
    return float(counts @ point.log_likelihoods - 0.5 * _PULL * at @ at)


def _scoring_step(point: _Point, at: Floats, counts: Floats) -> Floats:
    gradient = counts @ point.scores - _PULL * at
    information = point.scores.T @ (counts[:, None] * point.scores) + _PULL * np.eye(len(at))
    return np.asarray(np.linalg.solve(information, gradient), dtype=np.float64)


def fit_pooled(moments: Moments, response: int, regressors: list[int]) -> LogisticFit:
    """Fit levels of variable ``response`` by feature columns, rows taken as independent."""
    problem = _Problem(moments, response, regressors)
    shares = moments.row_weights @ problem.hits + 0.5
    start = np.zeros((len(regressors), problem.n_levels - 1))
    start[0] = np.log(shares[1:] / shares[0])
    return problem.fit(np.concatenate([start.ravel(), np.zeros(problem.n_levels - 1)]), problem.pooled_at)


def fit_shifted(moments: Moments, pooled: LogisticFit) -> LogisticFit:
    """Give each environment a shift of its own; starts from the pooled fit."""
    problem = _Problem(moments, pooled.response, list(pooled.regressors))
    start = pooled.packed()
    start[-(problem.n_levels - 1) :] = _first_loadings(problem, pooled)
    return problem.fit(start, problem.at)


def _first_loadings(problem: _Problem, pooled: LogisticFit) -> Floats:
    """Loadings of length one along which the residuals of different rows agree most."""
    chances = softmax(problem.x @ pooled.coefficients, axis=1)
    residuals = problem.hits - chances
    sums = np.add.reduceat(residuals, problem.moments.starts, axis=0)
    weights = problem.moments.row_weights[:, None]
    across = sums.T @ (problem.moments.counts[:, None] * sums) - residuals.T @ (weights * residuals)
    leading = np.linalg.eigh(across)[1][:, -1] / (problem.moments.row_weights @ chances)
    loadings = leading[1:] - leading[0]
    return loadings / max(np.linalg.norm(loadings), 1e-300)


def expected_gain(moments: Moments, fit: LogisticFit, added: list[int]) -> float:
    """Log-likelihood that feature columns beside the regressors promise, by a score test."""
    regressors = [*fit.regressors, *added]
    problem = _Problem(moments, fit.response, regressors)
    free = problem.n_levels - 1
    coefficients = np.vstack([fit.coefficients[:, 1:], np.zeros((len(added), free))])
    scores = problem.at(np.concatenate([coefficients.ravel(), fit.loadings[1:]])).scores
    gradient = moments.counts @ scores
    information = scores.T @ (moments.counts[:, None] * scores) + _PULL * np.eye(len(gradient))
    return float(0.5 * gradient @ np.linalg.solve(information, gradient))
