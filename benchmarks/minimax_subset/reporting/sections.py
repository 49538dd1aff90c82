"""The sections of RESULTS.md, a question each."""

from __future__ import annotations

import pandas as pd

from reporting.bootstrap import paired_difference
from reporting.names import ALL_OURS, BOOSTING, CONSTANT, EVERY_CLASS, GUESSES, OURS, RIDGE, WHOLE, bold
from reporting.runs import cases_of
from reporting.tables import by_environment, estimates_table, main_table, of_method
from reporting.text import NONE, mean_and_error, number, ratio, share, table


def of_part(runs: pd.DataFrame, *parts: str) -> pd.DataFrame:
    return runs[runs["part"].isin(parts)]


def _titled(*parts: tuple[str, str]) -> str:
    return "\n\n".join(f"{title}\n\n{text}" for title, text in parts)


def reference(runs: pd.DataFrame, *, absolute: bool = False) -> str:
    """A world with exact risks: predictions, risk by environment, estimates of every subset."""
    texts = []
    for case in cases_of(runs):
        here = runs[runs["case"] == case]
        draws = f"{here['draw'].nunique()} draws"
        texts += [
            (f"**{case}**, {draws}.", main_table(here, absolute=absolute)),
            ("Risk by what the mutable variables of the test environment follow:", by_environment(here)),
        ]
        texts += _estimates(here)
    return _titled(*texts)


def _estimates(here: pd.DataFrame) -> list[tuple[str, str]]:
    method = EVERY_CLASS if len(of_method(here, EVERY_CLASS)) else OURS
    found = estimates_table(here, method)
    title = "Worst-case risk of the subsets that were fitted, in squared units of y"
    return [(f"{title} ({method}):", found)] if found else []


def interaction(runs: pd.DataFrame) -> str:
    return reference(runs, absolute=True)


def published(runs: pd.DataFrame) -> str:
    """The simulation of the paper, with how poor the overlap is."""
    ours = of_method(runs, OURS)
    flagged = (
        f"Poor overlap is flagged in {share(ours['poor_overlap'])} splits; "
        f"{number(100 * ours['effective_share'].median(), 0)} % of the rows are effective (median). Time of "
        f"ours for all splits: {ours['seconds'].sum():.0f} s on one core."
    )
    return _titled((flagged, main_table(runs)))


def mouse(runs: pd.DataFrame) -> str:
    """Mouse blood counts, with paired bootstraps against ridge."""
    texts = []
    for case in cases_of(runs):
        here = runs[runs["case"] == case]
        title = f"**{case} + two more genotypes to train on**, {here['draw'].nunique()} splits."
        texts += [(title, main_table(here)), (_BOOTSTRAP, _bootstrap(here))]
    return _titled(*texts)


_BOOTSTRAP = (
    "Difference of the largest risks, mean over splits; 95 % interval of a paired bootstrap of the test mice "
    "within their genotype, the same for all splits, with the fits held fixed. Below 0 the first is better."
)
_PAIRS = ((OURS, RIDGE), (OURS, BOOSTING), (OURS, WHOLE), (OURS, CONSTANT), (WHOLE, RIDGE))


def _bootstrap(here: pd.DataFrame) -> str:
    rows = []
    for first, second in _PAIRS:
        pair = [of_method(here, method) for method in (first, second)]
        if pair[0].empty or pair[1].empty:
            continue
        found = paired_difference(*pair)
        interval = f"{number(found.low)} to {number(found.high)}"
        won = f"{found.splits_won} of {found.n_splits}"
        rows.append([f"{first} minus {second}", number(found.estimate), interval, won])
    return table(["", "difference", "95 % interval", "splits in which it is smaller"], rows)


def discovery(runs: pd.DataFrame) -> str:
    """Verdicts and mutable variables, as far as a method claims to know."""
    verdicts, names = [], []
    cases = cases_of(runs)
    for method in (*GUESSES, *ALL_OURS):
        here = of_method(runs, method)
        if here.empty:
            continue
        by_case = [here[here["case"] == case] for case in cases]
        verdicts.append([bold(method), *(_claims(each, "verdict_right") for each in [*by_case, here])])
        if here["mutable_right"].notna().any():
            names.append([bold(method), *(_claims(each, "mutable_right") for each in [*by_case, here])])
    counts = ", ".join(f"{case} {runs.loc[runs['case'] == case, 'draw'].nunique()}" for case in cases)
    right = "right / says that it cannot / wrong"
    seconds = runs[runs["method"] == ALL_OURS[-1]].groupby("case", sort=False)["seconds"].median()
    times = ", ".join(f"{case} {value:.1f} s" for case, value in seconds.items())
    return _titled(
        (
            f"Draws: {counts}. Is the whole stable set optimal ({right}):",
            table(["", *cases, "all"], verdicts),
        ),
        (f"All mutable variables named and no other ({right}):", table(["", *cases, "all"], names)),
        ("Median time of what is learned, on one core:", times or NONE),
    )


def _claims(here: pd.DataFrame, column: str) -> str:
    """Counts of right answers, of those where a method says that it cannot tell, and of wrong ones."""
    if here.empty:
        return NONE
    claims = here["identified"] == 1
    right = int((claims & (here[column] == 1)).sum())
    return f"{right} / {int((~claims).sum())} / {int((claims & (here[column] == 0)).sum())}"


def pruning(runs: pd.DataFrame) -> str:
    """How much of the tree is fitted, and whether the pick is that of the exhaustive search."""
    cases = cases_of(runs)
    return _titled(
        (
            "Best first against every class fitted:",
            table(
                ["", "draws", "classes", "share fitted", "same pick", "time of best first", "refused"],
                [_pruned(runs[runs["case"] == case], case) for case in cases] + [_pruned(runs, "*all*")],
            ),
        ),
        ("Risk in four new environments of the same worlds:", main_table(runs)),
    )


def _pruned(here: pd.DataFrame, case: str) -> list[str]:
    keys = ["case", "draw"]
    first, every = (of_method(here, method).set_index(keys) for method in (OURS, EVERY_CLASS))
    first, every = first[first["refused"] == 0], every[every["refused"] == 0]
    both = first.join(every.add_suffix("_every"), how="inner")
    if both.empty:
        return [case, str(here["draw"].nunique()), *[NONE] * 4, share(of_method(here, OURS)["refused"])]
    return [
        case,
        str(len(both)),
        f"{both['n_classes'].min():.0f} to {both['n_classes'].max():.0f}",
        mean_and_error(both["fitted_share"], 2),
        share(both["columns"] == both["columns_every"]),
        f"{ratio((both['seconds'] / both['seconds_every']).median())} of the other's",
        share(of_method(here, OURS)["refused"]),
    ]
