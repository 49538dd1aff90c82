"""Effects in exchangeable data from mechanisms fitted to environments, with a bootstrap over environments."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import NDArray

from causalkit._random import RandomState, child_generators
from causalkit._threads import one_blas_thread
from causalkit._validation import check_scalar_argument
from causalkit.estimators._discovery._data import DiscoveryData
from causalkit.estimators._interventional._companions import companion_values, set_values
from causalkit.estimators._interventional._graph import check_question, reaches
from causalkit.estimators._interventional._question import Question
from causalkit.estimators._interventional._result import InterventionalResult
from causalkit.estimators._interventional._steps import Step, change, how_computed, outcome_law
from causalkit.graphs._dag import check_causal_graph

Floats = NDArray[np.float64]

# A mechanism counts as updated once a chance moves so much, or a mean by so many standard deviations.
_MOVED = 1e-3
_ASSUMPTIONS = (
    "the causal graph is right (intervals hold it fixed) and no cause of two variables is left out",
    "mechanisms have parameters of their own, independent of each other, drawn anew for each environment",
    "the new row's environment is drawn like those of the fit",
    "companion rows are observational rows of the same environment; only the new row is intervened on",
)


def fitted_interventional(
    data: DiscoveryData,
    causal_graph: nx.DiGraph,
    outcome: Hashable,
    do: Mapping[Any, Any],
    companions: pd.DataFrame | None = None,
    *,
    alpha: float = 0.05,
    n_bootstrap: int = 0,
    n_jobs: int | None = None,
    random_state: RandomState = None,
) -> InterventionalResult:
    """Law of an outcome in a new row under an intervention, given companion rows of its environment.

    The mechanism of each variable that is in play (the outcome, and those of its ancestors that are reached
    without passing through an intervened variable) is fitted to the environments: mixtures for categorical
    variables with categorical parents, mixed models otherwise. The companions update each by Bayes' rule.
    Mechanisms that do not vary between environments learn nothing, so that the answer shrinks toward that
    of i.i.d. rows.

    Parameters
    ----------
    data : DiscoveryData
        Columns and environments in their canonical order.
    causal_graph : networkx.DiGraph
        The arrows between the names of the columns.
    outcome : node
        Variable asked for.
    do : mapping of node to value
        Intervened variables of the new row, with the levels or numbers that they are set to.
    companions : DataFrame, shape (n, n_variables), optional
        Other rows of the environment, with all columns of the data.
    alpha : float, default=0.05
        Level of the interval.
    n_bootstrap : int, default=0
        Resamples of environments, 0 or at least 2. Mechanisms are refitted to each, with one mixing law drawn
        by its weight where several explain the data; the graph is held fixed.
    n_jobs : int, optional
        Of the resamples, as in joblib; changes no number.
    random_state : int, Generator, RandomState or None
        Of the resamples.

    Raises
    ------
    ValueError
        If the graph has a cycle or other nodes than the columns, a name or level is unknown, the outcome is
        set, companions lack a column or have another one, a value is missing or not finite, or a table of
        more than 16 million cells is needed.
    """
    check_scalar_argument(alpha, "alpha", low=0, high=1, inclusive=False)
    if n_bootstrap != 0:
        check_scalar_argument(n_bootstrap, "n_bootstrap", integer=True, low=2)
    settings = _checked_question(data, causal_graph, outcome, do)
    question = _question(data, causal_graph, outcome, settings, companions)
    with one_blas_thread():
        families = question.families()
        steps = {
            "estimate": question.steps(families, companions=True),
            "without_companions": question.steps(families, companions=False),
            "iid": question.iid_steps(families),
        }
        laws = {name: outcome_law(mechanisms, question.fixed) for name, mechanisms in steps.items()}
        replications = _replications(question, n_bootstrap, n_jobs, random_state)
    levels = data.levels[question.outcome]
    index = pd.Index(["mean", "sd"] if levels is None else list(levels))
    return InterventionalResult(
        outcome=outcome,
        do=settings,
        distribution=pd.DataFrame(laws, index=index),
        n_companions=question.n_companions,
        updated=_updated(question, steps["without_companions"], steps["estimate"]),
        method=f"{how_computed(steps['estimate'])}; mechanisms fitted: {len(question.parents)}",
        n_environments=data.n_environments,
        replications=replications,
        continuous=levels is None,
        alpha=alpha,
        assumptions=(*_ASSUMPTIONS, *_remarks(question, settings)),
    )


def _checked_question(
    data: DiscoveryData, causal_graph: nx.DiGraph, outcome: Hashable, do: Any
) -> dict[Hashable, Any]:
    check_causal_graph(causal_graph)
    if set(causal_graph) != set(data.names):
        raise ValueError(f"causal_graph must have the nodes {sorted(data.names)}; got {list(causal_graph)}")
    return check_question(causal_graph, outcome, do)


def _question(
    data: DiscoveryData,
    causal_graph: nx.DiGraph,
    outcome: Hashable,
    settings: Mapping[Hashable, Any],
    companions: pd.DataFrame | None,
) -> Question:
    position: dict[Any, int] = {name: v for v, name in enumerate(data.names)}
    levels: dict[Any, Any] = dict(zip(data.names, data.levels, strict=True))
    graph = nx.DiGraph()
    # In the data's own order, so that names decide nothing.
    graph.add_nodes_from(range(data.n_variables))
    graph.add_edges_from(sorted((position[u], position[v]) for u, v in causal_graph.edges))
    return Question(
        data=data,
        causal_graph=graph,
        outcome=position[outcome],
        fixed={position[name]: value for name, value in set_values(settings, levels).items()},
        rows=_in_canonical_order(companion_values(companions, levels)),
    )


def _in_canonical_order(columns: Mapping[Hashable, Floats]) -> dict[int, Floats]:
    """Companion rows by position of the column, sorted, so that their order changes not one bit."""
    table = np.column_stack(list(columns.values()))
    table = table[np.lexsort(table.T[::-1])]
    return dict(enumerate(table.T))


def _replications(
    question: Question, n_bootstrap: int, n_jobs: int | None, random_state: RandomState
) -> Floats | None:
    """The estimate from environments drawn with replacement, shape (n_bootstrap, n_entries)."""
    if not n_bootstrap:
        return None
    generators = child_generators(random_state, n_bootstrap)
    return np.stack(Parallel(n_jobs=n_jobs)(delayed(_refitted)(question, rng) for rng in generators))


def _refitted(question: Question, rng: np.random.Generator) -> Floats:
    n_environments = question.data.n_environments
    counts = rng.multinomial(n_environments, np.full(n_environments, 1 / n_environments)).astype(np.float64)
    with one_blas_thread():
        # Where several mixing laws fit as well, the interval is to show how far their answers lie apart.
        families = question.drawn(question.families(counts), rng)
        return outcome_law(question.steps(families, companions=True), question.fixed)


def _updated(question: Question, before: list[Step], after: list[Step]) -> tuple[Hashable, ...]:
    n = question.n_companions
    if not n:
        return ()
    moved = [change(a, b, question.fixed, question.rows, n) for a, b in zip(before, after, strict=True)]
    return tuple(question.data.names[v] for v, by in zip(question.parents, moved, strict=True) if by > _MOVED)


def _remarks(question: Question, settings: Mapping[Hashable, Any]) -> list[str]:
    """What a reader should know about this question in particular."""
    remarks, data = [], question.data
    if not reaches(question.causal_graph, question.outcome, question.fixed):
        remarks.append("no intervened variable is a cause of the outcome in the graph: nothing changes")
    for v, value in question.fixed.items():
        low, high = data.values[:, v].min(), data.values[:, v].max()
        if not data.n_levels[v] and not low <= value <= high:
            name = data.names[v]
            remarks.append(
                f"do[{name!r}] = {settings[name]} lies outside {low:.4g} to {high:.4g}, the values seen"
            )
    return remarks
