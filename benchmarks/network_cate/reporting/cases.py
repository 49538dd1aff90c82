"""Means over seeds for each world and solver."""

from __future__ import annotations

import pandas as pd

from reporting.names import OURS, PEERS, TIMED_PEER

# An effect that hardly varies: a share of its variance says nothing, the error itself is shown.
FLAT_VARIANCE = 0.05


def summarise(runs: pd.DataFrame) -> pd.DataFrame:
    """One row for each world and solver: means over seeds, the worst seed, times beside the forest's.

    Errors are shares of the effect's variance, except in flat worlds.
    """
    variance = runs.groupby("world", sort=False)["variance"].mean()
    flat = variance < FLAT_VARIANCE
    unit = runs["world"].map(variance.where(~flat, 1.0)).astype(float)
    errors = {"error": "mse", "hubs": "mse_hubs", "periphery": "mse_periphery"}
    runs = runs.assign(**{name: runs[column] / unit for name, column in errors.items()})
    cases = runs.groupby(["world", "solver"], sort=False).agg(
        error=("error", "mean"),
        worst=("error", "max"),
        hubs=("hubs", "mean"),
        periphery=("periphery", "mean"),
        coverage=("coverage", "mean"),
        width=("width", "mean"),
        ate_bias=("ate_bias", "mean"),
        ate_error=("ate_error", "mean"),
        seconds=("seconds", "median"),
        answer=("answer", "median"),
        n_seeds=("seed", "nunique"),
    )
    worlds = cases.index.get_level_values("world")
    cases["flat"] = flat.reindex(worlds).to_numpy()
    cases["time_ratio"] = (
        cases["seconds"] / of_solver(cases, TIMED_PEER, "seconds").reindex(worlds).to_numpy()
    )
    cases["seeds_behind"] = _seeds_behind(runs)
    return cases


def _seeds_behind(runs: pd.DataFrame) -> pd.Series:
    """In how many seeds a solver has a smaller error than ours."""
    ours = runs[runs["solver"] == OURS].set_index(["world", "seed"])["error"]
    keys = pd.MultiIndex.from_frame(runs[["world", "seed"]])
    behind = runs.assign(behind=ours.reindex(keys).to_numpy() > runs["error"].to_numpy())
    return behind.groupby(["world", "solver"], sort=False)["behind"].sum()


def of_solver(cases: pd.DataFrame, solver: str, column: str) -> pd.Series:
    """One column of one solver, by world."""
    return cases[cases.index.get_level_values("solver") == solver].droplevel("solver")[column]


def value(cases: pd.DataFrame, world: str, solver: str, column: str = "error") -> float:
    """One number, or NaN where the solver has no result in this world."""
    key = (world, solver)
    return float(cases.loc[key, column]) if key in cases.index else float("nan")


def worlds_of(cases: pd.DataFrame) -> list[str]:
    return list(cases.index.get_level_values("world").unique())


def world_name(cases: pd.DataFrame, world: str) -> str:
    flat = cases.loc[world]["flat"].iloc[0]
    return f"`{world}` (MSE)" if flat else f"`{world}`"


def best_peer(cases: pd.DataFrame, world: str) -> str:
    """The causal forest's better setting in this world."""
    here = cases.loc[world]
    found = [peer for peer in PEERS if peer in here.index]
    return here.loc[found, "error"].idxmin() if found else PEERS[1]


def ordered(here: pd.DataFrame) -> pd.DataFrame:
    """Solvers of one world, best first."""
    return here.sort_values("error", kind="stable")
