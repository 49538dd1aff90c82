"""The final stage: a constant plus a non-negative stack of candidates, by held-out R-loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causalkit.estimators._effect_models import Candidate
from causalkit.nuisance._stacking import capped_weights

Array = NDArray[np.float64]


@dataclass(frozen=True)
class FinalStack:
    """tau = constant + sum_k weights[k] (tau_k - constant), with the evidence that chose the weights."""

    constant: float
    constant_variance: float
    weights: Array
    raw_weights: Array  # before they were pulled towards the constant
    plausible: Array  # weights with which candidates count for disagreement, sum one
    gain: float  # held-out R-loss of the constant less that of the stack, per row
    gain_error: float
    losses: dict[str, float]  # held-out R-loss by candidate

    def combine(self, effects: Sequence[Array], n_rows: int) -> Array:
        tau = np.full(n_rows, self.constant)
        for weight, effect in zip(self.weights, effects, strict=True):
            if weight > 0:
                tau += weight * (effect - self.constant)
        return tau

    def disagreement(self, effects: Sequence[Array], tau: Array) -> Array:
        """Mean squared distance of plausible candidates to the stack, (n,)."""
        out = np.zeros(len(tau))
        for weight, effect in zip(self.plausible, effects, strict=True):
            if weight > 1e-3:
                out += weight * (effect - tau) ** 2
        return out


def constant_effect(outcome_residual: Array, treatment_residual: Array) -> float:
    """The single effect with the smallest R-loss."""
    return float(treatment_residual @ outcome_residual / (treatment_residual @ treatment_residual))


def stack_candidates(
    candidates: Sequence[Candidate], outcome_residual: Array, treatment_residual: Array
) -> FinalStack:
    """Weights by held-out R-loss, then pulled towards the constant by how sure the gain over it is.

    Let g be the held-out gain in R-loss over the constant and s its standard error. The weights are
    multiplied by max(0, 1 - (s / g)^2), the positive-part shrinkage of James & Stein: nothing within one
    standard error, almost everything where the gain is clear.
    """
    constant = constant_effect(outcome_residual, treatment_residual)
    target = outcome_residual - constant * treatment_residual
    variance = float(np.sum((treatment_residual * target) ** 2) / np.sum(treatment_residual**2) ** 2)
    by_name = {"constant": float(np.mean(target**2))}
    if not candidates:
        nothing = np.zeros(0)
        return FinalStack(constant, variance, nothing, nothing, nothing, 0.0, 0.0, by_name)
    moved = np.column_stack([c.held_out - constant for c in candidates]) * treatment_residual[:, None]
    weights = capped_weights(moved, target)
    gains = target**2 - (target - moved @ weights) ** 2
    gain, error = float(gains.mean()), float(gains.std() / np.sqrt(len(gains)))
    losses = (target[:, None] - moved) ** 2
    by_name |= {c.name: float(loss) for c, loss in zip(candidates, losses.mean(axis=0), strict=True)}
    return FinalStack(
        constant,
        variance,
        weights * sure_share(gain, error),
        weights,
        plausible_weights(losses),
        gain,
        error,
        by_name,
    )


def r_loss_gain(effect: Array, outcome_residual: Array, treatment_residual: Array) -> tuple[float, float]:
    """What an effect's R-loss gains over the best constant's, per row, and its standard error."""
    constant = constant_effect(outcome_residual, treatment_residual)
    losses = [(outcome_residual - treatment_residual * tau) ** 2 for tau in (constant, effect)]
    gains = losses[0] - losses[1]
    return float(gains.mean()), float(gains.std() / np.sqrt(len(gains)))


def earns_weight(
    trial: Array, others: Sequence[Array], outcome_residual: Array, treatment_residual: Array
) -> bool:
    """Whether a candidate lowers the held-out R-loss of a stack of others by more than one standard error."""
    constant = constant_effect(outcome_residual, treatment_residual)
    target = outcome_residual - constant * treatment_residual
    moved = np.column_stack([*others, trial]) - constant
    moved *= treatment_residual[:, None]
    without = target - moved[:, :-1] @ capped_weights(moved[:, :-1], target)
    gains = without**2 - (target - moved @ capped_weights(moved, target)) ** 2
    return bool(gains.mean() > gains.std() / np.sqrt(len(gains)))


def sure_share(gain: float, error: float) -> float:
    """Positive-part shrinkage: 0 up to one standard error, towards 1 beyond."""
    return 0.0 if gain <= error else 1 - (error / gain) ** 2 if error > 0 else 1.0


def plausible_weights(losses: Array) -> Array:
    """exp(-z^2 / 2) with z the standardised excess of a candidate's held-out loss over the best one's."""
    best = losses[:, losses.mean(axis=0).argmin()]
    excess = losses - best[:, None]
    error = excess.std(axis=0) / np.sqrt(len(losses))
    z = np.divide(excess.mean(axis=0), error, out=np.zeros(losses.shape[1]), where=error > 0)
    weight = np.exp(-0.5 * np.maximum(z, 0) ** 2)
    return weight / weight.sum()
