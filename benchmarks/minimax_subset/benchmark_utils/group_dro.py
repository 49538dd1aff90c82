"""Group distributionally robust linear regression: exponentiated weights of the training environments."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

N_STEPS = 500
STEP_SIZE = 0.1
RIDGE = 1e-6


def update_weights(weights: Floats, losses: Floats, step_size: float) -> Floats:
    """Environments with a large loss gain weight: q_e proportional to q_e exp(step_size loss_e)."""
    raised = weights * np.exp(step_size * (losses - losses.max()))
    return raised / raised.sum()


def robust_coefficients(x: Floats, y: Floats, environments: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Coefficients that minimise the largest mean squared error of an environment, and the final weights.

    The update of Sagawa et al. (2020, ICLR) for the weights, and the exact least-squares fit for these in
    place of a gradient step; the answer is the average over the second half of the steps, which for a
    convex loss comes close to the minimum. `x` should hold a column of ones.
    """
    grams, crosses, squares = _moments(x, y, environments)
    weights = np.full(len(grams), 1 / len(grams))
    total = np.zeros(x.shape[1])
    penalty = RIDGE * np.eye(x.shape[1])
    for step in range(N_STEPS):
        found = np.linalg.solve(
            np.tensordot(weights, grams, axes=1) + penalty, np.tensordot(weights, crosses, axes=1)
        )
        losses = squares - 2 * crosses @ found + np.einsum("i,eij,j->e", found, grams, found)
        weights = update_weights(weights, losses, STEP_SIZE)
        if step >= N_STEPS // 2:
            total += found
    return total / (N_STEPS - N_STEPS // 2), weights


def _moments(x: Floats, y: Floats, environments: NDArray[np.int64]) -> tuple[Floats, Floats, Floats]:
    """Means of x x', x y and y^2 in every environment."""
    parts = [environments == label for label in range(environments.max() + 1)]
    grams = np.array([x[part].T @ x[part] / part.sum() for part in parts])
    crosses = np.array([x[part].T @ y[part] / part.sum() for part in parts])
    return grams, crosses, np.array([np.mean(y[part] ** 2) for part in parts])
