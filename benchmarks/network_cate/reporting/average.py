"""The average effect: bias, coverage and width of the intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd

from reporting.text import number, signed, table

ABOUT = {
    "groups": "900 nodes in groups of nine that share half of the noise's and of the treatment's variance; "
    "constant effect of 2",
    "hubs": "1000 nodes, Barabasi-Albert graph; half of the noise's and of the treatment's variance shared "
    "with neighbours; constant effect of 2",
    "independent": "1000 nodes, Barabasi-Albert graph, independent noise; the effect varies (`one_hop`)",
}


def average_effects(runs: pd.DataFrame) -> str:
    here = runs[runs["family"] == "average_effect"]
    if here.empty:
        return "Not in this run (parts `average_groups`, `average_hubs`, `average_independent`)."
    about = (
        "The truth is the mean effect over the nodes of each draw. Bias is the mean over seeds of estimate "
        "less truth, with its Monte Carlo error in brackets; coverage that of the 95 % interval (its own "
        "Monte Carlo error is .034 at 40 seeds and a true .95). Hop features, and LightGBM nuisances for "
        "EconML and DoubleML; graphdml has its own features and models. Groups, where there are any, are "
        "given to everybody who takes them: EconML's folds, DoubleML's clusters, graphdml's clustered "
        "errors, ours."
    )
    parts = [_one_world(here[here["world"] == world], world) for world in here["world"].unique()]
    return "\n\n".join([about, *parts])


def _one_world(here: pd.DataFrame, world: str) -> str:
    rows = [_row(solver, found) for solver, found in here.groupby("solver", sort=False)]
    head = ["estimator", "bias", "RMSE", "coverage", "mean width", "seconds", "seeds"]
    return f"**`{world}`**: {ABOUT.get(world, '')}.\n\n{table(head, rows)}"


def _row(solver: str, found: pd.DataFrame) -> list[str]:
    bias, n = found["ate_bias"], len(found)
    error = bias.std() / np.sqrt(n) if n > 1 else np.nan
    return [
        solver,
        f"{signed(bias.mean())} ({number(error)})",
        number(float(np.sqrt((bias**2).mean()))),
        number(found["ate_covered"].mean(), 2),
        number(found["ate_width"].mean(), 2),
        number(found["seconds"].median(), 1),
        str(n),
    ]
