"""The tables that the command writes, by the names of their files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from causalkit.cli._effects._analysis import Answers


def tables(answers: Answers) -> dict[str, pd.DataFrame]:
    """Return the tables by the names of their files."""
    return {
        "average_effects": _average_effects(answers),
        "effects": answers.unit_effects,
        "groups": _groups(answers),
        "tests": _tests(answers),
        "nuisance_scores": answers.learner.nuisance_scores_,
        "final_scores": answers.learner.final_scores_.rename_axis("model").reset_index(),
        "relevance": _relevance(answers.learner),
        "missing": answers.study.missing,
    }


def _average_effects(answers: Answers) -> pd.DataFrame:
    frames = [effect.to_frame().assign(effect=name) for name, effect in answers.effects.items()]
    columns = [
        "effect",
        "estimate",
        "standard_error",
        "conf_low",
        "conf_high",
        "pvalue",
        "n_units",
        "variance",
    ]
    return pd.concat(frames, ignore_index=True)[columns]


def _groups(answers: Answers) -> pd.DataFrame:
    """Quantiles of the predicted effect and, where variation is claimed, of what it depends on most."""
    parts = [answers.groups, answers.leading_groups] if answers.claims else [answers.groups]
    table = pd.concat([part for part in parts if len(part)], ignore_index=True)
    return table[["by", *(column for column in table.columns if column != "by")]]


def _tests(answers: Answers) -> pd.DataFrame:
    rows: list[dict[str, Any]] = [
        _row("heterogeneity", answers.heterogeneity, "the effect is the same for all")
    ]
    if answers.graph_test is not None:
        rows.append(_row("graph", answers.graph_test, "the effect depends on own features only"))
    if answers.calibration is not None:
        rows.append(
            _row("calibration", answers.calibration, "predicted effects say nothing about the effect")
        )
    if answers.ranking is not None:
        rows.append(_row("ranking", answers.ranking, "treating by predicted effect gains nothing"))
    for test in answers.refutations:
        rows.append(
            {
                "test": test.kind,
                "null_hypothesis": f"estimates centre on {test.expected:.4g}",
                "statistic": test.largest_deviation,
                "pvalue": test.pvalue,
            }
        )
    return pd.DataFrame(rows)


def _row(name: str, test: Any, null: str) -> dict[str, Any]:
    return {"test": name, "null_hypothesis": null, "statistic": test.statistic, "pvalue": test.pvalue}


def _relevance(learner: Any) -> pd.DataFrame:
    pairs = learner.pairs_.set_index("feature")["share"]
    parts = {"feature": learner.feature_relevance_, "hop": learner.hop_relevance_, "pair": pairs}
    frames = [
        pd.DataFrame({"kind": kind, "name": shares.index.astype(str), "share": shares.to_numpy()})
        for kind, shares in parts.items()
    ]
    return pd.concat([frame for frame in frames if len(frame)], ignore_index=True)
