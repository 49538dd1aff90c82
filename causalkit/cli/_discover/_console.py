"""What the command prints: the answer, and what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from causalkit.cli._console import print_details, print_head, print_table
from causalkit.cli._discover import _verdicts as say
from causalkit.cli._words import capitalised

if TYPE_CHECKING:
    from causalkit.cli._discover._analysis import Answers


def show(console: Console, answers: Answers) -> None:
    """Print the answer and what it rests on, in lines that fit a terminal."""
    print_head(console, answers.study.question, [say.arrows_sentence(answers), say.open_sentence(answers)])
    rows = say.arrow_rows(answers)
    if rows:
        first, *numbers = rows[0]
        print_table(console, [first], numbers, [list(row.values()) for row in rows])
        console.print()
    print_details(console, _details(answers))


def _details(answers: Answers) -> dict[str, str]:
    details = {
        "Support": say.support_sentence(answers),
        "Known": "\n".join(say.known_sentences(answers)),
        "Data": say.environments_sentence(answers),
        "Missing": say.missing_sentence(answers),
        "Resampled": say.stability_sentence(answers),
        "Needed": say.needed_sentence(answers),
        "Caution": "\n".join(capitalised(caution) + "." for caution in answers.cautions),
    }
    return {name: text for name, text in details.items() if text}
