"""RESULTS.md as a whole: the preface and the sections in their order."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from reporting import average, degrees, paper, stages, worlds
from reporting.cases import summarise, worlds_of
from reporting.names import CONSTANT, OURS, PEERS
from reporting.runs import gaps, missing_parts
from reporting.text import listed

N_NODES, N_LARGE = 2000, 20_000
Section = tuple[str, Callable[[], str]]


def results_page(runs: pd.DataFrame, command: str) -> str:
    body = "\n\n".join(f"## {title}\n\n{text()}" for title, text in _sections(runs))
    return f"# Effects on a network: results\n\n{preface(runs, command)}\n\n{body}\n"


def main_cases(runs: pd.DataFrame) -> pd.DataFrame:
    """The simulated worlds at 2,000 nodes, without the two-stage learner and unconfounded twins."""
    here = runs[(runs["family"] == "simulated") & (runs["n_nodes"] == N_NODES)]
    here = here[~here["solver"].str.startswith("two stages") & (here["world"] != "one_hop_unconfounded")]
    return summarise(here)


def _sections(runs: pd.DataFrame) -> list[Section]:
    cases = main_cases(runs)
    simulated = runs[runs["family"] == "simulated"]
    here = simulated[simulated["n_nodes"] == N_NODES]
    large = simulated[simulated["n_nodes"] == N_LARGE]
    cora = runs[runs["family"] == "planetoid"]
    sections: list[Section] = [
        ("In one table", lambda: _main(cases, worlds.readme_table)),
        ("In a few numbers", lambda: _main(cases, lambda c: worlds.headline(here, c))),
        ("Where GraphRLearner is behind", lambda: _main(cases, worlds.behind)),
        ("The paper's estimators in the paper's world", lambda: paper.published_world(simulated)),
        ("The paper's estimators where there is something to learn", lambda: paper.other_worlds(simulated)),
        ("Which stage must see the graph", lambda: stages.which_stage(simulated)),
        ("Hubs and periphery", lambda: degrees.by_degree(cases)),
        ("The average effect", lambda: average.average_effects(runs)),
        ("20,000 nodes", lambda: _whole(large, "parts `large_dense`, `large_one_hop`, `large_constant`")),
        ("Cora's features and links", lambda: _whole(cora, "part `cora`, which needs a file")),
        ("Error of every solver in every world", lambda: _main(cases, worlds.matrix)),
    ]
    details: list[Section] = [
        (f"World `{world}`", lambda world=world: worlds.detail(cases, world)) for world in worlds_of(cases)
    ]
    return sections + details


def _main(cases: pd.DataFrame, text: Callable[[pd.DataFrame], str]) -> str:
    return "Not in this run (part `worlds`)." if cases.empty else text(cases)


def _whole(runs: pd.DataFrame, part: str) -> str:
    """One table of errors, and one for each world with intervals and times."""
    if runs.empty:
        return f"Not in this run ({part})."
    cases = summarise(runs)
    parts = [f"**`{world}`**\n\n{worlds.detail(cases, world)}" for world in worlds_of(cases)]
    return "\n\n".join([worlds.readme_table(cases), *parts])


def preface(runs: pd.DataFrame, command: str) -> str:
    def values(name: str) -> str:
        return listed([str(value) for value in sorted(runs[name].dropna().unique())])

    simulated = runs[runs["family"] != "average_effect"]
    seeds = listed([str(seed) for seed in sorted(simulated["seed"].unique())])
    average = runs[runs["family"] == "average_effect"]["seed"]
    more = f"; for the average effect {average.min()} to {average.max()}" if len(average) else ""
    return f"""\
Written by `report.py` from the output of `{command}`.

- Seeds: {seeds or "none"}{more}. Mean degree 8 in simulated networks.
- Machine: {values("processor")}, {values("cores")} cores; two threads for every solver that takes a number of
  threads; `OMP_NUM_THREADS`: {values("threads") or "not set"}.
- Versions: {"; ".join(runs["versions"].unique())}.{_holes(runs)}

Error is the mean squared error of the effect over the nodes, as a share of the variance of the true effect
(1 for the best constant), mean over seeds. In worlds marked "MSE" the effect hardly varies, or not at all,
and the error is not divided. Coverage is the share of nodes whose 95 % interval holds the true effect,
width the interval's mean length. Seconds are the median time of `fit`, hop features included, after a first
small fit that loads libraries; "answer" is the time for effects, intervals and the average effect. "Forest"
is EconML's CausalForestDML on the same hop features; where one column stands for it, the setting with the
smaller error in that world is shown, chosen with the truth at hand. The constant is the one with the
smallest R-loss on LightGBM nuisances. "As released" are estimators of the paper (arXiv 2511.13018) with its
settings; repaired, their effect has an intercept and their networks are trained until held-out loss stops
falling."""


def _holes(runs: pd.DataFrame) -> str:
    """Parts and solvers that are not there, and cases that failed or were left out."""
    lines = []
    parts = missing_parts(runs)
    if parts:
        lines.append(f"Parts that are not in this run: {listed(parts)}.")
    absent = [solver for solver in (CONSTANT, OURS, PEERS[1]) if solver not in set(runs["solver"])]
    if absent:
        lines.append(f"Solvers that are not in this run: {listed(absent)}.")
    lines += [f"No result (left out of the run, or the fit failed): {gap}." for gap in gaps(runs)]
    return "".join(f"\n- {line}" for line in lines)
