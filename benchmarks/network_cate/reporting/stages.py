"""Which stage must see the graph: nuisances and final stage, each blind or not."""

from __future__ import annotations

import pandas as pd

from reporting.cases import summarise, value, world_name, worlds_of
from reporting.names import CONSTANT, OURS, STAGES, paper_label, stages_label
from reporting.text import number, signed, table

SIGHT = ("own", "hops")
# A linear final stage and an MLP are blind, graph convolutions are not.
PAPER_NAMES = {
    ("mlp", "linear"): "MLP nuisances, linear final stage",
    ("mlp", "gcn"): "MLP nuisances, GCN final stage",
    ("gcn", "linear"): "GCN nuisances, linear final stage",
    ("gcn", "gcn"): "GCN nuisances, GCN final stage",
}


def which_stage(runs: pd.DataFrame) -> str:
    here = runs[runs["n_nodes"] == 2000]
    worlds = list(here[here["solver"].str.startswith(STAGES)]["world"].unique())
    if not worlds:
        return "Not in this run (part `stages`)."
    cases = summarise(here[here["world"].isin(worlds)])
    about = (
        "One R-learner in two separate stages: cross-fitted stacks as nuisances, then causalkit's additive "
        "engine with pairs on the residuals; each stage sees own columns only (blind) or neighbours' too. "
        "In `one_hop` neighbours' columns change the effect and confound, in `one_hop_unconfounded` they "
        "only change the effect, in `local` and `constant` they only confound. Error is that of the effects, "
        "bias the mean over seeds of the estimated less the true average effect."
    )
    return "\n\n".join([about, *(_one_world(cases, world) for world in worlds_of(cases))])


def _one_world(cases: pd.DataFrame, world: str) -> str:
    cells = {
        f"nuisances {_word(nuisances)}, final stage {_word(final)}": stages_label(nuisances, final)
        for nuisances in SIGHT
        for final in SIGHT
    }
    paper = {f"{PAPER_NAMES[key]} (paper, repaired)": paper_label(*key, "both") for key in PAPER_NAMES}
    others = {CONSTANT: CONSTANT, OURS: OURS}
    rows = [
        [
            name,
            number(value(cases, world, solver)),
            number(value(cases, world, solver, "worst")),
            signed(value(cases, world, solver, "ate_bias")),
        ]
        for name, solver in {**cells, **paper, **others}.items()
        if (world, solver) in cases.index
    ]
    head = [world_name(cases, world), "error", "worst seed", "bias of the average effect"]
    return table(head, rows)


def _word(sight: str) -> str:
    return "blind" if sight == "own" else "aware"
