"""Readable names of methods, their order in tables, and names of cases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

CONSTANT, RIDGE, BOOSTING, WHOLE = "constant", "pooled ridge", "pooled boosting", "whole stable set"
OURS = "ours, given graph"
EVERY_CLASS = "ours, given graph, every class fitted"
MUTABLE_GIVEN = "ours, given mutable variables"
LEARNED = "ours, learned"
GUESSES = ("always the whole set", "always search")

_SOLVERS = {
    "ICP[learner=ridge]": "ICP, ridge",
    "ICP[learner=boosting]": "ICP, boosting",
    "invariant subset[learner=ridge]": "invariant subset, ridge",
    "invariant subset[learner=boosting]": "invariant subset, boosting",
    "anchor regression[gamma=2]": "anchor regression, 2",
    "anchor regression[gamma=10]": "anchor regression, 10",
    "anchor regression[gamma=100]": "anchor regression, 100",
    "group DRO[model=linear]": "group DRO, linear",
    "group DRO[model=network]": "group DRO, network",
    "IRM[model=linear,penalty=1.0]": "IRM 1, linear",
    "IRM[model=linear,penalty=100.0]": "IRM 100, linear",
    "IRM[model=network,penalty=10.0]": "IRM 10, network",
    "constant guess[says=whole set]": GUESSES[0],
    "constant guess[says=search]": GUESSES[1],
    "ours[knows=graph,search=best_first]": OURS,
    "ours[knows=graph,search=exhaustive]": EVERY_CLASS,
    "ours[knows=mutable,search=best_first]": MUTABLE_GIVEN,
    "ours[knows=nothing,search=best_first]": LEARNED,
}
METHODS = (CONSTANT, RIDGE, BOOSTING, WHOLE, *_SOLVERS.values())
ALL_OURS = (OURS, EVERY_CLASS, MUTABLE_GIVEN, LEARNED)


def method_of(solver_name: str) -> str:
    """A solver's name as tables print it."""
    return _SOLVERS.get(solver_name, solver_name)


def bold(method: str) -> str:
    return f"**{method}**" if method in ALL_OURS else method


def case_of(row: Mapping[str, Any]) -> str:
    """What a data set is called, from its name and parameters in a row of benchopt's output."""
    kind = str(row["dataset_name"]).partition("[")[0]
    if kind == "reference":
        return str(row["p_dataset_world"]) + _settings(row)
    if kind == "mouse":
        return f"mouse, {str(row['p_dataset_fixed']).replace(' ', ' + ')}"
    if kind == "random_graphs":
        return str(row["p_dataset_kind"])
    if kind == "many_classes":
        return f"{row['p_dataset_kind']}, {row['p_dataset_n_stable']:.0f} stable variables"
    return kind


def _settings(row: Mapping[str, Any]) -> str:
    """ ", K = 10, t = .3" where they are given."""
    text = ""
    if not pd.isna(row.get("p_dataset_n_levels")):
        text += f", K = {row['p_dataset_n_levels']:.0f}"
    if not pd.isna(row.get("p_dataset_noise")):
        text += f", t = {row['p_dataset_noise']:g}".replace("0.", ".")
    return text
