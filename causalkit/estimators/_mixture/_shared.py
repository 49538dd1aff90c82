"""One Dirichlet law for all parent patterns, which only put names to its levels: noise on a fixed rule."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, logsumexp

from causalkit.estimators._mixture._dirichlet import CommonConcentrationLaw, RowFits, fit_rows
from causalkit.estimators._mixture._fit import MixtureFit
from causalkit.estimators._mixture._table_counts import FamilyCounts

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class SharedLaw:
    """Level ``levels[c, k]`` in pattern c has the k-th share of one draw from a Dirichlet law.

    Attributes
    ----------
    noise : CommonConcentrationLaw
        Law of the shares, for tables (D, 1, q).
    levels : ndarray of int, shape (P, q)
    """

    noise: CommonConcentrationLaw
    levels: Integers

    def log_marginal(self, tables: Floats) -> Floats:
        """Log-probability of the rows behind tables (D, P, q), in their order: shape (D,)."""
        return self.noise.log_marginal(_relabelled(tables, self.levels))


def shared_fit(counts: FamilyCounts, rows: RowFits, cost: float) -> MixtureFit:
    """Fit a shared law to two or more patterns, with the levels of each in the order of their pooled shares.

    The law has fewer parameters than one table for all environments and the same rows could be told to be
    i.i.d. noise on a rule. No direction is to rest on that, so that the smaller number counts only where
    the noise is seen to vary between environments.
    """
    levels = np.argsort(counts.totals, axis=1, kind="stable")
    tables = _relabelled(counts.tables, levels)
    noise = fit_rows(FamilyCounts(tables, counts.weights, counts.patterns[:1]))
    n_patterns, n_levels = levels.shape
    varying = noise.varying[:, 0] - np.log(len(noise.varying))
    evidence = float(logsumexp(varying))
    law = SharedLaw(CommonConcentrationLaw(np.exp(varying - evidence), noise.alphas), levels)
    gain = evidence - float(noise.constant[0])
    if gain > cost:
        names = (n_patterns - 1) * float(gammaln(n_levels + 1))
        return MixtureFit("shared", law, n_levels, evidence - (n_levels - 1) * cost - names)
    score = float(rows.constant.sum()) + gain - rows.n_means * cost
    return MixtureFit("shared", law, n_levels, score)


def _relabelled(tables: Floats, levels: Integers) -> Floats:
    """Counts of the shared law's levels, summed over patterns: (D, 1, q)."""
    return np.take_along_axis(tables, levels[None], axis=2).sum(axis=1, keepdims=True)
