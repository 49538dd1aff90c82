"""Options that every command has."""

from pathlib import Path
from typing import Annotated

import typer

OWN_DATA = "Own data"
METHOD = "Computation and output"

Out = Annotated[Path, typer.Option(help="Directory for tables, figures and report.html.")]
Seed = Annotated[int, typer.Option(help="Seed of everything random.", min=0, rich_help_panel=METHOD)]
NoFigures = Annotated[bool, typer.Option("--no-figures", help="Draw no figures.", rich_help_panel=METHOD)]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.", rich_help_panel=METHOD)]
