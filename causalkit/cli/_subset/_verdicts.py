"""The answers in sentences: which predictors to keep, and what they risk beside the others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from causalkit.cli._subset._analysis import CONSTANT, PICK, POOLED, WHOLE
from causalkit.cli._subset._words import (
    braces,
    covered_values,
    interval,
    largest,
    level,
    untold,
    words,
    worst_case,
)
from causalkit.cli._words import capitalised, counted, listed

if TYPE_CHECKING:
    from causalkit.cli._subset._analysis import Answers

_MOST_LISTED = 5


def answer_sentence(answers: Answers) -> str:
    """Name the predictors to keep, and their worst case."""
    if not answers.model.is_identified_:
        return f"{_keep(answers)}. The worst-case risk is unknown."
    risk = worst_case(answers, answers.picked, f" of the variance of {answers.study.outcome}")
    least = "at least " if answers.model.overlap_.is_poor else ""
    return f"{_keep(answers)}: at worst the risk is {least}{risk}."


def _keep(answers: Answers) -> str:
    outcome, names = answers.study.outcome, answers.picked["subset"]
    if not answers.model.is_identified_:
        kind = "shows no sign of change" if answers.study.mutable is None else "is not named as mutable"
        what = f"all that {kind}, {words(names)}" if names else "no predictor"
        return (
            f"These data do not tell {untold(answers)}: as a precaution, {outcome} is predicted from {what}"
        )
    if names:
        return f"Predict {outcome} from {words(names)}"
    return f"No stable predictor is shown to be worth keeping for {outcome}"


def second_sentence(answers: Answers) -> str:
    """Set the pick beside the whole stable set, the pooled fit and the constant."""
    in_training = largest(answers.environment_risks)
    pooled = (
        f"The pooled fit on all columns has {answers.mix(POOLED):.2f} in the training mix and "
        f"{in_training[POOLED]:.2f} in its worst training environment, which says nothing about others; the "
        f"mean of {answers.study.outcome} alone has {answers.mix(CONSTANT):.2f}."
    )
    if not answers.model.is_identified_:
        return (
            f"In the training mix that has {answers.mix(PICK):.2f}, and {in_training[PICK]:.2f} in its worst "
            f"training environment. {pooled}"
        )
    poor = f" {poor_overlap(answers)}" if answers.model.overlap_.is_poor else ""
    if answers.keeps_all:
        return f"That is the whole stable set. {pooled}{poor}"
    return (
        f"With the whole stable set, {words(answers.model.stable_)}, the risk can reach "
        f"{worst_case(answers, answers.whole)}, although in the training mix that has "
        f"{answers.mix(WHOLE):.2f} against {answers.mix(PICK):.2f}. {pooled}{poor}"
    )


def poor_overlap(answers: Answers) -> str:
    """Say how little the worst case rests on."""
    overlap, covered = answers.model.overlap_, covered_values(answers)
    return (
        f"Overlap is poor: the worst case rests on {overlap.effective_rows:,.0f} effective rows of "
        f"{overlap.n_rows:,}{f', where {covered},' if covered else ''} and may be far higher."
    )


def scale_note(answers: Answers) -> str:
    """Say what the unit of all risks is."""
    variance = answers.model.training_variance_
    return (
        f"Risks are mean squared errors divided by the variance of {answers.study.outcome} in the training "
        f"rows, {variance:.4g}: 0 is no error, 1 is that of predicting the mean. No environment is scaled "
        "with its own outcomes."
    )


NUMBERS = ("worst case", "interval", "training", "its worst", "worst new")


def predictor_rows(answers: Answers) -> list[dict[str, str]]:
    """The four predictors with what they use and what they risk, as console and report list them."""
    pick = _predictor_row(answers, PICK, answers.picked["subset"], answers.picked)
    if answers.keeps_all:
        rows = [pick | {"predictor": f"pick: {WHOLE}"}]
    else:
        rows = [pick]
        rows.append(_predictor_row(answers, WHOLE, answers.model.stable_, answers.whole))
    rows.append(_predictor_row(answers, POOLED, ["all columns"]))
    rows.append(_predictor_row(answers, CONSTANT, []))
    return rows


def _predictor_row(
    answers: Answers, name: str, uses: Iterable[Any], row: pd.Series | None = None
) -> dict[str, str]:
    found = {"predictor": name, "uses": words(uses), "worst case": "–", "interval": "–"}
    if row is not None and not np.isfinite(row["risk"]):
        found["worst case"] = "unknown"
    elif row is not None:
        found["worst case"] = f"{row['risk'] / answers.model.training_variance_:.3f}"
        found["interval"] = interval(answers, row, ".3f")
    found["training"] = f"{answers.mix(name):.3f}"
    found["its worst"] = f"{largest(answers.environment_risks)[name]:.3f}"
    if answers.new_risks is not None:
        found["worst new"] = f"{largest(answers.new_risks)[name]:.3f}"
    return found


def columns_note(answers: Answers) -> str:
    """Say what the columns of the predictors' table hold."""
    new = "; worst new: in the worst of the new environments" if answers.new_risks is not None else ""
    worst = f"under any change of the mutable predictors, with {level(answers)} interval"
    if not answers.model.is_identified_:
        worst = f"unknown, since the data do not tell {untold(answers)}"
    return (
        f"Worst case: {worst}; training: in the training mix, out of fold; its worst: in the worst training "
        f"environment{new}."
    )


