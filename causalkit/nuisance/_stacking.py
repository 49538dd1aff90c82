"""Non-negative stacks on out-of-fold predictions: squared error, or log loss on log-odds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, nnls
from scipy.special import expit, logit

Array = NDArray[np.float64]


def simplex_weights(predictions: Array, outcome: Array) -> Array:
    """Weights w >= 0 with sum 1 that minimise |outcome - predictions w|^2, for predictions (n, k)."""
    centre = outcome.mean()  # weights that sum to one leave it where it is, and an offset costs digits
    return _bounded_least_squares(predictions - centre, outcome - centre, exactly_one=True)


def capped_weights(predictions: Array, outcome: Array) -> Array:
    """Weights w >= 0 with sum at most 1 that minimise |outcome - predictions w|^2."""
    free = _bounded_least_squares(predictions, outcome, exactly_one=False)
    return free if free.sum() <= 1 else simplex_weights(predictions, outcome)


def stack_log_odds(probabilities: Array, outcome: Array, row_weight: Array | None = None) -> Array:
    """Weights w >= 0 of the log-odds of probabilities (n, k) that minimise the log loss of a 0/1 outcome.

    They need not sum to one: a sum below one pulls over-confident candidates back, so that the stack is
    calibrated. `row_weight` (n,) says how much each row counts.
    """
    columns = log_odds(probabilities)
    n, k = columns.shape
    share = np.full(n, 1 / n) if row_weight is None else row_weight / row_weight.sum()

    def loss(w: Array) -> tuple[float, Array]:
        index = columns @ w
        value = share @ (np.logaddexp(0, index) - outcome * index)
        return float(value), columns.T @ (share * (sigmoid(index) - outcome))

    found = minimize(loss, np.full(k, 1 / k), jac=True, method="L-BFGS-B", bounds=[(0, None)] * k)
    return np.asarray(found.x)


def log_odds(probability: Array) -> Array:
    """log(p / (1 - p))."""
    return np.asarray(logit(probability))


def sigmoid(index: Array) -> Array:
    """The inverse of `log_odds`."""
    return np.asarray(expit(index))


def _bounded_least_squares(predictions: Array, outcome: Array, *, exactly_one: bool) -> Array:
    """Non-negative least squares from the k x k Gram matrix, so that the cost of the search is free of n."""
    gram, moment = predictions.T @ predictions, predictions.T @ outcome
    scale = max(float(np.trace(gram)) / len(gram), 1e-300)
    rows, target = _square_root(gram / scale, moment / scale)
    if exactly_one:  # a heavy row holds the sum at one
        heavy = 1e4
        rows, target = np.vstack([rows, np.full(len(gram), heavy)]), np.r_[target, heavy]
    weights = nnls(rows, target)[0]
    return weights / weights.sum() if exactly_one else weights


def _square_root(gram: Array, moment: Array) -> tuple[Array, Array]:
    """(R, b) with R'R = gram and R'b = moment, whatever the rank."""
    values, vectors = np.linalg.eigh(gram)
    root = np.sqrt(np.maximum(values, 1e-12 * max(values[-1], 1e-300)))
    return root[:, None] * vectors.T, (vectors.T @ moment) / root
