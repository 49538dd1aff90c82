"""One normal factor for each environment that moves the logits of all parent patterns by the same vector."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax, logsumexp

from causalkit.estimators._mixture._fit import MixtureFit
from causalkit.estimators._mixture._table_counts import FamilyCounts

Floats = NDArray[np.float64]

# Nodes for environments of up to so many rows. Rows narrow the factor down to less than the distance between
# a few nodes; beyond some hundred rows even the last number leaves errors of hundredths of a nat.
_NODES_BY_ROWS = ((25, 15), (100, 41), (np.inf, 121))
_MOST_STEPS = 50
_SMALLEST_GAIN = 1e-10
# The logit of a mean is larger than the mean of logits that vary.
_START_STRETCH, _START_LOADING = 1.2, 0.6
# Keeps logits finite where a pattern lacks a level; in full logits, so that no level is singled out.
_RIDGE = 1e-3
_ZERO = 1e-9


@dataclass(frozen=True)
class FactorLaw:
    """P(v | pattern c) = softmax(means_c + signs_c loadings eta) with a standard normal eta.

    Attributes
    ----------
    means : ndarray, shape (P, q)
    loadings : ndarray, shape (q,)
    signs : ndarray, shape (P,)
        -1 where a pattern moves against the others.
    n_nodes : int
        Nodes of the Gauss-Hermite quadrature over eta.
    """

    means: Floats
    loadings: Floats
    signs: Floats
    n_nodes: int = _NODES_BY_ROWS[0][1]

    def log_shares(self) -> Floats:
        """Logarithm of the table at each node, shape (P, q, nodes)."""
        moves = self.signs[:, None] * self.loadings
        return log_softmax(self.means[:, :, None] + moves[:, :, None] * _quadrature(self.n_nodes)[0], axis=1)

    def log_marginal(self, tables: Floats) -> Floats:
        """Log-probability of the rows behind tables (D, P, q), in their order: shape (D,)."""
        log_weights = _quadrature(self.n_nodes)[1]
        return logsumexp(np.tensordot(tables, self.log_shares(), axes=2) + log_weights, axis=1)


@cache
def _quadrature(n_nodes: int) -> tuple[Floats, Floats]:
    """Nodes and logarithms of weights for averages over a standard normal variable."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(n_nodes)
    return nodes, np.log(weights / weights.sum())


def factor_fit(counts: FamilyCounts, direction: Floats, cost: float) -> MixtureFit:
    """Maximise the likelihood over means and loadings; ``direction`` is the cells' leading one, (P, q)."""
    law = _maximum(counts, _start(counts, direction))
    n_patterns, n_levels = law.means.shape
    n_parameters = (n_patterns + 1) * (n_levels - 1)
    value = float(counts.weights @ law.log_marginal(counts.tables))
    return MixtureFit("factor", law, n_parameters, value - n_parameters * cost)


def _start(counts: FamilyCounts, direction: Floats) -> FactorLaw:
    """Means from the pooled table, loadings from the leading direction.

    Two levels can swap their roles from pattern to pattern. Of more levels each keeps its own.
    """
    log_shares = np.log(counts.totals + 0.5)
    means = _START_STRETCH * (log_shares - log_shares.mean(axis=1, keepdims=True))
    signs = np.ones(len(means))
    if means.shape[1] == 2:
        signs = _signs(direction[:, 1] - direction[:, 0])
    loadings = signs @ direction
    loadings = _START_LOADING * loadings / max(float(np.linalg.norm(loadings)), _ZERO)
    most_rows = counts.tables.sum(axis=(1, 2)).max()
    n_nodes = next(nodes for rows, nodes in _NODES_BY_ROWS if most_rows <= rows)
    return FactorLaw(means, loadings, signs, n_nodes)


def _signs(moves: Floats) -> Floats:
    """Signs of the moves; patterns that do not move go with the strongest, whatever the rounding says."""
    strongest = moves[np.argmax(np.abs(moves))]
    return np.where(np.where(np.abs(moves) < _ZERO, strongest, moves) < 0, -1.0, 1.0)


def _maximum(counts: FamilyCounts, law: FactorLaw) -> FactorLaw:
    """Damped scoring steps with the outer-product estimate of the information."""
    cells = np.ascontiguousarray(np.moveaxis(counts.tables, 0, -1))
    value, slope, information = _derivatives(law, cells, counts.weights)
    damping = 1e-3
    for _ in range(_MOST_STEPS):
        lifted = information + damping * np.diag(np.diag(information))
        step = np.asarray(np.linalg.solve(lifted, slope), dtype=np.float64)
        trial = _moved(law, step)
        ahead = _derivatives(trial, cells, counts.weights)
        if ahead[0] < value:
            damping *= 10
            continue
        law, (value, slope, information), damping = trial, ahead, damping / 5
        if slope @ step < _SMALLEST_GAIN:
            break
    return law


def _moved(law: FactorLaw, step: Floats) -> FactorLaw:
    n_levels = len(law.loadings)
    means = law.means + step[:-n_levels].reshape(law.means.shape)
    return replace(law, means=means, loadings=law.loadings + step[-n_levels:])


def _derivatives(law: FactorLaw, cells: Floats, weights: Floats) -> tuple[float, Floats, Floats]:
    """Log-likelihood less the ridge, its gradient, and the outer-product estimate of the information.

    ``cells`` holds the tables with environments on the last axis, shape (P, q, D).
    """
    n_distinct = cells.shape[2]
    nodes, log_weights = _quadrature(law.n_nodes)
    log_shares = law.log_shares().reshape(-1, law.n_nodes)
    at_nodes = log_shares.T @ cells.reshape(-1, n_distinct) + log_weights[:, None]
    largest = at_nodes.max(axis=0)
    posterior = np.exp(at_nodes - largest)
    sums = posterior.sum(axis=0)
    posterior /= sums
    shares, sizes = np.exp(log_shares), cells.sum(axis=1, keepdims=True)
    own = cells - sizes * (shares @ posterior).reshape(cells.shape)
    tilted = (shares * nodes) @ posterior
    moved = (nodes @ posterior) * cells - sizes * tilted.reshape(cells.shape)
    common = np.tensordot(law.signs, moved, axes=1)
    slopes = np.concatenate([own.reshape(-1, n_distinct), common])
    point = np.append(law.means, law.loadings)
    weighted = slopes * weights
    value = float((largest + np.log(sums)) @ weights - _RIDGE / 2 * point @ point)
    return value, weighted.sum(axis=1) - _RIDGE * point, weighted @ slopes.T + _RIDGE * np.eye(len(point))