def use_sentence(answers: Answers) -> str:
    """Say how mutable predictors enter the prediction."""
    mutable = answers.model.mutable_
    if not mutable:
        return "No predictor is mutable."
    verb, it = ("is", "it") if len(mutable) == 1 else ("are", "them")
    return (
        f"{words(mutable)} {verb} mutable: what {answers.study.outcome} had to do with {it} in training is "
        "taken out by weights."
    )


def ties_sentence(answers: Answers) -> str:
    """Name the classes whose worst case is not worse beyond chance."""
    others = [subset for subset in answers.model.tied_subsets_ if subset != answers.model.subset_]
    if not answers.model.is_identified_ or answers.model.whole_set_is_optimal_:
        return ""
    if not others:
        return "None: every other class has a larger worst-case risk, beyond chance."
    shown = [braces(subset) for subset in others[:_MOST_LISTED]]
    if len(others) > _MOST_LISTED:
        shown.append(f"{len(others) - _MOST_LISTED} more")
    return (
        f"Not worse beyond chance: {listed(shown)}. Of all that tie, the one with the smallest risk under "
        "average mechanisms is picked."
    )


def price_sentence(answers: Answers) -> str:
    """Say what robustness costs where nothing changes."""
    price = answers.model.price_of_robustness_
    low, high = price.conf_int(answers.settings.alpha)
    shown, shown_low, shown_high = (f"{round(x, 2) + 0.0:.2f}" for x in (price.estimate, low, high))
    amount = f"{shown} ({level(answers)} interval {shown_low} to {shown_high})"  # no minus before zero
    if low > 0:
        return (
            f"Where nothing changes, the pick's risk is higher than the pooled fit's by {amount}: that is "
            "what robustness costs."
        )
    if high < 0:
        return f"None: in the training mix the pick's risk differs from the pooled fit's by {amount}."
    return f"None that shows: in the training mix the pick's risk less the pooled fit's is {amount}."


def new_sentence(answers: Answers) -> str:
    """Say what the risks were where nothing was trained."""
    if answers.new_risks is None:
        return ""
    worst, n = largest(answers.new_risks), len(answers.new_risks)
    that = "that was" if n == 1 else "that were"
    text = (
        f"In {counted(n, 'environment', 'environments')} {that} not trained on, the largest risk is "
        f"{worst[PICK]:.2f} for the pick, {worst[WHOLE]:.2f} for the whole stable set, {worst[POOLED]:.2f} "
        f"for the pooled fit and {worst[CONSTANT]:.2f} for the constant."
    )
    high = answers.model.worst_case_interval_[1] / answers.model.training_variance_
    if np.isfinite(high) and worst[PICK] > high:
        text += (
            f" The pick's is above its interval ({high:.2f}): a new environment has few rows, or more has "
            "changed there than the mutable predictors."
        )
    return text


def exact_rows(answers: Answers) -> list[dict[str, str]]:
    """True worst-case risks beside the estimates, where the truth is known."""
    scale = answers.model.training_variance_
    rows = []
    for row in answers.classes.to_dict("records"):
        truth = answers.study.exact.get(frozenset(row["subset"]))
        if truth is None:
            continue
        fitted = np.isfinite(row["risk"])
        bound = row["lower_bound"]
        estimate = f"{row['risk'] / scale:.3f}" if fitted else f"at least {bound / scale:.3f}"
        rows.append(
            {
                "subset": braces(row["subset"]),
                "true": f"{truth / scale:.3f}",
                "estimated": estimate if fitted or np.isfinite(bound) else "–",
                "interval": interval(answers, row, ".3f") if fitted else "–",
            }
        )
    return rows


def environments_sentence(answers: Answers) -> str:
    """Say how many environments of which size there are."""
    sizes = answers.study.sizes
    if not len(sizes):
        return f"{len(answers.study.X):,} rows, without environments."
    low, high = int(sizes.min()), int(sizes.max())
    rows = f"{low:,} rows each" if low == high else f"{low:,} to {high:,} rows (median {sizes.median():g})"
    return f"{len(sizes):,} {answers.study.units} of {rows}."


def missing_sentence(answers: Answers) -> str:
    """Say how many rows are used."""
    n_used, n_left_out = len(answers.study.X), answers.study.n_left_out
    if not n_left_out:
        text = f"No value is missing; all {n_used:,} rows are used."
    else:
        text = (
            f"{n_used:,} of {n_used + n_left_out:,} rows are used; the other {n_left_out:,} lack a value or "
            "an environment."
        )
    new = answers.study.new
    if new is not None and new.n_left_out:
        rows = counted(new.n_left_out, "new row lacks", "new rows lack")
        get = "gets" if new.n_left_out == 1 else "get"
        text += f" {capitalised(rows)} a predictor and {get} no prediction."
    return text


def method_sentence(answers: Answers) -> str:
    """Say how the subset was found."""
    settings = answers.settings
    reach = (
        "values that occur for like causes"
        if settings.mutable_range == "observed"
        else f"the observed range, widened {settings.mutable_range:g} times"
    )
    return (
        "The predictor of a subset is fitted with weights that make the mutable predictors independent of "
        "their causes; its worst case is the risk under the worst rule for them that could be learned, "
        f"valued on rows it was not learned from, within {reach}. Search {settings.search}, level "
        f"{settings.alpha:g}, seed {settings.seed}."
    )
