"""What the command prints: the answer, and what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from causalkit.cli._console import print_details, print_head, print_table
from causalkit.cli._effects._verdicts import (
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
    from causalkit.cli._effects._analysis import Answers

_NUMBERS = ("estimate", "95 % interval", "std. error", "units")
_MISSING_COLUMNS = ("column", "role", "n_missing", "share")


def show(console: Console, answers: Answers) -> None:
    """Print the answer and what it rests on, in lines that fit a terminal."""
    print_head(console, answers.study.question, [average_sentence(answers), heterogeneity_sentence(answers)])
    print_table(console, [f"effect in {answers.study.words.unit}"], _NUMBERS, _effects(answers))
    console.print()
    print_details(console, _details(answers))
    if len(answers.study.missing):
        print_table(console, ["column", "role"], ["missing", "share"], _missing(answers))


def _effects(answers: Answers) -> list[tuple[str, ...]]:
    words = answers.study.words
    return [
        (
            name,
            words.number(effect.estimate),
            words.interval(effect.conf_int()),
            words.number(effect.standard_error),
            f"{effect.n_units:,}",
        )
        for name, effect in answers.effects.items()
    ]


def _details(answers: Answers) -> dict[str, str]:
    details = {
        "Network": graph_sentence(answers),
        "Overlap": overlap_sentence(answers),
        "Refutation": "\n".join(refutation_sentences(answers)) or "not run (--refutations 0)",
        "Missing": missing_sentence(answers),
    }
    if answers.cautions:
        details["Caution"] = "\n".join(capitalised(caution) + "." for caution in answers.cautions)
    return {"Ranking": ranking_sentence(answers)} | details if answers.claims else details


def _missing(answers: Answers) -> list[tuple[str, ...]]:
    missing = answers.study.missing
    return [
        (str(column), role, f"{count:,}", f"{100 * share:.1f} %")
        for column, role, count, share in zip(*(missing[name] for name in _MISSING_COLUMNS), strict=True)
    ]
