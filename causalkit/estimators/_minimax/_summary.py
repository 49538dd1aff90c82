"""A fitted subset search in words: the answer, what it costs, why, what it rests on, what is assumed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

_MOST_LISTED = 5
_ASSUMPTIONS = (
    "the outcome's own mechanism is the same in every environment, and no common cause is left out",
    "only the mechanisms of the mutable variables change, and they keep their causes",
    "an intervention sets the mutable variables within {range}",
    "rows are independent given their environment",
)


def minimax_summary(model: Any) -> str:
    """Return a text of several lines about a fitted model."""
    lines = [
        _headline(model),
        *_risk_lines(model),
        *_tie_lines(model),
        *_role_lines(model),
        *_search_lines(model),
        *_overlap_lines(model),
        "Assumes",
        *(f"  - {text.format(range=_range(model))}" for text in _assumptions(model)),
    ]
    return "\n".join(lines)


def _assumptions(model: Any) -> tuple[str, ...]:
    if model.is_identified_:
        return _ASSUMPTIONS
    return "what shows no sign of change does not change elsewhere, either", _ASSUMPTIONS[-1]


def _headline(model: Any) -> str:
    searched = model.is_identified_ and model.search != "whole_set"
    words = "Subset with the smallest worst-case risk" if searched else "Subset without a search"
    return f"{words}: {_set(model.subset_)}"


def _risk_lines(model: Any) -> list[str]:
    scale, (low, high) = model.training_variance_, model.worst_case_interval_
    if np.isnan(model.worst_case_risk_):
        risk = "Worst-case risk: unknown, since the environments do not tell what changes how"
    else:
        least = "overlap is poor, so at least " if model.overlap_.is_poor else ""
        risk = (
            f"Worst-case risk: {least}{model.worst_case_risk_ / scale:.3f} of the outcome's variance "
            f"({1 - model.alpha:.0%} interval {low / scale:.3f} to {high / scale:.3f})"
        )
    table = model.environment_risks()
    smallest, worst = table["n_rows"].min(), table.drop(columns="n_rows").max()
    price = model.price_of_robustness_
    price_low, price_high = price.conf_int(model.alpha)
    return [
        risk,
        f"Largest risk in a training environment (out of fold; the smallest has {smallest} rows): "
        + ", ".join(f"{name} {value:.3f}" for name, value in worst.items()),
        f"Price of robustness in the training mix: {_rounded(price.estimate)} "
        f"({_rounded(price_low)} to {_rounded(price_high)})",
    ]


def _rounded(value: float) -> str:
    return f"{round(value, 3) + 0.0:.3f}"  # no minus before zero


def _tie_lines(model: Any) -> list[str]:
    others = [subset for subset in model.tied_subsets_ if subset != model.subset_]
    if not others:
        return []
    listed = ", ".join(_set(subset) for subset in others[:_MOST_LISTED])
    more = f" and {len(others) - _MOST_LISTED} more" if len(others) > _MOST_LISTED else ""
    return [f"Not worse beyond chance: {listed}{more}"]


def _role_lines(model: Any) -> list[str]:
    lines = [
        f"Stable variables: {_set(model.stable_)}; mutable: {_set(model.mutable_)}",
        f"  {model.identification_reason_}",
    ]
    if not model.is_identified_:
        lines.append("  not identified: all that shows no sign of change is used, without a search")
    return lines


def _search_lines(model: Any) -> list[str]:
    if not model.is_identified_:
        return []
    if model.whole_set_is_optimal_:
        return ["The graph says that the whole stable set is optimal: no search was needed"]
    if model.search == "whole_set":
        return ["The whole stable set was asked for; a search might find a smaller worst-case risk"]
    table: pd.DataFrame = model.risk_table_
    counts = table["status"].value_counts()
    reasons = table.loc[table["status"] == "pruned", "pruned_by"].value_counts()
    pruned = ", ".join(f"{n} by {reason}" for reason, n in reasons.items())
    text = f"Search: {counts.get('fitted', 0)} of {len(table)} classes of subsets fitted"
    return [f"{text}; dropped {pruned}" if pruned else text]


def _overlap_lines(model: Any) -> list[str]:
    overlap = model.overlap_
    if not model.is_identified_:
        return []
    text = (
        f"Overlap: {overlap.effective_rows:.0f} effective rows of {overlap.n_rows}, "
        f"{overlap.covered_share:.0%} of the mutable variables' values occur for given causes"
    )
    if overlap.is_poor:
        text += ": POOR, the worst case rests on few rows and may be far higher"
    if overlap.is_thin:
        text += (
            f"; {overlap.rows_per_level:.0f} for each joint level of the mutable variables: too few to be "
            "sure of the worst change, so that risks may be too low"
        )
    picked = model.risk_table_[model.risk_table_["picked"]].iloc[0]
    if picked["extrapolated_share"] > 0:
        text += f"; {picked['extrapolated_share']:.0%} of the worst intervention is extrapolated"
    return [text]


def _range(model: Any) -> str:
    wanted = model.mutable_range
    if isinstance(wanted, str):
        return "what is observed for like causes"
    if isinstance(wanted, (int, float)):
        return f"the observed range widened {wanted:g} times"
    return f"stated bounds {dict(wanted)}"


def _set(names: tuple[Any, ...]) -> str:
    return "{" + ", ".join(map(str, names)) + "}"
