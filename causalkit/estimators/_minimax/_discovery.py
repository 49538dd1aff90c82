"""Discovery of the mutable variables and of the graph around them from labelled environments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import networkx as nx
import pandas as pd

from causalkit._random import RandomState, child_generators
from causalkit._results import Result
from causalkit._threads import one_blas_thread
from causalkit._validation import check_scalar_argument
from causalkit.estimators._minimax._discovery_features import build_features
from causalkit.estimators._minimax._discovery_search import FamilyTable, Graph
from causalkit.estimators._minimax._discovery_stability import stability_table
from causalkit.estimators._minimax._discovery_table import (
    Table,
    check_no_labels,
    outcome_name,
    positions_of,
    read_table,
)
from causalkit.estimators._minimax._discovery_verdict import judge
from causalkit.graphs._dag import check_causal_graph, check_variables

# More rows than these say little more, and take longer.
_MOST_ROWS = 12_000


@dataclass(frozen=True, repr=False)
class Discovered(Result):
    """What the environments say about the mechanisms; made by :func:`discover`.

    Attributes
    ----------
    causal_graph : networkx.DiGraph
        The columns of X, then the outcome. Only the arrows that ``stability`` calls needed are of interest:
        others may be turned round without any change of the distribution.
    mutable : tuple
        Variables whose mechanism changes between environments, in the order of the columns.
    stability : pandas.DataFrame
        A row for each decision: ``decision`` ("mutable", "arrow", "whole set is optimal"), ``cause`` and
        ``effect`` (None where there is none), ``found``, ``share`` (of resamples that find it) and ``needed``
        (whether the condition or the search for a subset uses it).
    identified : bool
        Whether the environments single out this answer.
    reason : str
        Why, in words.
    suspects : tuple
        Variables, beside ``mutable``, whose mechanism may be the changing one in another reading that the
        environments do not exclude; none where ``identified``. What is neither mutable nor a suspect is safe
        to call stable.
    """

    causal_graph: nx.DiGraph
    mutable: tuple[Any, ...]
    stability: pd.DataFrame
    identified: bool
    reason: str
    suspects: tuple[Any, ...] = ()


def discover(
    X: pd.DataFrame,
    y: Any,
    environments: Any,
    *,
    mutable: Any = None,
    causal_graph: nx.DiGraph | None = None,
    n_resamples: int = 50,
    random_state: RandomState = None,
) -> Discovered:
    r"""Learn which mechanisms change between environments, and the graph that a subset search needs.

    The graph G and the set M of mutable variables have the largest score

    .. math:: \sum_v \max_{\text{mechanisms of } v} \{\log p(x_v \mid x_{pa(v)}, e) - \tfrac12 k \log n\}

    where the mechanism of a stable variable and that of the outcome do not depend on the environment e, and k
    counts parameters. Means are polynomials with products of parents, whose intercept, slopes or all
    coefficients may change; residual spreads may follow parents and change; variables with levels have
    multinomial logistic mechanisms. Coefficients of the environments are free or, where that is cheaper,
    draws from a normal law, so that many environments cost little. Up to sixteen variables the search is
    exact, with at most three parents. Of more than 12,000 rows a part is used, chosen by hashes of the rows.

    A change named this way can still come from a poor model. So each named variable must also say something
    about the environment beyond its neighbours, in the held-out fit of classifiers of the environment with
    and without it, which model no mechanism at all. Where two variables explain each other's change,
    no data from these environments tell which of them is mutable: ``identified`` is then False, and
    ``suspects`` holds every variable that could be the mutable one beside those that were named.

    Parameters
    ----------
    X : DataFrame, shape (n, d)
        Numbers, or levels (texts, booleans, categories; at most 12). Numbers with two values are levels.
    y : array-like, shape (n,)
        Outcome, a number; named as its Series is, else "y".
    environments : array-like, shape (n,)
        Label of the environment of each row, at least 20 rows each.
    mutable : list of column names, optional
        The mutable variables, where they are known; all others are then stable.
    causal_graph : networkx.DiGraph, optional
        The graph of the columns and the outcome, where it is known.
    n_resamples : int, default=50
        Number of resamples in ``stability``.
    random_state : int, Generator, RandomState or None
        Decides the resamples only.

    Returns
    -------
    Discovered

    Raises
    ------
    ValueError
        If the data cannot be used (a column that is constant, equals another one, or has one value in each
        environment while ``mutable`` is to be learned), ``mutable`` names what is no column, or
        ``causal_graph`` has a cycle or other nodes than the columns and the outcome.

    References
    ----------
    Liu, M., Zheng, X., Sun, X., Fang, F. & Wang, Y. (2023). Which invariance should we transfer? A causal
    minimax learning approach. ICML.

    Kishino, H., Miyata, T. & Hasegawa, M. (1990). Maximum likelihood inference of protein phylogeny and the
    origin of chloroplasts. Journal of Molecular Evolution 31.

    Examples
    --------
    The level of ``m`` differs between sites; ``z`` follows the outcome alike everywhere.

    >>> import numpy as np, pandas as pd
    >>> from causalkit.estimators._minimax._discovery import discover
    >>> rng = np.random.default_rng(0)
    >>> site = np.repeat(["a", "b", "c"], 300)
    >>> x, e1, e2, e3 = rng.normal(size=(4, 900))
    >>> y = np.sin(2 * x) + 0.5 * e1
    >>> m = y + np.repeat([-1.0, 0.0, 2.0], 300) + 0.5 * e2
    >>> found = discover(pd.DataFrame({"x": x, "m": m, "z": y + e3}), y, site, random_state=0)
    >>> found.mutable, found.identified
    (('m',), True)
    """
    check_scalar_argument(n_resamples, "n_resamples", integer=True, low=1)
    table = read_table(X, y, environments).first_rows(_MOST_ROWS)
    if mutable is None:
        check_no_labels(table)
    if causal_graph is not None:
        check_variables(check_causal_graph(causal_graph), list(X.columns), outcome_name(y))
    known = None if mutable is None else positions_of(table, mutable)
    parents = None if causal_graph is None else _parents(table, causal_graph)
    with one_blas_thread():
        families = FamilyTable(build_features(table.values, table.is_level, table.starts), known, parents)
        best = families.best_graph()
        resampled = families.resampled(child_generators(random_state, n_resamples))
        outcome_gain = families.outcome_gain(best.parents[table.outcome])
        verdict = judge(
            table,
            best,
            resampled,
            outcome_gain,
            mutable_given=known is not None,
            graph_given=parents is not None,
        )
    names = list(X.columns)
    stability = stability_table(table.names, names, best, resampled)
    graph = _named_graph(table, names, best)
    changing, suspects = (
        tuple(name for name in names if table.names.index(name) in chosen)
        for chosen in (best.mutable, verdict.suspects)
    )
    return Discovered(graph, changing, stability, verdict.identified, verdict.reason, suspects)


def _parents(table: Table, graph: nx.DiGraph) -> tuple[tuple[int, ...], ...]:
    place = {name: j for j, name in enumerate(table.names)}
    return tuple(tuple(sorted(place[u] for u in graph.predecessors(name))) for name in table.names)


def _named_graph(table: Table, columns: list[Any], best: Graph) -> nx.DiGraph:
    graph = nx.DiGraph()
    graph.add_nodes_from([*columns, table.names[-1]])
    # Arrows stand in the order of the nodes, so that the graph does not depend on how rows were sorted.
    place = {node: i for i, node in enumerate(graph)}
    arrows = [(table.names[u], table.names[v]) for u, v in best.arrows]
    graph.add_edges_from(sorted(arrows, key=lambda arrow: (place[arrow[0]], place[arrow[1]])))
    return graph
