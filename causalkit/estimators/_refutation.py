"""Refutation: a learner fitted again to data in which the answer is known, and how far off it comes out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from causalkit._random import child_generators
from causalkit._validation import check_scalar_argument
from causalkit.estimators._results import RefutationResult
from causalkit.inference._effects import EffectEstimate


class Refutable:
    """Tests that fit a learner again; a part of every effect learner."""

    _seeds: list[int]

    def placebo_test(
        self,
        X: Any,
        y: ArrayLike,
        *,
        treatment: ArrayLike,
        graph: Any = None,
        groups: Any = None,
        n_repetitions: int = 5,
    ) -> RefutationResult:
        """Refit with the treatment permuted among the units: the average effect must be zero."""
        check_scalar_argument(n_repetitions, "n_repetitions", low=1, integer=True)
        rngs = (
            child_generators(self._seeds[4], n_repetitions)
            if hasattr(self, "_seeds")
            else child_generators(0, n_repetitions)
        )
        values = np.asarray(treatment)
        fits = [
            clone(self).fit(X, y, treatment=rng.permutation(values), graph=graph, groups=groups)
            for rng in rngs
        ]
        return refutation("placebo treatment", 0.0, [fit.ate() for fit in fits], None)

    def random_cause_test(
        self,
        X: Any,
        y: ArrayLike,
        *,
        treatment: ArrayLike,
        graph: Any = None,
        groups: Any = None,
        n_repetitions: int = 5,
    ) -> RefutationResult:
        """Refit with a random column more: the average effect must stay."""
        check_scalar_argument(n_repetitions, "n_repetitions", low=1, integer=True)
        check_is_fitted(self, "network_")
        learner: Any = self
        original = learner.ate()
        fits = []
        for rng in child_generators(self._seeds[4], n_repetitions):
            wider = pd.DataFrame(X).assign(**{"(random cause)": rng.normal(size=len(learner.propensity_))})
            wider.columns = wider.columns.astype(str)
            fits.append(clone(learner).fit(wider, y, treatment=treatment, graph=graph, groups=groups))
        return refutation(
            "random cause", original.estimate, [fit.ate() for fit in fits], original.standard_error
        )


def refutation(
    kind: str, expected: float, estimates: Sequence[EffectEstimate], standard_error: float | None
) -> RefutationResult:
    """Largest deviation in standard errors (each estimate's own unless one is given), with Bonferroni."""
    values = np.array([e.estimate for e in estimates])
    errors = np.array([e.standard_error if standard_error is None else standard_error for e in estimates])
    z = np.abs(values - expected) / np.maximum(errors, 1e-300)
    pvalue = min(1.0, len(values) * 2 * float(stats.norm.sf(z.max())))
    return RefutationResult(kind, expected, float(values.mean()), float(z.max()), pvalue, values)
