"""The graph of the causal order that tests contradict least."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from causalkit._random import child_seeds
from causalkit.estimators._discovery_data import DiscoveryData
from causalkit.estimators._discovery_found import Found, Parents
from causalkit.estimators._order_search import ArrowSearch, search_arrows, search_order
from causalkit.estimators._subset_tables import MAX_VARIABLES
from causalkit.independence._sign_flips import Contributions, flip_tests

Floats = NDArray[np.float64]

_N_FLIPS = 499


def best_by_tests(
    data: DiscoveryData, counts: Floats | None = None, *, alpha: float, rng: np.random.Generator
) -> Found:
    """Find the order by the sink criterion, and arrows by independence inside a row.

    ``counts`` says how often each environment counts, for a resample.

    Raises
    ------
    ValueError
        If there are more variables than an exact search over orders takes.
    """
    if data.n_variables > MAX_VARIABLES:
        raise ValueError(
            f"X must have at most {MAX_VARIABLES} columns for method='test'; got {data.n_variables}: "
            "method='score' takes more"
        )
    seed = child_seeds(rng, 1)[0]
    # A statement about an order makes one of d - 1 tests: p-values must reach below alpha / (d - 1).
    n_flips = max(_N_FLIPS, int(np.ceil(5 * data.n_variables / alpha)))
    table = data.table if counts is None else data.resampled(counts.astype(np.intp)).table

    def pvalue(statement: Contributions) -> float:
        # The same signs for every statement, whatever the order of the tests.
        return flip_tests([statement], np.random.default_rng(seed), n_flips=n_flips)[0].pvalue

    def sink(j: int, among: frozenset[int]) -> float:
        others = sorted(among - {j})
        return pvalue(table.cross_statement(others, [j], others))

    def edge(j: int, k: int, given: frozenset[int]) -> float:
        return pvalue(table.same_row_statement([j], [k], sorted(given)))

    orders = search_order(sink, data.n_variables, alpha=alpha, pvalue_floor=1.5 / n_flips)
    arrows = search_arrows(edge, orders)
    return Found(
        parents=_parents(arrows, data.n_variables),
        order=orders.order,
        exact=True,
        unsettled=frozenset(arrows.unsettled),
        violated=orders.violated,
    )


def _parents(arrows: ArrowSearch, n_variables: int) -> Parents:
    joined = [*arrows.arrows, *arrows.unsettled]
    return tuple(tuple(sorted(u for u, child in joined if child == v)) for v in range(n_variables))
