"""Subsets whose residuals have the same law everywhere (Rojas-Carulla et al. 2018, JMLR 19:36)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from sklearn.model_selection import train_test_split

from benchmark_utils.columns import codes
from benchmark_utils.learners import fit_on

Floats = NDArray[np.float64]


def residual_pvalue(residuals: Floats, environments: NDArray[np.int64]) -> float:
    """Small where means (analysis of variance) or spreads (Levene) differ; the smaller p-value, doubled."""
    parts = [residuals[environments == label] for label in range(environments.max() + 1)]
    means, spreads = stats.f_oneway(*parts).pvalue, stats.levene(*parts).pvalue
    return float(min(1.0, 2 * min(means, spreads)))


def invariant_subset(
    X: pd.DataFrame, y: pd.Series, environments: pd.Series, learner: str, *, alpha: float, seed: int
) -> tuple[str, ...]:
    """Of all subsets of the columns whose residuals pass the test, the one with the smallest held-out risk.

    Each is fitted on the pooled rows of one half and tested and judged on the other. If none passes, the one
    with the largest p-value is taken.
    """
    labels = codes(environments)
    fitting, held_out = train_test_split(np.arange(len(X)), test_size=0.5, random_state=seed, stratify=labels)
    found = []
    for subset in _subsets(list(X)):
        predict = fit_on(subset, learner, X.iloc[fitting], y.iloc[fitting])
        residuals = y.to_numpy()[held_out] - predict(X.iloc[held_out])
        found.append((subset, residual_pvalue(residuals, labels[held_out]), float(np.mean(residuals**2))))
    return select(found, alpha)


def select(found: Sequence[tuple[tuple[str, ...], float, float]], alpha: float) -> tuple[str, ...]:
    """From subsets with their p-values and risks."""
    accepted = [(risk, subset) for subset, pvalue, risk in found if pvalue > alpha]
    if accepted:
        return min(accepted, key=lambda pair: pair[0])[1]
    return max(found, key=lambda triple: triple[1])[0]


def _subsets(names: list[str]) -> Iterator[tuple[str, ...]]:
    return chain.from_iterable(combinations(names, size) for size in range(len(names) + 1))
