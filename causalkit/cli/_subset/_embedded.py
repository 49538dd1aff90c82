"""The embedded example: hospitals that choose a dose by rules of their own, and hospitals of tomorrow."""

from collections.abc import Mapping
from types import MappingProxyType

import networkx as nx
import numpy as np
import pandas as pd

from causalkit.cli._subset._study import NewRows, Study, missing_table
from causalkit.datasets import make_mutable_scm

# What the columns of the generated world are called in a hospital; all of them but the dose run to about 100.
_NAMES = MappingProxyType({"y": "severity", "M": "dose", "X": "marker", "Z": "symptoms"})
_UNITS = 100.0
_SEED = 0
_PER_HOSPITAL = 2000
# How often a hospital's doctors hit the dose that fits the severity; else the dose is any.
_TRAINING = MappingProxyType({"Aldermoor": 0.0, "Birchfield": 0.0, "Castle Hill": 0.05, "Dunmore": 0.1})
_NEW = MappingProxyType({"fits 1 in 4": 0.25, "fits 1 in 2": 0.5, "fits 3 in 4": 0.75, "fits all": 1.0})

_MEANINGS = MappingProxyType(
    {
        "severity": "severity of the infection, 0 to 100, known only after days",
        "dose": "dose of the drug, 0 to 9",
        "marker": "blood marker, 0 to 100",
        "symptoms": "score of the symptoms at admission",
    }
)


def hospitals() -> Study:
    """Patients of four hospitals, and of four more that learn to dose better."""
    world, exact = _patients(_TRAINING, seed=_SEED)
    tomorrow, _ = _patients(_NEW, seed=_SEED + 1)
    X, y = world[["dose", "marker", "symptoms"]], world["severity"]
    return Study(
        name=HOSPITALS,
        question="From what can severity be predicted in a hospital that doses by another rule?",
        X=X,
        y=y,
        environments=world["hospital"],
        units="hospitals",
        missing=missing_table([("outcome", y)]),
        n_left_out=0,
        causal_graph=nx.DiGraph(
            [
                ("severity", "dose"),
                ("severity", "marker"),
                ("dose", "marker"),
                ("severity", "symptoms"),
            ]
        ),
        mutable=("dose",),
        new=NewRows(tomorrow[list(X)], tomorrow["severity"], tomorrow["hospital"], 0, "four new hospitals"),
        meanings=_MEANINGS,
        exact=exact,
        notes=(
            "The marker follows the severity, unless the dose fits the severity: then the drug masks it.",
            "In the four hospitals of today the dose fits by chance, or a little more often; in new ones "
            "doctors learn to choose it.",
        ),
        design="The patients are simulated, so that the true worst-case risks are known.",
        source='datasets.make_mutable_scm(kind="interaction"), told as hospitals.',
    )


HOSPITALS = "hospitals"
EMBEDDED = {HOSPITALS: hospitals}


def _patients(rates: Mapping[str, float], seed: int) -> tuple[pd.DataFrame, dict[frozenset[str], float]]:
    """Rows of hospitals with a rate each, and the exact worst-case risks of the stable predictors."""
    world = make_mutable_scm(n_rows=_PER_HOSPITAL, follow=list(rates.values()), random_state=seed)
    table = pd.concat([world.X, world.y], axis=1).rename(columns=_NAMES).reset_index(drop=True)
    scaled = [name for name in table if name != "dose"]
    table[scaled] = (_UNITS * table[scaled]).round(1)
    table["dose"] = table["dose"].astype(np.float64)
    table["hospital"] = np.array(list(rates))[np.asarray(world.environments)]
    exact = {
        frozenset(_NAMES[name] for name in subset): risk * _UNITS**2
        for subset, risk in world.worst_case_risk.items()
    }
    return table, exact
