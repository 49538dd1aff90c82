"""One run of the command: read, compute, write, print."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from causalkit.cli._analysis import Settings, analyse
from causalkit.cli._console import print_answers, progress
from causalkit.cli._figures import draw_figures, write_figures
from causalkit.cli._outputs import prepare_directory, write_tables
from causalkit.cli._report import write_report
from causalkit.cli._study import Study

_N_STEPS = 6


@dataclass(frozen=True)
class Output:
    """Where answers go."""

    directory: Path
    figures: bool = True
    quiet: bool = False


def run(read: Callable[[], Study], settings: Settings, output: Output, command_line: str) -> None:
    """Answer a study's question and write everything to a directory."""
    prepare_directory(output.directory)
    with progress(_N_STEPS, quiet=output.quiet) as step:
        study = read()
        answers = analyse(study, settings, step)
        step("tables and figures")
        write_tables(answers, output.directory)
        figures = draw_figures(answers) if output.figures else {}
        write_figures(figures, output.directory)
        step("report")
        report = output.directory / "report.html"
        write_report(answers, figures, report, command_line)
    if not output.quiet:
        print_answers(answers, output.directory, report)
