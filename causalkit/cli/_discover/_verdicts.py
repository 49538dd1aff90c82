"""The answers in sentences: which arrows are claimed, and what stays open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from causalkit.cli._words import counted, listed, probability

if TYPE_CHECKING:
    from causalkit.cli._discover._analysis import Answers

# An arrow in fewer resamples than this is called unsure.
SURE = 0.8

_NEEDED = "n_environments_needed"


def arrows_sentence(answers: Answers) -> str:
    """Name the arrows that are kept."""
    arrows, n = answers.arrows, answers.study.X.shape[1]
    if not len(arrows):
        return f"No arrow is kept among the {n} variables: these data do not tell what causes what."
    named = [f"{cause} → {effect}" for cause, effect in arrows[["cause", "effect"]].itertuples(index=False)]
    verb = "is" if len(named) == 1 else "are"
    return f"{counted(len(named), 'arrow', 'arrows').capitalize()} {verb} kept: {', '.join(named)}."


def open_sentence(answers: Answers) -> str:
    """Say which pairs have no direction, and how many show no dependence."""
    undirected, violated = answers.pairs("not orientable"), answers.pairs("assumption violated")
    absent = len(answers.pairs("no edge"))
    parts = []
    if len(undirected):
        parts.append(f"Dependent, but the direction stays open: {_named(undirected)}.")
    if len(violated):
        parts.append(f"The evidence contradicts both directions: {_named(violated)}.")
    if absent:
        other = "other " if len(answers.arrows) or parts else ""
        where = f"the {other}pair" if absent == 1 else f"the {other}{absent:,} pairs"
        parts.append(f"No dependence was found in {where}.")
    return " ".join(parts) or "Every pair has an arrow."


def support_sentence(answers: Answers) -> str:
    """Say which arrows tests between rows speak for, say nothing about, or contradict."""
    arrows, alpha = answers.arrows, answers.settings.alpha
    against = arrows["pvalue_arrow"] < alpha
    behind = ~against & (arrows["pvalue_reverse"] < alpha)
    silent = arrows[~against & ~behind]
    parts = []
    if behind.any():
        parts.append(f"Rows of the same environment contradict the reverse of {_arrows(arrows[behind])}.")
    if len(silent):
        verb = "rests" if len(silent) == 1 else "rest"
        parts.append(
            f"{_arrows(silent)} {verb} on the search over whole graphs alone: tests between rows say nothing."
        )
    if against.any():
        parts.append(f"Tests between rows contradict {_arrows(arrows[against])}: do not rely on that.")
    return " ".join(parts)


def known_sentences(answers: Answers) -> list[str]:
    """Compare the arrows with what is certain beforehand; nothing where nothing is."""
    if not answers.study.known:
        return []
    wrong = answers.contradictions
    if not len(answers.arrows):
        return ["No arrow is kept, so that none can contradict what is known."]
    if not wrong:
        return ["No arrow contradicts it."]
    return [
        f"{cause} → {effect} contradicts it: {known.column} {known.role} here, because {known.why}. One of "
        "the assumptions below fails for this pair."
        for cause, effect, known in wrong
    ]


def stability_sentence(answers: Answers) -> str:
    """Say how often the arrows come back when environments are drawn again."""
    n, arrows = answers.settings.n_bootstrap, answers.arrows
    if not n:
        return "Not looked at: --bootstrap 100 draws the environments again and counts each arrow."
    if not len(arrows):
        return f"No arrow is kept, so that there is none to count in {counted(n, 'resample', 'resamples')}."
    shares = arrows["bootstrap_share"]
    unsure = arrows[shares < SURE]
    counted_in = f"In {n:,} resamples of the environments the arrows come back in {_range(shares)}"
    if not len(unsure):
        return f"{counted_in}."
    return f"{counted_in}; fewer than {100 * SURE:.0f} % have {_arrows(unsure)}."


def environments_sentence(answers: Answers) -> str:
    """Say how many environments of which size there are."""
    sizes, units = answers.study.sizes, answers.study.units
    low, high = int(sizes.min()), int(sizes.max())
    rows = f"{low:,} rows each" if low == high else f"{low:,} to {high:,} rows (median {sizes.median():g})"
    single = int((sizes == 1).sum())
    verbs = ("has", "tells") if single == 1 else ("have", "tell")
    alone = (
        f" {single:,} of them {verbs[0]} one row and {verbs[1]} nothing about directions." if single else ""
    )
    pairs = f"{answers.discovery.n_pairs_:,} pairs of rows share one"
    return f"{len(sizes):,} {units} of {rows}; {pairs}.{alone}"


def needed_sentence(answers: Answers) -> str:
    """Say how many environments would tell the open directions; nothing where that cannot be estimated."""
    if _NEEDED not in answers.evidence:
        return ""
    needed = answers.pairs("not orientable")[_NEEDED].astype("float64")
    known = needed[np.isfinite(needed)]
    if not len(known):
        return ""
    low, high = int(known.min()), int(known.max())
    amount = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    return (
        f"By the fitted models, about {amount} {answers.study.units} like these would show the open "
        f"directions with 80 % power; there are {answers.discovery.n_environments_:,}."
    )


def missing_sentence(answers: Answers) -> str:
    """Say how many rows are used."""
    n_used, n_left_out = len(answers.study.X), answers.study.n_left_out
    if not n_left_out:
        return f"No value is missing; all {n_used:,} rows are used."
    return (
        f"{n_used:,} of {n_used + n_left_out:,} rows are used; the other {n_left_out:,} lack a value or an "
        "environment."
    )


_WAYS = {
    "score": (
        "Each variable with its possible causes is scored by a model whose parameters are drawn anew for "
        "each environment, and the graph with the highest sum of scores is found",
        "An arrow is kept where every graph without it scores clearly less",
    ),
    "test": (
        "Variables that can have no effect on the rest are found by independence tests between rows of an "
        "environment, over all orders, and arrows by independence inside a row",
        "An arrow is kept where no order with its reverse fits",
    ),
}


def method_sentence(answers: Answers) -> str:
    """Say how the graph was found."""
    discovery = answers.discovery
    way, rule = _WAYS[discovery.method_]
    search = "among all graphs" if discovery.exact_search_ else "by a greedy search: a better one may exist"
    return (
        f"Method {discovery.method_}. {way} ({search}). {rule}, unless tests between rows contradict both "
        "directions, or the arrow and not its reverse; where the score is close and noise or curves are not "
        f"those of its models, tests must contradict the reverse. Tests at level {answers.settings.alpha:g}, "
        f"seed {answers.settings.seed}."
    )


def assumptions(answers: Answers) -> list[str]:
    """What must hold for the arrows to mean what they say."""
    units = answers.study.units
    found = [
        f"The {units} are independent draws of one process, and the rows of each are exchangeable: their "
        "order says nothing.",
        "Each mechanism has parameters of its own, which vary independently of the other mechanisms' "
        "parameters.",
        "No variable that is left out drives two of these. One that varies between environments is flagged "
        "as a violation; one with a fixed law looks like an arrow.",
        "There is no feedback: causes come before effects.",
    ]
    if answers.study.n_left_out:
        found.append("Whether a value is missing has nothing to do with these variables.")
    return [answers.study.design, *found] if answers.study.design else found


def limits(answers: Answers) -> list[str]:
    """What the data cannot tell."""
    found = [
        "How strong a cause is: an arrow says that there is one.",
        "Violations that a few rows of an environment do not show: a common cause with a fixed law is one.",
    ]
    if len(answers.pairs("not orientable")):
        found.append(
            "The open directions: nothing varies enough, mechanisms vary alike (equal intraclass "
            f"correlations), or there are too few {answers.study.units}."
        )
    if len(answers.pairs("no edge")):
        found.append("That variables without an edge are independent: a weak dependence can be there.")
    return found


def pair_rows(rows: pd.DataFrame) -> list[dict[str, str]]:
    """Pairs with verdict and reason, as the report lists them."""
    return [
        {"pair": f"{row['cause']}, {row['effect']}", "verdict": row["verdict"], "why": row["reason"]}
        for row in rows.to_dict("records")
    ]


def arrow_rows(answers: Answers) -> list[dict[str, str]]:
    """Arrows with their evidence, as console and report list them."""
    found = []
    for row in answers.arrows.to_dict("records"):
        line = {"arrow": f"{row['cause']} → {row['effect']}"}
        if answers.settings.n_bootstrap:
            line["share"] = f"{100 * row['bootstrap_share']:.0f} %"
        if answers.discovery.method_ == "score":
            line["score gap"] = f"{row['score_gap']:.1f}"
        for name, column in (("against it", "arrow"), ("against reverse", "reverse"), ("no edge", "no_edge")):
            line[name] = probability(float(row[f"pvalue_{column}"]))
        found.append(line)
    return found


def evidence_note(answers: Answers) -> str:
    """Say how to read the numbers beside the arrows."""
    parts = []
    if answers.settings.n_bootstrap:
        parts.append("Share: resamples of the environments whose best graph has the arrow.")
    if answers.discovery.method_ == "score":
        parts.append(
            "Score gap: what the best graph without this arrow loses, in nats; an arrow needs a clear gap."
        )
    parts.append(
        "p-values: of what the arrow implies between rows of an environment (small speaks against it), of "
        "what the reverse would imply (small speaks against the reverse), and of independence inside a row "
        "(small speaks for an edge). None of them is adjusted for the number of pairs; evidence.csv has "
        "adjusted ones."
    )
    return " ".join(parts)


def _arrows(rows: pd.DataFrame) -> str:
    return listed(
        f"{cause} → {effect}" for cause, effect in rows[["cause", "effect"]].itertuples(index=False)
    )


def _named(pairs: pd.DataFrame) -> str:
    return ", ".join(
        f"{first} – {second}" for first, second in pairs[["cause", "effect"]].itertuples(index=False)
    )


def _range(shares: pd.Series) -> str:
    low, high = 100 * shares.min(), 100 * shares.max()
    return f"{low:.0f} %" if round(low) == round(high) else f"{low:.0f} to {high:.0f} %"
