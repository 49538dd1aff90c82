"""What fitting the effect leaves behind, the same for all learners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from causalkit.estimators._effect_models import Candidate
from causalkit.estimators._final_stage import FinalStack, constant_effect

Array = NDArray[np.float64]


@dataclass(frozen=True)
class EffectFit:
    """Candidates for the effect with their stack, outcome models, and residuals (n,), all out of fold.

    Everything is in units of the standardised outcome. `outcome_predictions` are those of the outcome models
    by name; `gain` is what held-out loss gains over a constant effect, with its standard error;
    `pseudo_outcome` is what a learner regressed on the features, where it did.
    """

    candidates: Sequence[Candidate]
    stack: FinalStack
    outcome_residual: Array
    treatment_residual: Array
    outcome_predictions: dict[str, Array]
    outcome_weights: dict[str, float]
    gain: tuple[float, float]
    skipped: dict[str, str] = field(default_factory=dict)
    pseudo_outcome: Array | None = None

    @property
    def held_out(self) -> Array:
        """The stacked effect of each row."""
        return self.stack.combine([c.held_out for c in self.candidates], len(self.outcome_residual))

    @property
    def constant(self) -> float:
        """The single effect with the smallest R-loss."""
        return constant_effect(self.outcome_residual, self.treatment_residual)
