"""Error by degree: nodes with many links and with few, over all seeds."""

from __future__ import annotations

import pandas as pd

from reporting.cases import ordered, world_name
from reporting.text import number, table

WORLDS = ("one_hop", "dense", "local", "constant")


def by_degree(cases: pd.DataFrame) -> str:
    found = [world for world in WORLDS if world in cases.index.get_level_values("world")]
    if not found:
        return "Not in this run (part `worlds`)."
    about = (
        "Mean over seeds, 2000 nodes, Barabasi-Albert graph. Periphery: the tenth of the nodes with the "
        "fewest links, hubs: the tenth with the most, ties included. A neighbours' mean varies less where "
        "there are more neighbours, so that a constant too has a smaller error at hubs in worlds such as "
        "`one_hop`: read a solver's row beside the constant's."
    )
    return "\n\n".join([about, *(_one_world(cases, world) for world in found)])


def _one_world(cases: pd.DataFrame, world: str) -> str:
    rows = [
        [solver, *(number(row[key]) for key in ("error", "periphery", "hubs")), _ratio(row)]
        for solver, row in ordered(cases.loc[world]).iterrows()
    ]
    head = [world_name(cases, world), "all nodes", "periphery", "hubs", "hubs / periphery"]
    return table(head, rows)


def _ratio(row: pd.Series) -> str:
    return number(row["hubs"] / row["periphery"], 2) if row["periphery"] > 0 else "–"
