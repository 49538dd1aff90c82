"""The options of the command, as typer reads them."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from causalkit.cli._errors import BadInput
from causalkit.cli._options import METHOD, OWN_DATA, NoFigures, Out, Quiet, Seed
from causalkit.cli._subset._embedded import EMBEDDED, HOSPITALS
from causalkit.cli._subset._study import Study
from causalkit.cli._subset._user_study import Request, user_study

_NAMES = ", ".join(EMBEDDED)
_SEARCHES = ("best_first", "exhaustive")


def subset(
    context: typer.Context,
    out: Out,
    data: Annotated[
        str,
        typer.Option(
            help=f"Table (.csv, .parquet) with a row for each observation, or an embedded example: {_NAMES}."
        ),
    ] = HOSPITALS,
    outcome: Annotated[
        str | None, typer.Option(help="Column to predict, a number.", rich_help_panel=OWN_DATA)
    ] = None,
    environments: Annotated[
        str | None,
        typer.Option(
            help="Column that says where a row comes from: site, hospital, year.", rich_help_panel=OWN_DATA
        ),
    ] = None,
    features: Annotated[
        str | None,
        typer.Option(
            help="Columns that may predict, with commas between; all others without it.",
            rich_help_panel=OWN_DATA,
        ),
    ] = None,
    graph: Annotated[
        Path | None,
        typer.Option(
            help="Table (.csv, .parquet) with a row for each arrow of the causal graph: columns cause and "
            "effect (or source and target). Learned from the environments without it.",
            rich_help_panel=OWN_DATA,
        ),
    ] = None,
    mutable: Annotated[
        str | None,
        typer.Option(
            help="Predictors whose own mechanism differs between places, with commas between. Learned from "
            "the environments without it.",
            rich_help_panel=OWN_DATA,
        ),
    ] = None,
    new: Annotated[
        Path | None,
        typer.Option(
            help="Table (.csv, .parquet) of rows to predict; risks are shown where it has the outcome.",
            rich_help_panel=OWN_DATA,
        ),
    ] = None,
    mutable_range: Annotated[
        str,
        typer.Option(
            help="How far mutable predictors may go elsewhere: observed, or a factor such as 1.5 by which "
            "the observed range is widened.",
            rich_help_panel=METHOD,
        ),
    ] = "observed",
    search: Annotated[
        str,
        typer.Option(
            help="best_first (leaves out what cannot be best) or exhaustive.", rich_help_panel=METHOD
        ),
    ] = "best_first",
    alpha: Annotated[
        float,
        typer.Option(help="Level of intervals and ties, between 0 and 1.", rich_help_panel=METHOD),
    ] = 0.05,
    seed: Seed = 0,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs", "--n-jobs", help="Threads; all cores without it.", min=1, rich_help_panel=METHOD
        ),
    ] = None,
    no_figures: NoFigures = False,
    quiet: Quiet = False,
) -> None:
    """Find the predictors whose worst-case error is smallest where some mechanisms differ.

    Answers go to the terminal, to tables and to a page: OUT/report.html.

    Examples:

    causalkit subset --out demo

    causalkit subset --data table.csv --outcome y --environments site --graph dag.csv --out answer
    """
    own = {name: context.params[name] for name in Request.__dataclass_fields__ if name != "data"}
    read = _reader(data, own)
    reach = _range(mutable_range)
    if search not in _SEARCHES:
        raise BadInput(f"--search must be {' or '.join(_SEARCHES)}; got {search!r}")
    # What follows loads the estimators, which takes a second that a mistake in the options need not wait for.
    from causalkit.cli._run import Output
    from causalkit.cli._subset._analysis import Settings
    from causalkit.cli._subset._run import run

    settings = Settings(reach, search, alpha, seed, jobs)
    run(read, settings, Output(out, figures=not no_figures, quiet=quiet), context.obj)


def _reader(data: str, own: dict[str, Any]) -> Callable[[], Study]:
    """Return a function that reads the study, from the one of both kinds of data that was named."""
    given = [name for name, value in own.items() if value is not None]
    if data in EMBEDDED:
        if given:
            raise BadInput(f"--data: {data} brings its own columns; leave out --{given[0]}, or name a table")
        return EMBEDDED[data]
    path = Path(data)
    if not path.is_file():
        raise BadInput(f"--data: there is no file {data}, and no example of that name; there are {_NAMES}")
    if own["outcome"] is None:
        raise BadInput("--outcome is missing; name the column to predict")
    if own["environments"] is None and (own["graph"] is None or own["mutable"] is None):
        raise BadInput(
            "--environments is missing; name the column that says where a row comes from, or give both "
            "--graph and --mutable"
        )
    if own["outcome"] == own["environments"]:
        raise BadInput(f"--outcome: {own['outcome']!r} is the column of --environments too")
    request = Request(path, **own)
    return lambda: user_study(request)


def _range(text: str) -> str | float:
    if text == "observed":
        return text
    try:
        factor = float(text)
    except ValueError as error:
        raise BadInput(f"--mutable-range must be observed or a factor; got {text!r}") from error
    if not 1 <= factor < float("inf"):
        raise BadInput(f"--mutable-range must be a factor of at least 1; got {text}")
    return factor
