"""The commands, as typer reads them; loaded only when one of them runs."""

from typing import Annotated

import typer

from causalkit import __version__
from causalkit.cli._discover._command import discover
from causalkit.cli._effects._command import effects
from causalkit.cli._subset._command import subset

app = typer.Typer(
    help="Causal inference for data that are linked, grouped or drawn from several environments.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
)
app.command()(effects)
app.command()(discover)
app.command()(subset)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"causalkit {__version__}")
        raise typer.Exit


@app.callback()
def _causalkit(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Causal inference for data that are linked, grouped or drawn from several environments."""
