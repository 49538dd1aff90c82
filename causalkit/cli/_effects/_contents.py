"""What the report shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from causalkit.cli._effects import _verdicts as say

if TYPE_CHECKING:
    from causalkit.cli._effects._analysis import Answers


def contents(answers: Answers) -> dict[str, Any]:
    """Return what the template names."""
    study, learner = answers.study, answers.learner
    return {
        "answers": answers,
        "study": study,
        "words": study.words,
        "answer": say.average_sentence(answers),
        "second": say.heterogeneity_sentence(answers),
        "heterogeneity_detail": say.heterogeneity_detail(answers),
        "handling": _handling(study.missing),
        "variances": sorted({effect.variance for effect in answers.effects.values()}),
        "ranking": say.ranking_sentence(answers),
        "graph": say.graph_sentence(answers),
        "overlap": say.overlap_sentence(answers),
        "refutations": say.refutation_sentences(answers),
        "missing": say.missing_sentence(answers),
        "assumptions": say.assumptions(answers),
        "limits": say.limits(answers),
        "leading_scores": answers.heterogeneity.scores.head(5),
        "nuisances": _table(learner.nuisance_scores_),
        "finals": _table(learner.final_scores_.rename_axis("model").reset_index()),
    }


def _handling(missing: pd.DataFrame) -> dict[str, str]:
    """What is done with missing values, by the role of the column."""
    return dict(zip(missing["role"], missing["handling"], strict=True))


def _table(frame: pd.DataFrame) -> list[dict[str, str]]:
    """Rows with numbers to four digits, and nothing where there is no number."""

    def text(value: Any) -> str:
        if isinstance(value, str):
            return value.replace("_", " ")
        return "" if pd.isna(value) else f"{value:.4g}"

    return [{str(name): text(value) for name, value in row.items()} for row in frame.to_dict("records")]
