"""What the command prints: a progress bar while it works, then the answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from causalkit.cli._verdicts import (
    average_sentence,
    graph_sentence,
    heterogeneity_sentence,
    missing_sentence,
    overlap_sentence,
    ranking_sentence,
    refutation_sentences,
)
from causalkit.cli._words import capitalised

if TYPE_CHECKING:
    from causalkit.cli._analysis import Answers, Step

_MISSING_COLUMNS = ("column", "role", "n_missing", "share")


@contextmanager
def progress(n_steps: int, *, quiet: bool) -> Iterator[Step]:
    """Show a bar on the standard error; what comes out is told of each step as it begins."""
    columns = (SpinnerColumn(), TextColumn("{task.description:<40}"), BarColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal) as bar:
        task = bar.add_task("reading", total=n_steps)

        def step(words: str) -> None:
            bar.update(task, description=words, advance=1)

        yield step


def print_answers(answers: Answers, directory: Path, report: Path) -> None:
    """Print the answer and what it rests on, in lines that fit a terminal."""
    console = Console(highlight=False)
    console.print(Text(answers.study.question, style="bold"))
    console.print()
    console.print(Text(average_sentence(answers)))
    console.print(Text(heterogeneity_sentence(answers)))
    console.print()
    console.print(Padding(_effects_table(answers), (0, 0, 0, 2)))
    console.print()
    console.print(_details(answers))
    if len(answers.study.missing):
        console.print(Padding(_missing_table(answers), (0, 0, 0, 2)))
    console.print()
    console.print(Text(f"Report: {report}    tables: {directory}", overflow="fold"))


def _effects_table(answers: Answers) -> Table:
    words = answers.study.words
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(f"effect in {words.unit}")
    for name in ("estimate", "95 % interval", "std. error", "units"):
        table.add_column(name, justify="right")
    for name, effect in answers.effects.items():
        ends = words.interval(effect.conf_int())
        numbers = (
            words.number(effect.estimate),
            ends,
            words.number(effect.standard_error),
            f"{effect.n_units:,}",
        )
        table.add_row(Text(name), *numbers)
    return table


def _details(answers: Answers) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    lines = {
        "Network": graph_sentence(answers),
        "Overlap": overlap_sentence(answers),
        "Refutation": "\n".join(refutation_sentences(answers)) or "not run (--refutations 0)",
        "Missing": missing_sentence(answers),
    }
    if answers.cautions:
        lines["Caution"] = "\n".join(capitalised(caution) + "." for caution in answers.cautions)
    if answers.claims:
        lines = {"Ranking": ranking_sentence(answers)} | lines
    for name, text in lines.items():
        table.add_row(Text(name, style="bold"), Text(text))
    return table


def _missing_table(answers: Answers) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("column", "role"):
        table.add_column(name)
    for name in ("missing", "share"):
        table.add_column(name, justify="right")
    missing = answers.study.missing
    for column, role, count, share in zip(*(missing[name] for name in _MISSING_COLUMNS), strict=True):
        table.add_row(Text(str(column)), role, f"{count:,}", f"{100 * share:.1f} %")
    return table
