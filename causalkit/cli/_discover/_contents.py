"""What the report shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from causalkit.cli._discover import _verdicts as say

if TYPE_CHECKING:
    from causalkit.cli._discover._analysis import Answers


def contents(answers: Answers) -> dict[str, Any]:
    """Return what the template names."""
    undecided = [answers.pairs(verdict) for verdict in ("not orientable", "assumption violated", "no edge")]
    return {
        "answers": answers,
        "study": answers.study,
        "answer": say.arrows_sentence(answers),
        "second": say.open_sentence(answers),
        "arrows": say.arrow_rows(answers),
        "support": say.support_sentence(answers),
        "evidence_note": say.evidence_note(answers),
        "pairs": [row for pairs in undecided for row in say.pair_rows(pairs)],
        "comparison": say.known_sentences(answers),
        "stability": say.stability_sentence(answers),
        "needed": say.needed_sentence(answers),
        "environments": say.environments_sentence(answers),
        "missing": say.missing_sentence(answers),
        "correlations": answers.discovery.intraclass_correlations_,
        "assumptions": say.assumptions(answers),
        "limits": say.limits(answers),
        "method": say.method_sentence(answers),
    }
