"""The causal order that contradicts the sink criterion least, and the arrows along it."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real

import numpy as np

from causalkit._results import Result
from causalkit._validation import check_scalar_argument
from causalkit.estimators._search._subset_tables import (
    MAX_VARIABLES,
    Floats,
    all_masks,
    best_beginnings,
    best_endings,
)
from causalkit.inference._multiple import adjust_pvalues

Pair = tuple[int, int]
SinkPvalue = Callable[[int, frozenset[int]], float]
EdgePvalue = Callable[[int, int, frozenset[int]], float]


@dataclass(frozen=True, repr=False)
class OrderSearch(Result):
    """The order of the variables that fits best, and how sure it is; made by :func:`search_order`.

    Attributes
    ----------
    order : tuple of int
        Variables, causes first.
    layers : tuple of tuple of int
        Variables by the longest chain of settled precedences above them, causes first: variables of a layer
        may stand in any order as far as the data say.
    sink_pvalues, adjusted_pvalues : tuple of float, length d - 1
        P-value of the statement that ``order[i + 1]`` is a sink among ``order[: i + 2]``, and d - 1 times
        it (Bonferroni), at most 1.
    contradicted : tuple of (int, tuple of int)
        Statements of the order whose adjusted p-value is at most ``alpha``: the variable, and those it is
        said to be a sink among.
    pvalue : float
        P-value of the hypothesis that some order has all its statements true.
    precedence_pvalues : ndarray, shape (d, d)
        Entry (j, k): p-value of the hypothesis that some order with j before k has all its statements true;
        nan on the diagonal.
    n_tests : int
        Number of statements that were tested.
    alpha : float
        Level of the decisions.
    """

    order: tuple[int, ...]
    layers: tuple[tuple[int, ...], ...]
    sink_pvalues: tuple[float, ...]
    adjusted_pvalues: tuple[float, ...]
    contradicted: tuple[tuple[int, tuple[int, ...]], ...]
    pvalue: float
    precedence_pvalues: Floats
    n_tests: int
    alpha: float

    @property
    def violated(self) -> bool:
        """True where no order fits at level ``alpha``: an assumption of the sink criterion fails."""
        return self.pvalue <= self.alpha

    def precedes(self, j: int, k: int) -> bool:
        """Whether it is settled that j comes before k: some order fits, and none with k before j does."""
        return not self.violated and bool(self.precedence_pvalues[k, j] <= self.alpha)


@dataclass(frozen=True, repr=False)
class ArrowSearch(Result):
    """Arrows along an order; made by :func:`search_arrows`.

    Attributes
    ----------
    arrows : tuple of (int, int)
        Arrows j -> k: dependent given all else that comes before k, and j is settled to come first.
    unsettled : tuple of (int, int)
        Pairs that are dependent in the same way but may stand in either order; given as they stand in it.
    pvalues, adjusted_pvalues : dict of (int, int) to float
        For every pair (j, k) with j before k: p-value of their independence given what else comes before k,
        and its adjustment for the number of pairs.
    """

    arrows: tuple[Pair, ...]
    unsettled: tuple[Pair, ...]
    pvalues: dict[Pair, float]
    adjusted_pvalues: dict[Pair, float]


def search_order(
    sink_pvalue: SinkPvalue, n_variables: int, *, alpha: float = 0.05, pvalue_floor: float = 0.001
) -> OrderSearch:
    r"""Find the causal order whose statements the data contradict least, among all orders.

    In exchangeable data with independent mechanisms, j is a sink of the causal graph among the variables R
    if and only if, for rows 1 and 2 of an environment,

    .. math:: X_{j;1} \perp X_{k;2} \mid X_{R \setminus j;1} \quad \text{for all } k \in R \setminus j.

    An order makes d - 1 such statements: each variable is a sink among itself and those before it. The
    statements of a causal order are all true; any other order makes a false one. So an order is rejected
    where d - 1 times its smallest p-value is at most ``alpha`` (Bonferroni), and this gives p-values for
    hypotheses on orders: the largest p-value of the orders in question. No matter how many of them are read
    off, the chance of a false one is at most ``alpha``: it takes the rejection of a causal order.

    The order returned has the fewest statements rejected at level alpha / (d - 1), then the smallest sum of
    -log p. Both are sums, so that the best of the d! orders is a shortest path over subsets; a statement is
    tested only where a path that may still be the best, or the p-values of hypotheses, depend on it.

    Parameters
    ----------
    sink_pvalue : callable
        ``sink_pvalue(j, R)`` with j in the frozenset R of two or more variables: the p-value of the
        statement above. Called at most once for each (j, R).
    n_variables : int
        Number of variables d, at most 16; they are 0, ..., d - 1.
    alpha : float, default=0.05
        Level of the decisions.
    pvalue_floor : float, default=0.001
        P-values below it count as this: statements are then equally wrong, and p-values of hypotheses are
        not smaller than d - 1 times it. Must be below alpha / (d - 1).

    Returns
    -------
    OrderSearch

    Raises
    ------
    ValueError
        If a setting is out of its range, or ``sink_pvalue`` returns what is not a number in [0, 1].

    References
    ----------
    Guo, S., Toth, V., Schoelkopf, B. & Huszar, F. (2023). Causal de Finetti: on the identification of
    invariant causal structure in exchangeable data. Advances in Neural Information Processing Systems 36.

    Examples
    --------
    >>> from causalkit.estimators._search._orders import search_order
    >>> found = search_order(lambda j, among: 0.6 if j == max(among) else 0.001, 3)
    >>> found.order, found.layers, found.pvalue, found.precedes(0, 2)
    ((0, 1, 2), ((0,), (1,), (2,)), 1.0, True)
    """
    check_scalar_argument(n_variables, "n_variables", integer=True, low=1, high=MAX_VARIABLES)
    check_scalar_argument(alpha, "alpha", low=0, high=1, inclusive=False)
    n_statements = max(n_variables - 1, 1)
    check_scalar_argument(pvalue_floor, "pvalue_floor", low=0, high=alpha / n_statements, inclusive=False)
    statements = _Statements(sink_pvalue, n_variables, pvalue_floor)
    order = _least_contradicted(statements, alpha / n_statements)
    fits = _order_pvalues(statements)
    pvalue = min(1.0, n_statements * float(fits[0]))
    precedence = np.minimum(1.0, n_statements * fits[1])
    raw = tuple(statements.pvalue(v, _mask(order[:i])) for i, v in enumerate(order) if i)
    adjusted = tuple(min(1.0, n_statements * p) for p in raw)
    return OrderSearch(
        order=order,
        layers=_layers(order, precedence <= alpha) if pvalue > alpha else tuple((v,) for v in order),
        sink_pvalues=raw,
        adjusted_pvalues=adjusted,
        contradicted=tuple(
            (order[i + 1], tuple(sorted(order[: i + 2]))) for i, p in enumerate(adjusted) if p <= alpha
        ),
        pvalue=pvalue,
        precedence_pvalues=precedence,
        n_tests=statements.n_tests,
        alpha=alpha,
    )


def search_arrows(edge_pvalue: EdgePvalue, found: OrderSearch, *, method: str = "holm") -> ArrowSearch:
    """Find the arrows along an order: j -> k where dependent given all else that comes before k.

    Parameters
    ----------
    edge_pvalue : callable
        ``edge_pvalue(j, k, given)``: p-value of the independence of j and k in the same row, given the
        variables of the frozenset. Called once for each pair.
    found : OrderSearch
        The order and what is settled about it; its ``alpha`` is the level here too.
    method : str, default="holm"
        How to adjust for the number of pairs; see :func:`causalkit.inference.adjust_pvalues`.

    Returns
    -------
    ArrowSearch

    Raises
    ------
    ValueError
        If ``edge_pvalue`` returns what is not a number in [0, 1], or ``method`` is unknown.

    Examples
    --------
    >>> from causalkit.estimators._search._orders import search_arrows, search_order
    >>> found = search_order(lambda j, among: 0.6 if j == max(among) else 0.001, 3)
    >>> chain = search_arrows(lambda j, k, given: 0.001 if k - j == 1 else 0.4, found)
    >>> chain.arrows, chain.unsettled
    (((0, 1), (1, 2)), ())
    """
    pvalues: dict[Pair, float] = {}
    for i, k in enumerate(found.order):
        for j in found.order[:i]:
            given = frozenset(found.order[:i]) - {j}
            what = f"edge_pvalue for {j} and {k} given {sorted(given)}"
            pvalues[j, k] = _checked(edge_pvalue(j, k, given), what)
    adjusted = adjust_pvalues(list(pvalues.values()), method).tolist() if pvalues else []
    dependent = [pair for pair, p in zip(pvalues, adjusted, strict=True) if p <= found.alpha]
    return ArrowSearch(
        arrows=tuple(sorted(pair for pair in dependent if found.precedes(*pair))),
        unsettled=tuple(sorted(pair for pair in dependent if not found.precedes(*pair))),
        pvalues=pvalues,
        adjusted_pvalues=dict(zip(pvalues, adjusted, strict=True)),
    )


class _Statements:
    """P-values of "j is a sink among C and j", each tested once; C is a mask."""

    def __init__(self, sink_pvalue: SinkPvalue, n_variables: int, floor: float) -> None:
        self._sink_pvalue = sink_pvalue
        self.n_variables = n_variables
        self.floor = floor
        self._known: dict[Pair, float] = {}

    @property
    def n_tests(self) -> int:
        return len(self._known)

    def pvalue(self, j: int, before: int) -> float:
        """Return the p-value; 1 where nothing comes before j."""
        if not before:
            return 1.0
        if (j, before) not in self._known:
            among = frozenset([j, *_members(before, self.n_variables)])
            self._known[j, before] = _checked(
                self._sink_pvalue(j, among), f"sink_pvalue for {j} among {sorted(among)}"
            )
        return self._known[j, before]

    def floored(self, j: int, before: int) -> float:
        return max(self.pvalue(j, before), self.floor)

    def table(self) -> Floats:
        """Return p-values, not below the floor, by j and C; what was not tested is at the floor."""
        table = np.full((self.n_variables, 2**self.n_variables), self.floor)
        table[:, 0] = 1.0
        for (j, before), pvalue in self._known.items():
            table[j, before] = max(pvalue, self.floor)
        return table


def _least_contradicted(statements: _Statements, level: float) -> tuple[int, ...]:
    """Return the best order by a shortest path from all variables to none, the last variable first.

    Costs are not negative, so that a set is left by its cheapest path once it is the cheapest of all open
    ones: statements about sets that cost more than the best order are never tested.
    """
    # A rejected statement costs more than all statements of an order together can.
    rejection = -statements.n_variables * np.log(statements.floor)
    everything = 2**statements.n_variables - 1
    open_sets: list[tuple[float, int, tuple[int, ...]]] = [(0.0, everything, ())]
    closed: set[int] = set()
    while True:
        cost, left, after = heapq.heappop(open_sets)
        if not left:
            return after
        if left in closed:
            continue
        closed.add(left)
        for j in _members(left, statements.n_variables):
            before = left ^ (1 << j)
            pvalue = statements.floored(j, before)
            step = -np.log(pvalue) + (rejection if pvalue <= level else 0.0)
            heapq.heappush(open_sets, (cost + step, before, (j, *after)))


def _order_pvalues(statements: _Statements) -> tuple[float, Floats]:
    """Return the largest smallest p-value over all orders, and over those with j before k: (d, d)."""
    _test_reachable(statements)
    table, n_variables = statements.table(), statements.n_variables
    beginnings = best_beginnings(table, np.minimum, 1.0)
    endings = best_endings(table, np.minimum, 1.0)
    masks = all_masks(n_variables)
    precedence = np.full((n_variables, n_variables), np.nan)
    for k in range(n_variables):
        before = masks[masks >> k & 1 == 0]
        fit = np.minimum(np.minimum(beginnings[before], table[k, before]), endings[before | 1 << k])
        for j in range(n_variables):
            if j != k:
                precedence[j, k] = fit[before >> j & 1 == 1].max()
    return float(beginnings[-1]), precedence


def _test_reachable(statements: _Statements) -> None:
    """Test all statements about sets that remain after removing sinks whose p-values exceed the floor.

    Every order that comes to another set has a statement at the floor, whatever else it says.
    """
    waiting = [2**statements.n_variables - 1]
    seen = set(waiting)
    while waiting:
        left = waiting.pop()
        for j in _members(left, statements.n_variables):
            before = left ^ (1 << j)
            if statements.floored(j, before) > statements.floor and before not in seen:
                seen.add(before)
                waiting.append(before)


def _layers(order: tuple[int, ...], rejected: np.ndarray) -> tuple[tuple[int, ...], ...]:
    """Return the variables by the number of others in the longest settled chain that ends in them."""
    depth: dict[int, int] = {}
    for k in order:
        depth[k] = max((depth[j] + 1 for j in depth if rejected[k, j]), default=0)
    return tuple(tuple(sorted(v for v in order if depth[v] == i)) for i in range(max(depth.values()) + 1))


def _checked(pvalue: float, what: str) -> float:
    if isinstance(pvalue, bool) or not isinstance(pvalue, Real) or not 0 <= pvalue <= 1:
        raise ValueError(f"{what} must be a number between 0 and 1; got {pvalue!r}")
    return float(pvalue)


def _members(mask: int, n_variables: int) -> list[int]:
    return [v for v in range(n_variables) if mask >> v & 1]


def _mask(variables: tuple[int, ...]) -> int:
    return sum(1 << v for v in variables)
