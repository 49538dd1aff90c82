"""What the command prints: the answer, and what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from causalkit.cli._console import print_details, print_head, print_table
from causalkit.cli._subset import _grounds as grounds
from causalkit.cli._subset import _verdicts as say
from causalkit.cli._words import capitalised

if TYPE_CHECKING:
    from causalkit.cli._subset._analysis import Answers


def show(console: Console, answers: Answers) -> None:
    """Print the answer and what it rests on, in lines that fit a terminal."""
    print_head(console, answers.study.question, [say.answer_sentence(answers), say.second_sentence(answers)])
    rows = say.predictor_rows(answers)
    numbers = [name for name in say.NUMBERS if name in rows[0]]
    print_table(
        console,
        ["predictor"],
        numbers,
        [[row["predictor"], *(row[name] for name in numbers)] for row in rows],
    )
    console.print()
    print_details(console, _details(answers))


def _details(answers: Answers) -> dict[str, str]:
    details = {
        "Columns": say.columns_note(answers),
        "Elsewhere": say.new_sentence(answers),
        "Ties": say.ties_sentence(answers),
        "Price": say.price_sentence(answers),
        "Search": " ".join(grounds.search_sentences(answers)),
        "Overlap": grounds.overlap_sentence(answers),
        "Known": grounds.identified_sentence(answers),
        "Unsure": grounds.unsure_sentence(answers),
        "Data": say.environments_sentence(answers),
        "Missing": say.missing_sentence(answers),
        "Scale": say.scale_note(answers),
        "Caution": "\n".join(capitalised(caution) + "." for caution in answers.cautions),
    }
    return {name: text for name, text in details.items() if text}
