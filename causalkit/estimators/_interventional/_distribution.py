"""Effects in exchangeable data from stated mechanisms: a new row given others of its environment."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from causalkit.estimators._interventional._companions import companion_values, pattern_counts, set_values
from causalkit.estimators._interventional._graph import check_question, mechanisms_in_play
from causalkit.estimators._interventional._mechanisms import DirichletMechanism, Mechanism, UrnMechanism
from causalkit.estimators._interventional._result import InterventionalResult
from causalkit.estimators._interventional._tables import Factor, law_of
from causalkit.graphs._dag import check_causal_graph

Floats = NDArray[np.float64]

_ASSUMPTIONS = (
    "the causal graph is right and no cause of two variables is left out",
    "mechanisms have parameters of their own, independent of each other, drawn anew for each environment",
    "companion rows are observational rows of the same environment; only the new row is intervened on",
    "the stated pseudo-counts are the law of the parameters between environments",
)


def interventional_distribution(
    causal_graph: nx.DiGraph,
    mechanisms: Mapping[Hashable, Mechanism],
    outcome: Hashable,
    do: Mapping[Any, Any],
    companions: pd.DataFrame | None = None,
) -> InterventionalResult:
    r"""Law of an outcome in a new row of an environment under an intervention, given companion rows.

    Rows of an environment are not independent: each shows something of the mechanisms that the others share.
    With companion rows :math:`D` of the new row's environment, drawn without intervention, the factorisation
    over several rows gives

    .. math::

        P(y \mid \mathrm{do}(t), D) = \sum_{x} \; \prod_{v \notin t}
        \int p(x_v \mid \mathrm{pa}_v, \theta_v) \, d\mu_v(\theta_v \mid D_v),

    where x runs over the variables that are neither the outcome nor intervened on, whose own factors are left
    out in the new row, and :math:`D_v` holds the companions' values of v and its parents. As
    mechanisms have independent parameters, companions inform that of v through these values alone. The
    integrals have closed forms for the mechanisms taken here, and the sum is exact. An analysis for i.i.d.
    rows takes each mechanism at its mean instead, whatever the companions are.

    Parameters
    ----------
    causal_graph : networkx.DiGraph
        The arrows between the variables.
    mechanisms : mapping of node to DirichletMechanism or UrnMechanism
        The mechanism of every node.
    outcome : node
        Variable asked for.
    do : mapping of node to value
        Intervened variables of the new row and the levels that they are set to.
    companions : DataFrame, shape (n, n_variables), optional
        Other rows of the environment, a column for each node; none unless given.

    Returns
    -------
    InterventionalResult
        ``distribution`` (a row for each level), ``updated``, ``summary()`` and ``to_frame()``.

    Raises
    ------
    ValueError
        If the graph has a cycle, mechanisms do not fit it, a name or level is unknown, the outcome is set,
        companions lack a column or have another one, or a table of more than 16 million cells is needed.

    References
    ----------
    Guo, S., Zhang, C., Mohan, K., Huszar, F. & Schoelkopf, B. (2024). Do Finetti: on causal effects for
    exchangeable data. NeurIPS. arXiv 2405.18836.

    Examples
    --------
    >>> import networkx as nx
    >>> import pandas as pd
    >>> from causalkit.estimators import DirichletMechanism, UrnMechanism, interventional_distribution
    >>> mechanisms = {
    ...     "x": DirichletMechanism([3, 1]),
    ...     "y": UrnMechanism([3, 1], mapping=[[0, 1], [1, 0]], parents=["x"]),
    ... }
    >>> companion = pd.DataFrame({"x": [1], "y": [1]})
    >>> answer = interventional_distribution(nx.DiGraph([("x", "y")]), mechanisms, "y", {"x": 1}, companion)
    >>> answer.to_frame()
       estimate  without_companions   iid
    0       0.2                0.25  0.25
    1       0.8                0.75  0.75
    """
    graph = check_causal_graph(causal_graph)
    settings = check_question(graph, outcome, do)
    _check_mechanisms(graph, mechanisms)
    levels = {name: tuple(mechanisms[name].levels or ()) for name in graph}
    fixed = {name: int(code) for name, code in set_values(settings, levels).items()}
    rows = companion_values(companions, levels)
    in_play = mechanisms_in_play(graph, outcome, fixed)
    seen = [_factor(name, mechanisms[name], rows) for name in in_play]
    unseen = [_factor(name, mechanisms[name], companion_values(None, levels)) for name in in_play]
    prior = law_of(unseen, outcome, fixed)
    columns = {"estimate": law_of(seen, outcome, fixed), "without_companions": prior, "iid": prior}
    changed = [not np.array_equal(a.table, b.table) for a, b in zip(seen, unseen, strict=True)]
    return InterventionalResult(
        outcome=outcome,
        do=settings,
        distribution=pd.DataFrame(columns, index=pd.Index(levels[outcome])),
        n_companions=0 if companions is None else len(companions),
        updated=tuple(name for name, differs in zip(in_play, changed, strict=True) if differs),
        method=f"exact sum over the levels of {len(in_play)} mechanisms with stated pseudo-counts",
        assumptions=_ASSUMPTIONS,
    )


def _factor(name: Hashable, mechanism: Mechanism, rows: Mapping[Hashable, Floats]) -> Factor:
    counts = pattern_counts([rows[parent] for parent in mechanism.parents], rows[name], mechanism.shape)
    return Factor((*mechanism.parents, name), mechanism.predictive(counts).reshape(mechanism.shape))


def _check_mechanisms(causal_graph: nx.DiGraph, mechanisms: Any) -> None:
    nodes = list(causal_graph)
    if not isinstance(mechanisms, Mapping) or set(mechanisms) != set(nodes):
        got = list(mechanisms) if isinstance(mechanisms, Mapping) else repr(mechanisms)
        raise ValueError(f"mechanisms must map each variable of {nodes} to its mechanism; got {got}")
    for name in nodes:
        mechanism = mechanisms[name]
        if not isinstance(mechanism, DirichletMechanism | UrnMechanism):
            kind = type(mechanism).__name__
            raise ValueError(
                f"mechanisms[{name!r}] must be a DirichletMechanism or an UrnMechanism; got {kind}"
            )
        _check_parents(causal_graph, mechanisms, name)


def _check_parents(
    causal_graph: nx.DiGraph, mechanisms: Mapping[Hashable, Mechanism], name: Hashable
) -> None:
    mechanism, expected = mechanisms[name], list(causal_graph.predecessors(name))
    if set(mechanism.parents) != set(expected):
        raise ValueError(
            f"mechanisms[{name!r}] must have the parents of the causal graph, {expected}; got "
            f"{list(mechanism.parents)}"
        )
    for parent, size in zip(mechanism.parents, mechanism.shape, strict=False):
        n_levels = mechanisms[parent].shape[-1]
        if size != n_levels:
            raise ValueError(
                f"mechanisms[{name!r}] must have {n_levels} patterns along its parent {parent!r}, one for "
                f"each level; got {size}"
            )
