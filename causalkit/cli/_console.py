"""What every command prints: a progress bar while it works, tables, and where the answers are."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

Step = Callable[[str], None]


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


def print_head(console: Console, question: str, sentences: Sequence[str]) -> None:
    """Print the question and the sentences that answer it."""
    console.print(Text(question, style="bold"))
    console.print()
    for sentence in sentences:
        console.print(Text(sentence))
    console.print()


def print_table(
    console: Console, texts: Sequence[str], numbers: Sequence[str], rows: Sequence[Sequence[str]]
) -> None:
    """Print rows under two kinds of column: texts to the left, numbers to the right."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in texts:
        table.add_column(name)
    for name in numbers:
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(Padding(table, (0, 0, 0, 2)))


def print_details(console: Console, details: Mapping[str, str]) -> None:
    """Print texts, each beside its name."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for name, text in details.items():
        table.add_row(Text(name, style="bold"), Text(text))
    console.print(table)


def print_places(console: Console, directory: Path, report: Path) -> None:
    """Print where the answers are."""
    console.print()
    console.print(Text(f"Report: {report}    tables: {directory}", overflow="fold"))
