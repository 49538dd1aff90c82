"""The report: one page that stands alone, with pictures and style inside."""

from __future__ import annotations

import platform
import re
from base64 import b64encode
from collections.abc import Mapping
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from causalkit import __version__
from causalkit._optional import require
from causalkit.cli import _verdicts as say
from causalkit.cli._words import capitalised, probability

if TYPE_CHECKING:
    from causalkit.cli._analysis import Answers
    from causalkit.cli._figures import Figure

_TEMPLATE = "_report.html.jinja"
_PACKAGES = ("numpy", "scipy", "scikit-learn", "pandas", "networkx", "lightgbm", "econml", "statsmodels")


def write_report(answers: Answers, figures: Mapping[str, Figure], path: Path, command_line: str) -> None:
    """Write the report as one HTML file that needs nothing else."""
    jinja2 = require("jinja2", extra="cli", purpose="the report of the causalkit command")
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"base64": _base64, "probability": probability, "capitalised": capitalised}
    template = environment.from_string(files("causalkit.cli").joinpath(_TEMPLATE).read_text(encoding="utf-8"))
    page = template.render(**_contents(answers), figures=figures, command_line=command_line)
    path.write_text(_keep_together(page), encoding="utf-8")


def _contents(answers: Answers) -> dict[str, Any]:
    study, learner = answers.study, answers.learner
    return {
        "answers": answers,
        "study": study,
        "words": study.words,
        "average": say.average_sentence(answers),
        "heterogeneity": say.heterogeneity_sentence(answers),
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
        "versions": _versions(),
    }


def _keep_together(page: str) -> str:
    """Keep "p = 0.04" and "95 %" on one line."""
    page = re.sub(r"\bp ([=&][lt;]*) (?=\d)", "p\N{NO-BREAK SPACE}\\1\N{NO-BREAK SPACE}", page)
    return re.sub(r"(?<=\d) %", "\N{NO-BREAK SPACE}%", page)


def _handling(missing: pd.DataFrame) -> dict[str, str]:
    """What is done with missing values, by the role of the column."""
    return dict(zip(missing["role"], missing["handling"], strict=True))


def _base64(data: bytes) -> str:
    return b64encode(data).decode("ascii")


def _table(frame: pd.DataFrame) -> list[dict[str, str]]:
    """Rows with numbers to four digits, and nothing where there is no number."""

    def text(value: Any) -> str:
        if isinstance(value, str):
            return value.replace("_", " ")
        return "" if pd.isna(value) else f"{value:.4g}"

    return [{str(name): text(value) for name, value in row.items()} for row in frame.to_dict("records")]


def _versions() -> dict[str, str]:
    return {
        "causalkit": __version__,
        "Python": platform.python_version(),
        **{name: version(name) for name in _PACKAGES},
    }
