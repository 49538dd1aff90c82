"""Latent classes: each environment has one of a few tables."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp, softmax

from causalkit.estimators._mixture._fit import MixtureFit
from causalkit.estimators._mixture._table_counts import FamilyCounts
from causalkit.estimators._mixture._table_moments import standardised_residuals

Floats = NDArray[np.float64]

_MOST_STEPS, _SMALLEST_GAIN = 300, 1e-5
# Rows with the pooled shares that each class is given in each pattern.
_PRIOR_ROWS = 0.05
# A fit is given up once so many times its last gain would leave it so many nats behind a rival.
_PATIENCE, _BEHIND = 30, 5.0


@dataclass(frozen=True)
class ClassesLaw:
    """Mixture of K tables.

    Attributes
    ----------
    shares : ndarray, shape (K,)
    class_tables : ndarray, shape (K, P, q)
    """

    shares: Floats
    class_tables: Floats

    def log_marginal(self, tables: Floats) -> Floats:
        """Log-probability of the rows behind tables (D, P, q), in their order: shape (D,)."""
        each = np.tensordot(tables, np.log(self.class_tables), axes=([1, 2], [1, 2]))
        return logsumexp(each + np.log(self.shares), axis=1)


def classes_fit(
    counts: FamilyCounts, n_classes: int, direction: Floats, cost: float, rival: float
) -> MixtureFit | None:
    """Fit by expectation-maximisation; None where the penalised fit stays well behind the score ``rival``."""
    n_patterns, n_levels = counts.tables.shape[1:]
    n_parameters = n_classes * n_patterns * (n_levels - 1) + n_classes - 1
    totals = counts.totals
    prior = _PRIOR_ROWS * np.maximum(totals / totals.sum(axis=1, keepdims=True), 1e-3)
    cells = np.ascontiguousarray(counts.tables.reshape(len(counts.tables), -1).T)
    posterior, value = _start(counts, n_classes, direction), -np.inf
    for _ in range(_MOST_STEPS):
        law = _step(cells, counts.weights, posterior, prior)
        each = np.log(law.class_tables).reshape(n_classes, -1) @ cells + np.log(law.shares)[:, None]
        largest = each.max(axis=0)
        posterior = np.exp(each - largest)
        sums = posterior.sum(axis=0)
        posterior /= sums
        gain = -value
        value = float(counts.weights @ (largest + np.log(sums)))
        gain += value
        score = value - n_parameters * cost
        if score + _PATIENCE * gain < rival - _BEHIND:
            return None
        if gain < _SMALLEST_GAIN:
            break
    return MixtureFit("classes", law, n_parameters, score)


def _start(counts: FamilyCounts, n_classes: int, direction: Floats) -> Floats:
    """Probabilities (K, D) along the leading direction; turned round it gives the same."""
    place = np.tensordot(standardised_residuals(counts), direction, axes=2)
    spread = np.sqrt(counts.weights @ place**2 / counts.weights.sum())
    centres = np.linspace(-1.2, 1.2, n_classes)
    return softmax(-((place / max(spread, 1e-12) - centres[:, None]) ** 2), axis=0)


def _step(cells: Floats, weights: Floats, posterior: Floats, prior: Floats) -> ClassesLaw:
    """Maximise over shares and tables given the probability (K, D) of each class in each environment."""
    members = posterior * weights
    tables = (members @ cells.T).reshape(-1, *prior.shape) + prior
    sizes = members.sum(axis=1) + 1e-9
    return ClassesLaw(sizes / sizes.sum(), tables / tables.sum(axis=2, keepdims=True))
