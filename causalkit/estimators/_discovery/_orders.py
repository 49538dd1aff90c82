"""The graph of the causal order that tests contradict least."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from causalkit.estimators._discovery._data import DiscoveryData
from causalkit.estimators._discovery._found import Found, Parents, causal_order
from causalkit.estimators._search._orders import ArrowSearch, search_arrows, search_order
from causalkit.estimators._search._subset_tables import MAX_VARIABLES
from causalkit.independence._de_finetti import judge
from causalkit.independence._pair_statements import pair_statements
from causalkit.independence._sign_flips import Contributions, flip_tests
from causalkit.independence._table import Table
from causalkit.independence._verdict import NO_EDGE, NOT_ORIENTABLE, VIOLATED, Y_TO_X

Floats = NDArray[np.float64]

_N_FLIPS = 499
_N_FLIPS_OF_TWO = 999


def best_by_tests(data: DiscoveryData, counts: Floats | None = None, *, alpha: float, seed: int) -> Found:
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
    table = data.table if counts is None else data.resampled(counts.astype(np.intp)).table
    if data.n_variables == 2:
        return _best_of_two(table, alpha, seed)
    # A statement about an order makes one of d - 1 tests: p-values must reach below alpha / (d - 1).
    n_flips = max(_N_FLIPS, int(np.ceil(10 * data.n_variables / alpha)))

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


def _best_of_two(table: Table, alpha: float, seed: int) -> Found:
    """Take the answer of the test of two variables, which looks at more than the two orders."""
    n_flips = max(_N_FLIPS_OF_TWO, int(np.ceil(10 / alpha)))
    test = judge(pair_statements(table, 0, 1), alpha=alpha, n_flips=n_flips, random_state=seed)
    parents: Parents = {NO_EDGE: ((), ()), Y_TO_X: ((1,), ())}.get(test.forced, ((), (0,)))
    found = Found(parents, causal_order(parents), exact=True, reason=test.reason)
    return replace(
        found,
        unsettled=frozenset(found.arrows if test.decision == NOT_ORIENTABLE else ()),
        violated=test.decision == VIOLATED,
    )


def _parents(arrows: ArrowSearch, n_variables: int) -> Parents:
    joined = [*arrows.arrows, *arrows.unsettled]
    return tuple(tuple(sorted(u for u, child in joined if child == v)) for v in range(n_variables))
