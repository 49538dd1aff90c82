"""What the report shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from causalkit.cli._subset import _grounds as grounds
from causalkit.cli._subset import _verdicts as say
from causalkit.cli._subset._words import braces

if TYPE_CHECKING:
    from causalkit.cli._subset._analysis import Answers

# The rest of the classes and environments stand in the tables only.
_MOST_ROWS = 20


def contents(answers: Answers) -> dict[str, Any]:
    """Return what the template names."""
    return {
        "answers": answers,
        "study": answers.study,
        "answer": say.answer_sentence(answers),
        "second": say.second_sentence(answers),
        "predictors": say.predictor_rows(answers),
        "numbers": say.NUMBERS,
        "columns": say.columns_note(answers),
        "scale": say.scale_note(answers),
        "use": say.use_sentence(answers),
        "elsewhere": say.new_sentence(answers),
        "ties": say.ties_sentence(answers),
        "price": say.price_sentence(answers),
        "search": grounds.search_sentences(answers),
        "overlap": grounds.overlap_sentence(answers),
        "identified": grounds.identified_sentence(answers),
        "graph": grounds.graph_sentence(answers),
        "decisions": grounds.decision_rows(answers),
        "unsure": grounds.unsure_sentence(answers),
        "exact": say.exact_rows(answers),
        "classes": _class_rows(answers),
        "n_classes": len(answers.classes),
        "in_training": _environment_rows(answers.environment_risks),
        "in_new": [] if answers.new_risks is None else _environment_rows(answers.new_risks),
        "environments": say.environments_sentence(answers),
        "missing": say.missing_sentence(answers),
        "assumptions": grounds.assumptions(answers),
        "limits": grounds.limits(answers),
        "method": say.method_sentence(answers),
    }


def _class_rows(answers: Answers) -> list[dict[str, str]]:
    """The classes with the smallest risks and bounds, as the report lists them."""
    scale = answers.model.training_variance_
    return [_class_row(row, scale) for row in answers.classes.head(_MOST_ROWS).to_dict("records")]


def _class_row(row: Mapping[Any, Any], scale: float) -> dict[str, str]:
    marks = ["picked"] if row["picked"] else ["tied"] if row["tied"] else []
    why = f" ({row['pruned_by']})" if row["pruned_by"] else ""
    found = {
        "subset": braces(row["subset"]),
        "nothing added by": ", ".join(row["free"]),
        "what was done": ", ".join([row["status"] + why, *marks]),
    }
    if np.isfinite(row["risk"]):
        low, high = row["risk_low"] / scale, row["risk_high"] / scale
        risk, between = f"{row['risk'] / scale:.3f}", f"{low:.3f} to {high:.3f}"
    elif np.isfinite(row["training_risk"]):
        risk, between = "unknown", "–"
    else:
        bound = row["lower_bound"]
        risk, between = f"at least {bound / scale:.3f}" if np.isfinite(bound) else "–", "–"
    mix = f"{row['training_risk'] / scale:.3f}" if np.isfinite(row["training_risk"]) else "–"
    return found | {"worst case": risk, "interval": between, "training mix": mix}


def _environment_rows(risks: pd.DataFrame) -> list[dict[str, str]]:
    """Environments with their risks, the pick's largest first."""
    worst_first = risks.sort_values("picked subset", ascending=False, kind="stable").head(_MOST_ROWS)
    return [
        {
            "environment": str(label),
            "rows": f"{int(row['n_rows']):,}",
            **{str(name): f"{row[name]:.3f}" for name in risks.columns.drop("n_rows")},
        }
        for label, row in worst_first.iterrows()
    ]
