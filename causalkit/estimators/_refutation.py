"""Refutation: estimates of repeated fits held against the answer that they must give."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats

from causalkit.estimators._results import RefutationResult
from causalkit.inference._effects import EffectEstimate


def refutation(
    kind: str, expected: float, estimates: Sequence[EffectEstimate], standard_error: float | None
) -> RefutationResult:
    """Largest deviation in standard errors (each estimate's own unless one is given), with Bonferroni."""
    values = np.array([e.estimate for e in estimates])
    errors = np.array([e.standard_error if standard_error is None else standard_error for e in estimates])
    z = np.abs(values - expected) / np.maximum(errors, 1e-300)
    pvalue = min(1.0, len(values) * 2 * float(stats.norm.sf(z.max())))
    return RefutationResult(kind, expected, float(values.mean()), float(z.max()), pvalue, values)
