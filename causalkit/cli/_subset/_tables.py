"""The tables that the command writes, by the names of their files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from causalkit.cli._subset._analysis import Answers

TRAINING, NEW = "training", "new"


def tables(answers: Answers) -> dict[str, pd.DataFrame]:
    """Return the tables by the names of their files."""
    found = {
        "risks": risks(answers),
        "environments": environments(answers),
        "graph": graph(answers),
        "predictions": predictions(answers),
        "missing": answers.study.missing,
    }
    if answers.model.stability_ is not None:
        found["discovery"] = answers.model.stability_
    return found


def risks(answers: Answers) -> pd.DataFrame:
    """A row for each class of subsets, names with commas between; risks in squared units of the outcome."""
    table = answers.classes
    return table.assign(**{column: table[column].map(", ".join) for column in ("subset", "free")})


def environments(answers: Answers) -> pd.DataFrame:
    """A row for each environment, trained on or new: risks as shares of the training outcomes' variance."""
    parts = {TRAINING: answers.environment_risks, NEW: answers.new_risks}
    frames = [
        frame.rename_axis("environment").reset_index().assign(rows=kind)
        for kind, frame in parts.items()
        if frame is not None
    ]
    table = pd.concat(frames, ignore_index=True)
    table.columns = [str(name).replace(" ", "_") for name in table.columns]
    return table[["environment", "rows", *table.columns.drop(["environment", "rows"])]]


def graph(answers: Answers) -> pd.DataFrame:
    """The arrows of the causal graph, given or learned, and which end is mutable."""
    mutable = set(answers.model.mutable_)
    arrows = pd.DataFrame(list(answers.model.causal_graph_.edges), columns=["cause", "effect"])
    return arrows.assign(effect_is_mutable=arrows["effect"].isin(mutable))


def predictions(answers: Answers) -> pd.DataFrame:
    """A row for each row that was predicted: training rows out of fold, then new rows.

    ``row`` counts the rows of the table they come from, from 0.
    """
    study = answers.study
    held_out = answers.model.out_of_fold_predictions_["picked subset"]
    parts = [_predicted(TRAINING, study.environments, study.y, held_out.set_axis(study.X.index))]
    if study.new is not None and answers.new_predictions is not None:
        parts.append(_predicted(NEW, study.new.environments, study.new.y, answers.new_predictions))
    return pd.concat(parts, ignore_index=True)


def _predicted(
    rows: str, environments: pd.Series | None, outcome: pd.Series | None, prediction: pd.Series
) -> pd.DataFrame:
    empty = pd.Series(np.nan, index=prediction.index)
    return pd.DataFrame(
        {
            "rows": rows,
            "row": prediction.index,
            "environment": (empty if environments is None else environments).to_numpy(dtype=object),
            "outcome": (empty if outcome is None else outcome).to_numpy(),
            "prediction": prediction.to_numpy(),
        }
    )
