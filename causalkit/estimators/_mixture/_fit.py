"""A fitted mixture over a mechanism's parameters: a law for tables of counts and its penalised score."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

Floats = NDArray[np.float64]

_SMALLEST_WEIGHT = 1e-300


class Law(Protocol):
    """Law of the child's rows given the parents' rows of an environment."""

    def log_marginal(self, tables: Floats) -> Floats:
        """Log-probability of the rows behind tables (D, P, q), in their order: shape (D,)."""


def log_average(values: Floats, weights: Floats) -> Floats:
    """Logarithm of the weighted sum over axis 1 of exp(values); weights may underflow to zero."""
    return np.asarray(logsumexp(values + np.log(np.maximum(weights, _SMALLEST_WEIGHT)), axis=1))


@dataclass(frozen=True)
class MixtureFit:
    """One class of mixtures fitted to a family.

    Attributes
    ----------
    kind : str
    law : Law
    n_parameters : int
    score : float
        Log marginal likelihood: grids of parameters are averaged over, and every other parameter costs half
        the logarithm of the number of environments.
    """

    kind: str
    law: Law
    n_parameters: int
    score: float
