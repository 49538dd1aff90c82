"""What the answers rest on: why a search, what was learned, overlap, assumptions, limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from causalkit.cli._subset._words import covered_values, untold, words
from causalkit.cli._words import capitalised, counted, listed
from causalkit.graphs import descendants

if TYPE_CHECKING:
    from causalkit.cli._subset._analysis import Answers

_MOST_LISTED = 5
_MOST_ARROWS = 30
# A decision on which fewer resamples agree is called unsure.
SURE = 0.8


def search_sentences(answers: Answers) -> list[str]:
    """Say whether a search was needed and why, and what it looked at."""
    if not answers.model.is_identified_:
        return [f"No search was done: without knowing {untold(answers)} there is nothing to compare."]
    if answers.model.whole_set_is_optimal_:
        return [_why_no_search(answers)]
    return [_why_search(answers), _searched(answers)]


def _why_no_search(answers: Answers) -> str:
    outcome, graph, mutable = answers.study.outcome, answers.model.causal_graph_, answers.model.mutable_
    moved = [name for name in mutable if graph.has_edge(outcome, name)]
    why = (
        f"no direct effect of {outcome} is also an effect of {words(moved)}"
        if moved
        else f"no mutable predictor is a direct effect of {outcome}"
    )
    return (
        f"No search was needed: by the causal graph {why}, and then no predictor has a "
        "smaller worst case than the one on the whole stable set."
    )


def _why_search(answers: Answers) -> str:
    outcome, graph = answers.study.outcome, answers.model.causal_graph_
    moved = [name for name in answers.model.mutable_ if graph.has_edge(outcome, name)]
    below = descendants(graph, moved)
    turned = [name for name in answers.model.stable_ if name in below and graph.has_edge(outcome, name)]
    verb, what = ("is", "says") if len(turned) == 1 else ("are", "say")
    return (
        f"A search was needed: {words(turned)} {verb} an effect both of {outcome} and of {words(moved)}, "
        f"whose mechanism changes, so that elsewhere a rule for {words(moved)} can turn what "
        f"{words(turned)} {what} about {outcome} into a trap."
    )


def _searched(answers: Answers) -> str:
    counts = answers.classes["status"].value_counts()
    n, fitted, pruned = len(answers.classes), int(counts.get("fitted", 0)), int(counts.get("pruned", 0))
    text = f"{fitted:,} of {counted(n, 'class', 'classes')} of subsets were fitted"
    if not pruned:
        return f"{text}."
    reasons = answers.classes.loc[answers.classes["status"] == "pruned", "pruned_by"].value_counts()
    why = ", ".join(f"{reason} ({count:,})" for reason, count in reasons.items())
    return f"{text}; a lower bound rules out the others: {why}."


def overlap_sentence(answers: Answers) -> str:
    """Say how freely the mutable variables vary for given causes."""
    overlap, mutable = answers.model.overlap_, answers.model.mutable_
    if not mutable:
        return "Without a mutable predictor there is nothing to weigh."
    text = (
        f"{overlap.effective_rows:,.0f} of {overlap.n_rows:,} rows are effective after weighting "
        f"{words(mutable)} to what a change elsewhere may bring"
    )
    covered = covered_values(answers)
    text += f"; {covered}" if covered else ""
    if not answers.model.is_identified_:
        return f"POOR: {text}." if overlap.is_poor else f"{text}."
    share = float(answers.picked["extrapolated_share"])
    if overlap.is_thin:
        text += (
            f"; {overlap.rows_per_level:,.0f} for each joint level of them are few to find the worst change, "
            "so that worst cases may be higher than stated"
        )
    beyond = f" {100 * share:.0f} % of the worst change lies where there are no rows." if share > 0 else ""
    if overlap.is_poor:
        return f"POOR: {text}. The worst case rests on little and may be far higher than stated.{beyond}"
    return f"{text}.{beyond}"


def identified_sentence(answers: Answers) -> str:
    """Say what was given, what was learned, and whether the environments tell it."""
    model, study = answers.model, answers.study
    if model.stability_ is None:
        return "The causal graph and the mutable predictors are as given; nothing was learned."
    graph = "the causal graph" if study.causal_graph is None else ""
    roles = "the mutable predictors" if study.mutable is None else ""
    learned = listed(word for word in (roles, graph) if word)
    found = f"mutable: {words(model.mutable_)}" if model.mutable_ else "mutable: none"
    verdict = "" if model.is_identified_ else "NOT IDENTIFIED. "
    reason = f"{capitalised(model.identification_reason_)}."
    return f"{verdict}Learned from the environments: {learned} ({found}). {reason}"


def graph_sentence(answers: Answers) -> str:
    """List the arrows that the answer takes as given, or has learned."""
    arrows = [f"{cause} → {effect}" for cause, effect in answers.model.causal_graph_.edges]
    if not arrows:
        return "The causal graph has no arrow."
    more = f", and {len(arrows) - _MOST_ARROWS:,} more" if len(arrows) > _MOST_ARROWS else ""
    return f"Causal graph: {', '.join(arrows[:_MOST_ARROWS])}{more}."


def decision_rows(answers: Answers) -> list[dict[str, str]]:
    """The learned decisions that the answer rests on, with the share of resamples that agree."""
    table = answers.model.stability_
    if table is None:
        return []
    return [
        {
            "decision": _decision(row),
            "found": "yes" if row["found"] else "no",
            "resamples that find it": f"{100 * row['share']:.0f} %",
        }
        for row in table[table["needed"].astype(bool)].to_dict("records")
    ]


def unsure_sentence(answers: Answers) -> str:
    """Name the learned decisions on which fewer resamples agree; nothing where there are none."""
    table = answers.model.stability_
    if table is None:
        return ""
    needed = table[table["needed"].astype(bool)]
    agree = np.where(needed["found"].astype(bool), needed["share"], 1 - needed["share"])
    unsure = [_decision(row) for row in needed[agree < SURE].to_dict("records")]
    if not unsure:
        return ""
    return f"Fewer than {100 * SURE:.0f} % of the resamples agree on: {listed(unsure[:_MOST_LISTED])}."


def _decision(row: Mapping[Any, Any]) -> str:
    if row["decision"] == "mutable":
        return f"{row['effect']} is mutable"
    if row["decision"] == "arrow":
        return f"{row['cause']} → {row['effect']}"
    return "the whole stable set is optimal"


def assumptions(answers: Answers) -> list[str]:
    """What must hold for the worst case to mean what it says."""
    outcome, mutable = answers.study.outcome, answers.model.mutable_
    changing = f"those of {words(mutable)}" if mutable else "none"
    found = [
        f"How {outcome} comes about from its causes is the same in every environment, new ones included, and "
        "no common cause is left out.",
        f"Of the predictors' mechanisms, only {changing} may differ, and their causes stay the same columns.",
        "Rows are independent given their environment.",
    ]
    if answers.study.causal_graph is None:
        found.append("The arrows that were learned are right where the answer uses them.")
    else:
        found.append("The causal graph is right.")
    if answers.study.n_left_out:
        found.append("Whether a value is missing has nothing to do with these columns.")
    return [answers.study.design, *found] if answers.study.design else found


def _how_to_identify(answers: Answers) -> str:
    missing = {
        "the mutable predictors with --mutable": answers.study.mutable is None,
        "the causal graph with --graph": answers.study.causal_graph is None,
    }
    return (
        f"{capitalised(untold(answers))}, and so how large the risk can get elsewhere. Give "
        f"{listed(name for name, is_missing in missing.items() if is_missing)}, or add environments that "
        "differ in other ways."
    )


def limits(answers: Answers) -> list[str]:
    """What the data cannot tell."""
    model = answers.model
    found = [
        "The risk in one given new environment: the worst case bounds it from above, and most are better.",
        "What happens where a mutable predictor goes beyond the range looked at.",
        "A change that is harder to learn than the worst one found could be worse.",
    ]
    if not model.is_identified_:
        return [_how_to_identify(answers)]
    if model.overlap_.is_poor and model.mutable_:
        found.insert(
            0,
            "How large the worst case is: overlap is poor. Environments in which the mutable predictors vary "
            "more for like causes would tell.",
        )
    if (answers.classes["status"] == "pruned").any():
        found.append("The worst-case risk of pruned classes: only a lower bound of it was needed.")
    if len(model.tied_subsets_) > 1:
        found.append("Which of the tied classes is best.")
    return found
