"""The options of the command, as typer reads them."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from causalkit.cli._discover._embedded import EMBEDDED, embedded_study
from causalkit.cli._discover._study import Study
from causalkit.cli._discover._user_study import Request, user_study
from causalkit.cli._errors import BadInput
from causalkit.cli._options import METHOD, OWN_DATA, NoFigures, Out, Quiet, Seed

_NAMES = ", ".join(EMBEDDED)


def discover(
    context: typer.Context,
    data: Annotated[
        str,
        typer.Option(
            help=f"Table (.csv, .parquet) with a row for each observation, or an embedded data set: {_NAMES}."
        ),
    ],
    out: Out,
    environments: Annotated[
        str | None,
        typer.Option(
            help="Column that says which rows belong together: site, patient, household.",
            rich_help_panel=OWN_DATA,
        ),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            help="Variables of the graph, with commas between; all other columns without it.",
            rich_help_panel=OWN_DATA,
        ),
    ] = None,
    method: Annotated[
        str,
        typer.Option(
            help="auto, score (the graph of the best score) or test (independence tests only).",
            rich_help_panel=METHOD,
        ),
    ] = "auto",
    bootstrap: Annotated[
        int,
        typer.Option(
            help="Resamples of environments, for the share that has each arrow; 0 for none.",
            min=0,
            rich_help_panel=METHOD,
        ),
    ] = 0,
    alpha: Annotated[
        float, typer.Option(help="Level of the tests, between 0 and 1.", rich_help_panel=METHOD)
    ] = 0.05,
    max_parents: Annotated[
        int | None, typer.Option(help="Most causes of one variable.", min=1, rich_help_panel=METHOD)
    ] = None,
    seed: Seed = 0,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            "--n-jobs",
            help="Processes for the resamples; all cores without it.",
            min=1,
            rich_help_panel=METHOD,
        ),
    ] = None,
    no_figures: NoFigures = False,
    quiet: Quiet = False,
) -> None:
    """Find what causes what, from a few rows in each of many environments.

    Answers, abstentions included, go to the terminal, to tables and to a page: OUT/report.html.

    Examples:

    causalkit discover --data hiv-incentives --out demo

    causalkit discover --data table.csv --environments site --bootstrap 100 --out answer
    """
    read = _reader(data, environments, columns)
    # What follows loads the estimators, which takes a second that a mistake in the options need not wait for.
    from causalkit.cli._discover._analysis import Settings
    from causalkit.cli._discover._run import run
    from causalkit.cli._run import Output

    settings = Settings(method, alpha, bootstrap, max_parents, seed, jobs)
    run(read, settings, Output(out, figures=not no_figures, quiet=quiet), context.obj)


def _reader(data: str, environments: str | None, columns: str | None) -> Callable[[], Study]:
    """Return a function that reads the study, from the one of both kinds of data that was named."""
    if data in EMBEDDED:
        given = {"--environments": environments, "--columns": columns}
        for option, value in given.items():
            if value is not None:
                raise BadInput(f"--data: {data} brings its own columns; leave out {option}")
        return lambda: embedded_study(data)
    path = Path(data)
    if not path.is_file():
        raise BadInput(f"--data: there is no file {data}, and no data set of that name; there are {_NAMES}")
    if environments is None:
        raise BadInput("--environments is missing; name the column that says which rows belong together")
    request = Request(path, environments, columns)
    return lambda: user_study(request)
