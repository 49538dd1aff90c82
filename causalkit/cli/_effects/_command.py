"""The options of the command, as typer reads them."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from causalkit.cli._effects._embedded import EMBEDDED, embedded_study
from causalkit.cli._effects._study import Study
from causalkit.cli._effects._user_study import Request, user_study
from causalkit.cli._errors import BadInput
from causalkit.cli._options import METHOD, OWN_DATA, NoFigures, Out, Quiet, Seed

_NAMES = ", ".join(EMBEDDED)


def effects(
    context: typer.Context,
    out: Out,
    data: Annotated[
        str | None, typer.Option(help=f"Embedded data set instead of own data: {_NAMES}.")
    ] = None,
    nodes: Annotated[
        Path | None,
        typer.Option(help="Table (.csv, .parquet) with a row for each unit.", rich_help_panel=OWN_DATA),
    ] = None,
    outcome: Annotated[
        str | None, typer.Option(help="Column with the outcome, a number.", rich_help_panel=OWN_DATA)
    ] = None,
    treatment: Annotated[
        str | None, typer.Option(help="Column with the treatment: two values.", rich_help_panel=OWN_DATA)
    ] = None,
    treated: Annotated[
        str | None,
        typer.Option(help="Value that means treated; 1 or True without it.", rich_help_panel=OWN_DATA),
    ] = None,
    features: Annotated[
        str | None,
        typer.Option(
            help="Columns known before treatment, with commas between; all others without it.",
            rich_help_panel=OWN_DATA,
        ),
    ] = None,
    id: Annotated[
        str | None,
        typer.Option(
            help="Column with the ids that --edges uses; the column id, or row numbers from 0, without it.",
            rich_help_panel=OWN_DATA,
        ),
    ] = None,
    edges: Annotated[
        Path | None,
        typer.Option(
            help="Table (.csv, .parquet) with a row for each link; direction does not count.",
            rich_help_panel=OWN_DATA,
        ),
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="Column of --edges with one end (source).", rich_help_panel=OWN_DATA)
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(help="Column of --edges with the other end (target).", rich_help_panel=OWN_DATA),
    ] = None,
    drop_unknown_ids: Annotated[
        bool,
        typer.Option(
            "--drop-unknown-ids", help="Leave out links to ids that --nodes lacks.", rich_help_panel=OWN_DATA
        ),
    ] = False,
    link_groups: Annotated[
        str | None,
        typer.Option(
            help="Column, such as a village, whose members are linked; instead of --edges.",
            rich_help_panel=OWN_DATA,
        ),
    ] = None,
    groups: Annotated[
        str | None,
        typer.Option(
            help="Column, such as a village, by which standard errors are clustered.",
            rich_help_panel=OWN_DATA,
        ),
    ] = None,
    seed: Seed = 0,
    n_jobs: Annotated[
        int | None, typer.Option(help="Threads; all cores without it.", min=1, rich_help_panel=METHOD)
    ] = None,
    refutations: Annotated[
        int, typer.Option(help="Repetitions of each refutation; 0 for none.", min=0, rich_help_panel=METHOD)
    ] = 2,
    no_figures: NoFigures = False,
    quiet: Quiet = False,
) -> None:
    """Estimate what a treatment does, on average and for each unit of a network.

    Answers go to the terminal, to tables and to a page: OUT/report.html.

    Examples:

    causalkit effects --data hiv-incentives --out demo

    causalkit effects --nodes nodes.csv --edges edges.csv --outcome y --treatment t --out answer
    """
    own = {name: context.params[name] for name in Request.__dataclass_fields__}
    read = _reader(data, own)
    # What follows loads the estimators, which takes a second that a mistake in the options need not wait for.
    from causalkit.cli._effects._analysis import Settings
    from causalkit.cli._effects._run import run
    from causalkit.cli._run import Output

    output = Output(out, figures=not no_figures, quiet=quiet)
    run(read, Settings(seed, n_jobs, refutations), output, context.obj)


def _reader(data: str | None, own: dict[str, Any]) -> Callable[[], Study]:
    """Return a function that reads the study, from the one of both kinds of option that was given."""
    given = [name for name, value in own.items() if value not in (None, False)]
    if data is not None:
        if given:
            raise BadInput(f"--data: brings its own columns; leave out {_option(given[0])}")
        if data not in EMBEDDED:
            raise BadInput(f"--data: there is no data set {data!r}; there are {_NAMES}")
        return lambda: embedded_study(data)
    for name in ("nodes", "outcome", "treatment"):
        if own[name] is None:
            raise BadInput(
                f"{_option(name)} is missing; give --nodes, --outcome and --treatment, or --data NAME"
            )
    request = Request(**own)
    return lambda: user_study(request)


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")
