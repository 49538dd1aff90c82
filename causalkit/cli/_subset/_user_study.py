"""A study from a user's own table: columns chosen, types read, incomplete rows left out, arrows read."""

from dataclasses import dataclass
from pathlib import Path

import networkx as nx
import pandas as pd

from causalkit.cli._errors import BadInput
from causalkit.cli._subset._columns import complete, labels, outcome_numbers, predictor
from causalkit.cli._subset._graph_table import read_graph
from causalkit.cli._subset._new_rows import read_new_rows
from causalkit.cli._subset._study import Study, missing_table
from causalkit.cli._tables import names, read_table, require_columns

_LISTED = 6


@dataclass(frozen=True)
class Request:
    """What the options say about a user's own table."""

    data: Path
    outcome: str
    environments: str | None = None
    features: str | None = None
    graph: Path | None = None
    mutable: str | None = None
    new: Path | None = None


def user_study(request: Request) -> Study:
    """Read the tables and bring them into the form that the search takes."""
    table = read_table(request.data, "--data", as_text={request.environments or ""})
    require_columns(table, _named_columns(request), "--data")
    features, notes = _features(table, request)
    graph = _graph(table, features, request)
    mutable = _mutable(features, graph, request)
    if graph is not None:
        features, note = _with_arrows(features, graph, request)
        notes += note
    X = pd.DataFrame({name: predictor(table[name], "--features") for name in features})
    y = outcome_numbers(table[request.outcome])
    environments = None if request.environments is None else labels(table[request.environments])
    columns = [("predictor", X[name]) for name in features] + [("outcome", y)]
    columns += [] if environments is None else [("environments", environments)]
    keep = complete([column for _, column in columns])
    if not keep.any():
        raise BadInput("--features: no row has a value in every column; leave out those often missing")
    shown = features[:_LISTED] + ["..."] * (len(features) > _LISTED)
    return Study(
        name=request.data.stem,
        question=f"Which of {', '.join(shown)} predict {request.outcome} where mechanisms differ?",
        X=X[keep],
        y=y[keep],
        environments=None if environments is None else environments[keep],
        units=f"environments ({request.environments})",
        missing=missing_table(columns),
        n_left_out=int((~keep).sum()),
        causal_graph=graph,
        mutable=mutable,
        new=None
        if request.new is None
        else read_new_rows(request.new, X, request.outcome, request.environments),
        notes=tuple(notes),
        source=", ".join(str(path) for path in (request.data, request.graph, request.new) if path),
    )


def _named_columns(request: Request) -> dict[str, str]:
    given = {"--outcome": request.outcome, "--environments": request.environments}
    return {option: column for option, column in given.items() if column is not None}


def _features(table: pd.DataFrame, request: Request) -> tuple[list[str], list[str]]:
    """Predictors, and a note where they were not named."""
    roles = {request.outcome: "--outcome", request.environments: "--environments"}
    if request.features is None:
        found = [str(name) for name in table.columns if name not in roles]
        if not found:
            raise BadInput(f"--data: there is no column that could predict; got {names(table)}")
        return found, ["Predictors are all columns but outcome and environments."]
    chosen = _listed(request.features)
    if not chosen:
        raise BadInput("--features: name at least one column")
    for name in chosen:
        require_columns(table, {"--features": name}, "--data")
        if name in roles:
            raise BadInput(f"--features: {name!r} is the column of {roles[name]} and no predictor")
    return chosen, []


def _listed(names_with_commas: str) -> list[str]:
    return list(dict.fromkeys(part.strip() for part in names_with_commas.split(",") if part.strip()))


def _graph(table: pd.DataFrame, features: list[str], request: Request) -> nx.DiGraph | None:
    if request.graph is None:
        return None
    return read_graph(request.graph, request.outcome, features, {str(name) for name in table.columns})


def _mutable(features: list[str], graph: nx.DiGraph | None, request: Request) -> tuple[str, ...] | None:
    if request.mutable is None:
        return None
    chosen = _listed(request.mutable)
    if not chosen:
        raise BadInput("--mutable: name at least one predictor")
    for name in chosen:
        if name == request.outcome:
            raise BadInput(
                f"--mutable: {name!r} is the outcome, whose own mechanism must be the same everywhere"
            )
        if name not in features:
            raise BadInput(f"--mutable: there is no predictor {name!r}; there are {', '.join(features)}")
        if graph is not None and name not in graph:
            raise BadInput(f"--mutable: {name!r} has no arrow in the table of --graph")
    return tuple(name for name in features if name in chosen)


def _with_arrows(features: list[str], graph: nx.DiGraph, request: Request) -> tuple[list[str], list[str]]:
    """Predictors that the graph names: without an arrow a column has nothing to do with the outcome."""
    kept = [name for name in features if name in graph]
    left_out = [name for name in features if name not in graph]
    if not kept:
        raise BadInput("--graph: the arrows name no predictor")
    listed = ", ".join(left_out)
    return kept, [f"Left out, since no arrow of --graph names them: {listed}."] if left_out else []
