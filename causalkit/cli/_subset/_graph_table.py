"""A causal graph from a table of arrows: checked, and cut down to what has data."""

from collections.abc import Collection, Sequence
from pathlib import Path

import networkx as nx
import pandas as pd

from causalkit.cli._errors import BadInput
from causalkit.cli._tables import names, read_table

_ENDS = (("cause", "effect"), ("source", "target"))


def read_graph(path: Path, outcome: str, features: Sequence[str], others: Collection[str]) -> nx.DiGraph:
    """Return the arrows between the outcome and features.

    Parameters
    ----------
    path : Path
        A table with a row for each arrow: columns ``cause`` and ``effect``, ``source`` and ``target``, or no
        more than two columns, from the cause to the effect.
    outcome : str
    features : sequence of str
        Predictors; those without an arrow are not in the graph.
    others : collection of str
        Columns of the data that are no predictors, for messages.
    """
    arrows = _arrows(read_table(path, "--graph"), path)
    known = {outcome, *features}
    strangers = [name for name in pd.unique(arrows.to_numpy().ravel()) if name not in known]
    if strangers:
        why = "is a column but no predictor" if strangers[0] in others else "is no column of the data"
        raise BadInput(
            f"--graph: {strangers[0]!r} in {path.name} {why}; "
            f"there are the outcome {outcome!r} and {', '.join(features)}"
        )
    graph = nx.DiGraph(list(arrows.itertuples(index=False, name=None)))
    if not nx.is_directed_acyclic_graph(graph):
        around = [cause for cause, *_ in nx.find_cycle(graph)]
        raise BadInput(
            f"--graph: the arrows of {path.name} must not run in a circle; got "
            f"{' -> '.join([*around, around[0]])}"
        )
    if outcome not in graph:
        raise BadInput(f"--graph: {path.name} has no arrow from or to the outcome {outcome!r}")
    return graph


def _arrows(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Causes and effects as texts, in this order."""
    found = next((ends for ends in _ENDS if set(ends) <= set(table.columns)), None)
    if found is None and table.shape[1] != 2:
        raise BadInput(
            f"--graph: {path.name} must have the columns cause and effect, or source and target; "
            f"it has {names(table)}"
        )
    arrows = table[list(found or table.columns)].astype("string").apply(lambda column: column.str.strip())
    if arrows.isna().any(axis=None):
        raise BadInput(f"--graph: {int(arrows.isna().any(axis=1).sum())} rows of {path.name} lack an end")
    return arrows.astype(object)
