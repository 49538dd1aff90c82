"""A study from a user's own tables: columns chosen, ids matched, links made."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from causalkit.cli._effects._encoding import encode
from causalkit.cli._effects._study import Study, is_share, missing_table
from causalkit.cli._effects._words import Words
from causalkit.cli._errors import BadInput
from causalkit.cli._tables import as_ids, names, read_table, require_columns
from causalkit.graphs import Network


@dataclass(frozen=True)
class Request:
    """What the options say about a user's own tables."""

    nodes: Path
    outcome: str
    treatment: str
    edges: Path | None = None
    features: str | None = None
    groups: str | None = None
    id: str | None = None
    link_groups: str | None = None
    treated: str | None = None
    source: str | None = None
    target: str | None = None
    drop_unknown_ids: bool = False

    def named_columns(self) -> dict[str, str]:
        """Options that name a column of the nodes, with the column."""
        given = {
            "--outcome": self.outcome,
            "--treatment": self.treatment,
            "--groups": self.groups,
            "--id": self.id,
            "--link-groups": self.link_groups,
        }
        return {option: column for option, column in given.items() if column is not None}


def user_study(request: Request) -> Study:
    """Read the tables and bring them into the form that the learner takes."""
    if request.edges is not None and request.link_groups is not None:
        raise BadInput("--link-groups: people are linked by --edges or by their group, not by both")
    nodes = read_table(request.nodes, "--nodes", as_text={request.id or "id"})
    require_columns(nodes, request.named_columns(), "--nodes")
    ids, id_note = _node_ids(nodes, request.id)
    chosen = _feature_columns(nodes, request)
    X, notes = encode(nodes[chosen])
    X.index = pd.Index(ids, name="id")
    outcome, treatment = _outcome(nodes[request.outcome]), _treatment(nodes[request.treatment], request)
    groups = None if request.groups is None else _groups(nodes[request.groups], ids)
    graph, links, link_notes = _links(nodes, ids, request)
    roles = [(column, "feature", nodes[column]) for column in chosen]
    roles += [(request.outcome, "outcome", outcome), (request.treatment, "treatment", treatment)]
    roles += [] if request.groups is None else [(request.groups, "groups", nodes[request.groups])]
    if request.features is None:
        notes.append("Features are all other columns; each of them must have been known before treatment.")
    share = is_share(outcome)
    return Study(
        name=request.nodes.stem,
        question=f"What does {request.treatment} do to {request.outcome}, and for whom most?",
        X=X,
        y=outcome,
        treatment=treatment,
        graph=graph,
        groups=groups,
        words=Words(
            f"the treatment ({request.treatment})",
            f"the share with {request.outcome} = 1" if share else request.outcome,
            is_share=share,
        ),
        links=links,
        missing=missing_table(roles),
        notes=(id_note, *notes, *link_notes),
        source=", ".join(str(path) for path in (request.nodes, request.edges) if path is not None),
    )


def _node_ids(nodes: pd.DataFrame, column: str | None) -> tuple[pd.Series, str]:
    """Names of the rows: the column asked for, else one called id, else numbers from 0."""
    if column is None and "id" not in nodes.columns:
        return pd.Series(range(len(nodes))).astype("string"), "Ids are row numbers from 0."
    column = column or "id"
    ids = as_ids(nodes[column]).reset_index(drop=True)
    if ids.isna().any():
        raise BadInput(f"--nodes: the id {column!r} is missing in {int(ids.isna().sum())} rows")
    twice = ids[ids.duplicated()]
    if len(twice):
        raise BadInput(
            f"--nodes: the ids in {column!r} must differ; {twice.iloc[0]!r} stands in more than one row"
        )
    return ids, f"Ids are the column {column}."


def _feature_columns(nodes: pd.DataFrame, request: Request) -> list[str]:
    used = set(request.named_columns().values()) | {request.id or "id"}
    if request.features is None:
        chosen = [column for column in nodes.columns if column not in used]
        if not chosen:
            raise BadInput("--features: the table of --nodes has no other column that could be a feature")
        return chosen
    chosen = list(dict.fromkeys(part.strip() for part in request.features.split(",") if part.strip()))
    if not chosen:
        raise BadInput("--features: name at least one column")
    require_columns(nodes, {"--features": next((c for c in chosen if c not in nodes), chosen[0])}, "--nodes")
    for column in chosen:
        if column in (request.outcome, request.treatment):
            raise BadInput(f"--features: {column!r} is the outcome or the treatment and cannot be a feature")
    return chosen


def _outcome(column: pd.Series) -> pd.Series:
    try:
        return column.astype("Float64").astype("float64").reset_index(drop=True)
    except (TypeError, ValueError) as error:
        raise BadInput(f"--outcome: the column {column.name!r} must hold numbers; {error}") from error


