"""causalkit's answers: the fitted search, the whole stable set without one, and the verdict alone."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pandas as pd

from benchmark_utils.answers import Answer, Search
from benchmark_utils.learners import fit_constant
from benchmark_utils.problems import Problem
from causalkit.estimators import MinimaxSubsetRegressor
from causalkit.estimators._minimax._roles import Roles, assign_roles
from causalkit.exceptions import NotIdentifiedWarning, OverlapWarning

# What a method knows of the causal graph and of the mutable variables.
KNOWN: dict[str, tuple[str, ...]] = {
    "graph": ("causal_graph", "mutable"),
    "mutable": ("mutable",),
    "nothing": (),
}
N_RESAMPLES = 50
# Where hardly a row is effective there is no estimate, but an error that says so.
NO_OVERLAP = "must vary for given parents"


def given(problem: Problem, knows: str) -> dict[str, Any]:
    """Arguments for what is known."""
    everything = {"causal_graph": problem.causal_graph, "mutable": problem.mutable}
    return {name: everything[name] for name in KNOWN[knows]}


@contextmanager
def without_warnings() -> Iterator[None]:
    """Answers say themselves that overlap is poor or that the environments do not tell."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OverlapWarning)
        warnings.simplefilter("ignore", NotIdentifiedWarning)
        yield


def _quietly(model: MinimaxSubsetRegressor) -> Callable[[pd.DataFrame], Any]:
    """Predictions without the warning that test environments lie outside what was seen: they are meant to."""

    def predict(X: pd.DataFrame) -> Any:
        with without_warnings():
            return model.predict(X)

    return predict


def fitted_search(problem: Problem, knows: str, search: str, *, seed: int) -> Answer:
    """What MinimaxSubsetRegressor answers with its defaults."""
    rows = problem.train
    model = MinimaxSubsetRegressor(search=search, random_state=seed, **given(problem, knows))
    with without_warnings():
        try:
            model.fit(rows.X, rows.y, environments=rows.environments)
        except ValueError as error:
            return _refusal(problem, error)
    return Answer(
        predict=_quietly(model),
        # Only subsets of what is stable have a known worst-case risk.
        subset=model.subset_ if set(model.subset_) <= set(problem.stable) else None,
        columns=model.subset_,
        search=search_of(model),
        verdict=model.whole_set_is_optimal_,
        mutable=_learned(model.mutable_, knows),
        identified=model.is_identified_,
    )


def _refusal(problem: Problem, error: ValueError) -> Answer:
    """The training mean where the data do not carry an answer; any other error is one."""
    if NO_OVERLAP not in str(error):
        raise error
    return Answer(fit_constant(problem.train.X, problem.train.y), refused=True)


def search_of(model: MinimaxSubsetRegressor) -> Search:
    """Counts and estimates of a fitted model."""
    table, overlap = model.risk_table_, model.overlap_
    fitted = table[table["status"] == "fitted"]
    return Search(
        risk=model.worst_case_risk_,
        interval=model.worst_case_interval_,
        estimates={row.subset: (row.risk, row.risk_low, row.risk_high) for row in fitted.itertuples()},
        tied=tuple(model.tied_subsets_),
        n_classes=len(table),
        n_fitted=len(fitted),
        effective_share=overlap.effective_rows / overlap.n_rows,
        poor_overlap=overlap.is_poor,
    )


def roles_of(problem: Problem, knows: str, *, seed: int) -> Roles:
    """Roles of the columns and the verdict, as the first step of a fit finds them."""
    rows = problem.train
    found = {"causal_graph": None, "mutable": None, **given(problem, knows)}
    return assign_roles(
        rows.X,
        rows.y,
        rows.environments.to_numpy(),
        rows.environments.nunique(),
        **found,
        n_resamples=N_RESAMPLES,
        random_state=seed,
    )


def verdict_only(problem: Problem, knows: str, *, seed: int) -> Answer:
    """Is the whole stable set optimal, which variables change, and do the environments tell?"""
    roles = roles_of(problem, knows, seed=seed)
    return Answer(
        verdict=roles.whole_set_is_optimal,
        mutable=_learned(roles.mutable, knows),
        identified=roles.is_identified,
    )


def _learned(mutable: Sequence[str], knows: str) -> tuple[str, ...] | None:
    """The mutable variables, unless they were given."""
    return None if "mutable" in KNOWN[knows] else tuple(mutable)


def whole_stable_set(problem: Problem, *, seed: int) -> Answer:
    """The predictor of the whole stable set of the given graph, without a search."""
    rows = problem.train
    model = MinimaxSubsetRegressor(
        search="whole_set", n_refits=0, random_state=seed, **given(problem, "graph")
    )
    with without_warnings():
        try:
            model.fit(rows.X, rows.y, environments=rows.environments)
        except ValueError as error:
            return _refusal(problem, error)
    return Answer(_quietly(model), subset=problem.stable)
