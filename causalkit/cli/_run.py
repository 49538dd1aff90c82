"""One run of a command: read, compute, write, print."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import pandas as pd
from rich.console import Console

from causalkit.cli._console import Step, print_places, progress
from causalkit.cli._figures import Figure, write_figures
from causalkit.cli._outputs import prepare_directory, write_tables
from causalkit.cli._report import write_report

Study = TypeVar("Study")
Answers = TypeVar("Answers")


@dataclass(frozen=True)
class Question(Generic[Study, Answers]):
    """How one command answers; what it shares with the others stands in :func:`answer`.

    Attributes
    ----------
    analyse : callable
        (study, step) -> answers; ``step`` is told what comes next, ``n_steps`` times.
    tables, draw, contents : callable
        answers -> tables by file name; figures by name; what the report's template shows.
    show : callable
        (console, answers) prints the answer.
    figure_names : tuple of str
        All figures that there can be.
    template : str
        Place of the report's template.
    packages : tuple of str
        Those whose versions the report names.
    """

    analyse: Callable[[Study, Step], Answers]
    tables: Callable[[Answers], Mapping[str, pd.DataFrame]]
    draw: Callable[[Answers], Mapping[str, Figure]]
    contents: Callable[[Answers], Mapping[str, Any]]
    show: Callable[[Console, Answers], None]
    n_steps: int
    figure_names: tuple[str, ...]
    template: str
    packages: tuple[str, ...]


@dataclass(frozen=True)
class Output:
    """Where answers go."""

    directory: Path
    figures: bool = True
    quiet: bool = False


def answer(
    question: Question[Study, Answers], read: Callable[[], Study], output: Output, command_line: str
) -> None:
    """Read a study, answer its question and write everything to a directory."""
    prepare_directory(output.directory)
    report = output.directory / "report.html"
    # Two more steps than those of the analysis: tables and figures, the report.
    with progress(question.n_steps + 2, quiet=output.quiet) as step:
        answers = question.analyse(read(), step)
        step("tables and figures")
        write_tables(question.tables(answers), output.directory)
        figures = question.draw(answers) if output.figures else {}
        write_figures(figures, question.figure_names, output.directory)
        step("report")
        contents = {**question.contents(answers), "figures": figures, "command_line": command_line}
        write_report(question.template, contents, question.packages, report)
    if not output.quiet:
        console = Console(highlight=False)
        question.show(console, answers)
        print_places(console, output.directory, report)