def _treatment(column: pd.Series, request: Request) -> pd.Series:
    column = column.reset_index(drop=True)
    if request.treated is not None:
        return _against(column, request)
    levels = column.dropna().unique()
    if len(levels) != 2:
        shown = ", ".join(str(level) for level in sorted(levels, key=str)[:5])
        more = ", ..." if len(levels) > 5 else ""
        raise BadInput(
            f"--treatment: the column {column.name!r} must hold two values; it holds {len(levels)}: "
            f"{shown}{more}"
        )
    if {str(level) for level in levels} <= {"0", "1", "0.0", "1.0", "False", "True"}:
        return column.map(lambda value: float(value), na_action="ignore").astype("float64")
    raise BadInput(
        f"--treatment: the column {column.name!r} holds {levels[0]} and {levels[1]}; say with --treated "
        "which of "
        "them is the treatment"
    )


def _against(column: pd.Series, request: Request) -> pd.Series:
    texts, treated = as_ids(column), request.treated
    if treated not in set(texts.dropna()):
        raise BadInput(f"--treated: the column {column.name!r} has no value {treated!r}")
    if texts.nunique() != 2:
        raise BadInput(
            f"--treatment: the column {column.name!r} must hold two values; it holds {texts.nunique()}"
        )
    return (texts == treated).astype("Float64").astype("float64").rename(request.treatment)


def _groups(column: pd.Series, ids: pd.Series) -> pd.Series:
    """Labels as they are; where some are missing, texts, and a group of its own for a unit without one."""
    if column.notna().all():
        return column.reset_index(drop=True)
    labels = as_ids(column).reset_index(drop=True)
    return labels.where(labels.notna(), "(missing) " + ids).astype(object)


def _links(nodes: pd.DataFrame, ids: pd.Series, request: Request) -> tuple[Network, str, list[str]]:
    if request.link_groups is not None:
        labels = as_ids(nodes[request.link_groups]).astype(object)
        try:
            network = Network.from_groups(labels, missing="isolate")
        except ValueError as error:
            raise BadInput(f"--link-groups: {error}") from error
        return network, f"all units with the same {request.link_groups}", []
    if request.edges is None:
        no_edges = pd.DataFrame({"source": [], "target": []}, dtype=object)
        return Network.from_edges(no_edges, node_ids=ids), "none were given", []
    return _links_from_table(request.edges, ids, request)


def _links_from_table(path: Path, ids: pd.Series, request: Request) -> tuple[Network, str, list[str]]:
    table = read_table(path, "--edges")
    source, target = _end_columns(table, request)
    ends = pd.DataFrame({"source": as_ids(table[source]), "target": as_ids(table[target])})
    if ends.isna().any(axis=None):
        raise BadInput(f"--edges: {int(ends.isna().any(axis=1).sum())} rows of {path.name} lack an end")
    known = ends.isin(set(ids))
    inside = known.all(axis=1)
    if not known.any(axis=None):
        raise BadInput(f"--edges: none of the ids in {path.name} stands in the table of --nodes")
    notes = []
    if not inside.all():
        notes.append(_leave_out_unknown(ends, known, request))
    loops = inside & (ends["source"] == ends["target"])
    if loops.any():
        notes.append(f"{int(loops.sum())} links from a unit to itself were left out.")
    network = Network.from_edges(ends[inside & ~loops], node_ids=ids)
    return network, f"the rows of {path.name}, without their direction", notes


def _leave_out_unknown(ends: pd.DataFrame, known: pd.DataFrame, request: Request) -> str:
    strangers = pd.unique(ends.to_numpy()[~known.to_numpy()])
    n_rows = int((~known.all(axis=1)).sum())
    shown = ", ".join(str(stranger) for stranger in strangers[:3]) + (", ..." if len(strangers) > 3 else "")
    if not request.drop_unknown_ids:
        raise BadInput(
            f"--edges: {len(strangers)} ids in {n_rows} rows do not stand in the table of --nodes ({shown}); "
            "--drop-unknown-ids leaves those rows out"
        )
    return f"{n_rows} of {len(ends)} links were left out because an end is not among the nodes."


def _end_columns(table: pd.DataFrame, request: Request) -> tuple[Any, Any]:
    """Columns asked for, else source and target, else the two of a table that has no others."""
    if request.source is None and request.target is None and not {"source", "target"} <= set(table.columns):
        if table.shape[1] == 2:
            return table.columns[0], table.columns[1]
        raise BadInput(
            "--edges: name the two columns that hold the ends with --source and --target; it has "
            f"{names(table)}"
        )
    ends = {"--source": request.source or "source", "--target": request.target or "target"}
    require_columns(table, ends, "--edges")
    return ends["--source"], ends["--target"]
