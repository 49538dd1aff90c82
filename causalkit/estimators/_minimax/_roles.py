"""Who is stable, who is mutable and in which causal graph: as given, or learned from the environments."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import networkx as nx
import pandas as pd

from causalkit._random import RandomState
from causalkit.estimators._minimax._discovery import discover
from causalkit.estimators._minimax._variables import MutableVariable
from causalkit.graphs._dag import check_causal_graph, check_nodes, check_roles, check_variables
from causalkit.graphs._subset_classes import variable_parts, whole_set_is_optimal

GIVEN = "causal_graph and mutable as given"


@dataclass(frozen=True)
class Roles:
    """Roles of the columns.

    Attributes
    ----------
    causal_graph : networkx.DiGraph
    target : str
        Node of the outcome.
    stable, mutable : tuple of str
        Causes before effects. Where the environments do not tell which mechanism changes, whatever may change
        is mutable.
    whole_set_is_optimal : bool
        What the graph says.
    is_identified : bool
    reason : str
    stability : DataFrame or None
    """

    causal_graph: nx.DiGraph
    target: Hashable
    stable: tuple[Any, ...]
    mutable: tuple[Any, ...]
    whole_set_is_optimal: bool
    is_identified: bool
    reason: str
    stability: pd.DataFrame | None


def assign_roles(
    table: pd.DataFrame,
    y: pd.Series,
    environments: Any,
    n_environments: int,
    *,
    mutable: Any,
    causal_graph: Any,
    n_resamples: int,
    random_state: RandomState,
) -> Roles:
    """Take what is given, learn the rest.

    Raises
    ------
    ValueError
        If a graph or a list does not fit the table, or there is one environment and no list.
    """
    target, columns = y.name, list(table.columns)
    if target in columns:
        raise ValueError(f"X must have no column with the name of the outcome, {target!r}; got {columns}")
    if causal_graph is not None:
        check_variables(check_causal_graph(causal_graph), columns, target)
    if mutable is not None:
        _check_mutable(columns, mutable, target)
    if causal_graph is not None and mutable is not None:
        return _roles(
            causal_graph.copy(), target, check_roles(causal_graph, target, mutable)[1], (True, GIVEN), None
        )
    if mutable is None and n_environments < 2:
        raise ValueError(
            "environments must be at least 2 for the mutable variables to be learned; got "
            f"{n_environments} (name them in mutable= otherwise)"
        )
    found = discover(
        table,
        y,
        environments,
        mutable=mutable,
        causal_graph=causal_graph,
        n_resamples=n_resamples,
        random_state=random_state,
    )
    changing = {*found.mutable, *found.suspects}
    return _roles(found.causal_graph, target, changing, (found.identified, found.reason), found.stability)


def mutable_variables(roles: Roles, columns: Sequence[Hashable]) -> list[MutableVariable]:
    """Return the mutable variables by their columns, in causal order.

    None where the roles are not identified: to condition on what may change would take the graph to be right.
    """
    if not roles.is_identified:
        return []
    graph, place = roles.causal_graph, {name: j for j, name in enumerate(columns)}
    generation = {v: i for i, layer in enumerate(nx.topological_generations(graph)) for v in layer}
    found = []
    for name in roles.mutable:
        below = nx.descendants(graph, name)
        found.append(
            MutableVariable(
                column=place[name],
                parents=tuple(sorted(place[p] for p in graph.pred[name] if p != roles.target)),
                outcome_is_parent=roles.target in graph.pred[name],
                generation=generation[name],
                descendants=tuple(sorted(place[v] for v in below if v != roles.target)),
                outcome_is_descendant=roles.target in below,
            )
        )
    return found


def _check_mutable(columns: Sequence[Hashable], mutable: Any, target: Hashable) -> None:
    named = [mutable] if isinstance(mutable, str) else mutable
    if isinstance(named, Collection) and target in named:
        raise ValueError(
            f"mutable must not hold the outcome {target!r}, whose mechanism is the same everywhere; "
            f"got {list(named)}"
        )
    check_nodes(columns, mutable, "mutable", "the columns of X")


def _roles(
    graph: nx.DiGraph,
    target: Hashable,
    mutable: Collection[Hashable],
    verdict: tuple[bool, str],
    stability: pd.DataFrame | None,
) -> Roles:
    parts = variable_parts(graph, target, mutable)
    optimal = whole_set_is_optimal(graph, target, mutable)
    return Roles(graph, target, parts.stable, parts.mutable, optimal, *verdict, stability)
