"""What tests say about each pair of variables, given the other parents of the two in a graph."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causalkit.estimators._discovery._data import DiscoveryData
from causalkit.estimators._discovery._found import Arrow, Found
from causalkit.independence._de_finetti import DeFinettiTestResult, judge
from causalkit.independence._equal_icc import intraclass_correlation
from causalkit.independence._pair_statements import pair_statements
from causalkit.inference._multiple import adjust_pvalues

Floats = NDArray[np.float64]

_N_FLIPS = 499
_FLIPS_TIMES_ALPHA = 10
# Where an arrow looks wrong, p-values must be small enough to stand an adjustment for many pairs.
_SUSPICIOUS = 0.02
_MANY_FLIPS = 9999


@dataclass(frozen=True)
class PairEvidence:
    """Test of a pair u < v of variables.

    Attributes
    ----------
    test : DeFinettiTestResult
        With x the variable u and y the variable v.
    given : tuple of int
        What was conditioned on: the other parents of the two.
    adjusted : tuple of float
        P-values of u -> v, of v -> u and of no edge after Holm's adjustment, the first two over all
        directions, the third over all pairs.
    adjusted_violation : float
        P-value against both directions at once, after Holm's adjustment over the pairs with an arrow.
    """

    test: DeFinettiTestResult
    given: tuple[int, ...]
    adjusted: tuple[float, float, float]
    adjusted_violation: float


def gather_evidence(
    data: DiscoveryData, found: Found, *, alpha: float, rng: np.random.Generator
) -> dict[Arrow, PairEvidence]:
    """Test all pairs u < v."""
    pairs = [(u, v) for v in range(data.n_variables) for u in range(v)]
    given = {pair: _other_parents(found, *pair) for pair in pairs}
    tests = {pair: _test(data, found, pair, given[pair], alpha, rng) for pair in pairs}
    directions = adjust_pvalues([p for t in tests.values() for p in (t.pvalue_x_to_y, t.pvalue_y_to_x)])
    edges = adjust_pvalues([t.pvalue_no_edge for t in tests.values()])
    joined = {pair: tests[pair] for pair in pairs if found.arrow_between(*pair) is not None}
    violations = _adjusted({pair: max(t.pvalue_x_to_y, t.pvalue_y_to_x) for pair, t in joined.items()})
    return {
        pair: PairEvidence(
            test=tests[pair],
            given=given[pair],
            adjusted=(float(directions[2 * i]), float(directions[2 * i + 1]), float(edges[i])),
            adjusted_violation=violations.get(pair, 1.0),
        )
        for i, pair in enumerate(pairs)
    }


def column_correlations(data: DiscoveryData) -> Floats:
    """Return the intraclass correlation of each column by itself, shape (d,)."""
    rows, variables = data.table.repeated_rows, data.table.repeated_variables
    return np.array([intraclass_correlation(variable, rows) for variable in variables])


def _other_parents(found: Found, u: int, v: int) -> tuple[int, ...]:
    """Parents of either, which block every path between the two but their own arrow."""
    return tuple(sorted({*found.parents[u], *found.parents[v]} - {u, v}))


def _test(
    data: DiscoveryData,
    found: Found,
    pair: Arrow,
    given: tuple[int, ...],
    alpha: float,
    rng: np.random.Generator,
) -> DeFinettiTestResult:
    statements = pair_statements(data.table, *pair, given)
    n_flips = max(_N_FLIPS, int(np.ceil(_FLIPS_TIMES_ALPHA / alpha)))
    test = judge(statements, alpha=alpha, n_flips=n_flips, random_state=rng)
    if _against_arrow(test, found, pair) > _SUSPICIOUS:
        return test
    return judge(statements, alpha=alpha, n_flips=max(_MANY_FLIPS, n_flips), random_state=rng)


def _against_arrow(test: DeFinettiTestResult, found: Found, pair: Arrow) -> float:
    """Return the p-value of what the graph's own arrow implies; 1 where it has none."""
    arrow = found.arrow_between(*pair)
    if arrow is None:
        return 1.0
    return test.pvalue_x_to_y if arrow == pair else test.pvalue_y_to_x


def _adjusted(pvalues: dict[Arrow, float]) -> dict[Arrow, float]:
    """Adjust over the pairs with an arrow: elsewhere nothing is claimed."""
    if not pvalues:
        return {}
    return dict(zip(pvalues, adjust_pvalues(list(pvalues.values())).tolist(), strict=True))
