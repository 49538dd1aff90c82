"""Log-density of standardised residuals: Gaussian, or a kernel estimate where they are clearly not."""

from __future__ import annotations

import math

import numpy as np

from causalkit.estimators._minimax._discovery_features import Floats

_EDGE = 6.0
_N_CELLS = 512
# Part of a wide Gaussian in the density, so that no row is impossible.
_WIDE_PART, _WIDE = 0.02, 3.0
# About what a curve of the density costs beside the Gaussian.
_N_PARAMETERS = 3


def log_density(residual: Floats) -> tuple[Floats, int]:
    """Return the log-density of each standardised residual, shape (n,), and its number of parameters.

    Noise that is not Gaussian tells a cause from its effect: without its own density, the reversed arrow,
    whose curves imitate the noise, would score higher. Each row's density leaves the row itself out, so that
    it promises no more than it would for new rows.
    """
    gaussian = -0.5 * (np.log(2 * np.pi) + residual**2)
    price = 0.5 * math.log(len(residual)) * _N_PARAMETERS
    if _shape_gain(residual) < price:
        return gaussian, 0
    own = _left_out_log_density(residual)
    return (own, _N_PARAMETERS) if own.sum() - price > gaussian.sum() else (gaussian, 0)


def _shape_gain(residual: Floats) -> float:
    """About the gain of log-likelihood by allowing skewness and heavy or light tails."""
    inside = np.clip(residual, -_EDGE, _EDGE)
    squared = inside * inside
    skewness, excess = (squared * inside).mean(), (squared * squared).mean() - 3
    return len(residual) * (skewness**2 / 12 + excess**2 / 48)


def _left_out_log_density(residual: Floats) -> Floats:
    """Kernel estimate on a grid, each row from all others."""
    n = len(residual)
    quartiles = np.quantile(residual, [0.25, 0.75])
    # Narrower than the rule for Gaussian noise: edges and peaks are what is looked for.
    width = max(0.6 * n**-0.2 * min(1.0, float(quartiles[1] - quartiles[0]) / 1.34), 0.02)
    cell = 2 * _EDGE / _N_CELLS
    at = np.clip(((residual + _EDGE) / cell).astype(np.int64), 0, _N_CELLS - 1)
    counts = np.bincount(at, minlength=_N_CELLS).astype(float)
    reach = math.ceil(4 * width / cell)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * cell / width) ** 2)
    kernel /= kernel.sum() * cell
    smooth = np.convolve(counts, kernel)[reach:-reach]
    others = np.maximum(smooth[at] - kernel[reach], 0.0) / (n - 1)
    wide = np.exp(-0.5 * (residual / _WIDE) ** 2) / (_WIDE * np.sqrt(2 * np.pi))
    return np.log((1 - _WIDE_PART) * others + _WIDE_PART * wide + 1e-300)
