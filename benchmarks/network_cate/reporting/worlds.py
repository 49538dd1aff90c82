"""Errors by world: the README's table, headline figures, where ours is behind, everybody everywhere."""

from __future__ import annotations

import pandas as pd

from reporting.cases import best_peer, of_solver, ordered, value, world_name, worlds_of
from reporting.names import CONSTANT, OURS, PEERS, TIMED_PEER
from reporting.text import listed, number, table

# Where a constant is right, or almost, an estimator should cost at most this much more than the constant.
FLAT_FACTOR, FLAT_MARGIN = 1.1, 0.005
CONFOUNDED = ("steep", "rough")
LOW_COVERAGE = 0.85


def readme_table(cases: pd.DataFrame) -> str:
    """A row for each world: the constant, the forest's better setting, ours; marked where we lose."""
    head = ["world", "constant", "CausalForestDML", OURS, "ratio", "forest covers", "ours covers"]
    return table(head, [_readme_row(cases, world) for world in worlds_of(cases)])


def _readme_row(cases: pd.DataFrame, world: str) -> list[str]:
    peer = best_peer(cases, world)
    constant, forest, ours = (value(cases, world, solver) for solver in (CONSTANT, peer, OURS))
    # A comparison with a missing number is false, so that nobody is called behind nobody.
    loses = ours > forest or ours > FLAT_FACTOR * constant + FLAT_MARGIN
    return [
        world_name(cases, world),
        number(constant),
        number(forest),
        f"**{number(ours)}** (behind)" if loses else number(ours),
        number(ours / forest, 2),
        *(number(value(cases, world, solver, "coverage"), 2) for solver in (peer, OURS)),
    ]


def headline(runs: pd.DataFrame, cases: pd.DataFrame) -> str:
    lines = [*_ratio_lines(cases), *_flat_lines(runs, cases), *_confounded_lines(cases)]
    covered = of_solver(cases, OURS, "coverage")
    if covered.notna().any():
        lines.append(
            f"95 % intervals cover {number(covered.mean(), 2)} of the nodes on average over worlds, "
            f"{number(covered.min(), 2)} in the worst world (`{covered.idxmin()}`)."
        )
    lines += _time_lines(runs)
    return "\n".join(f"- {line}" for line in lines) or "No figures: solvers are missing."


def _ratio_lines(cases: pd.DataFrame) -> list[str]:
    ours = of_solver(cases, OURS, "error")
    worlds = [w for w in ours.index if not cases.loc[(w, OURS), "flat"] and w not in CONFOUNDED]
    lines = []
    for peer in PEERS:
        ratio = (ours[worlds] / of_solver(cases, peer, "error")).dropna()
        if len(ratio):
            lines.append(
                f"Error against {peer}, {len(ratio)} worlds with a varying effect: mean ratio "
                f"{number(ratio.mean(), 2)}, worst {number(ratio.max(), 2)} (`{ratio.idxmax()}`)."
            )
    return lines


def _flat_lines(runs: pd.DataFrame, cases: pd.DataFrame) -> list[str]:
    worlds = [w for w in worlds_of(cases) if cases.loc[w]["flat"].iloc[0]]
    wide = runs[runs["world"].isin(worlds)].pivot_table(
        index=["world", "seed"], columns="solver", values="mse"
    )
    here = wide.reindex(columns=[OURS, CONSTANT]).dropna()
    if here.empty:
        return []
    worse = here[OURS] > FLAT_FACTOR * here[CONSTANT] + FLAT_MARGIN
    return [
        f"Effect (almost) constant: MSE above {FLAT_FACTOR} times the constant's + {FLAT_MARGIN} in "
        f"{int(worse.sum())} of {len(worse)} runs."
    ]


def _confounded_lines(cases: pd.DataFrame) -> list[str]:
    return [
        f"Hard confounding, `{world}`: {number(value(cases, world, OURS))}, forest "
        f"{number(value(cases, world, best_peer(cases, world)))}, constant "
        f"{number(value(cases, world, CONSTANT))}."
        for world in CONFOUNDED
        if world in worlds_of(cases)
    ]


def _time_lines(runs: pd.DataFrame) -> list[str]:
    seconds = runs.pivot_table(index=["world", "seed"], columns="solver", values="seconds")
    lines = []
    for peer in PEERS:
        both = seconds.reindex(columns=[OURS, peer]).dropna()  # the same cases for both
        if len(both):
            ours, theirs = both.median()
            lines.append(
                f"Whole fit: {number(ours, 1)} s against {number(theirs, 1)} s for {peer}: "
                f"{number(ours / theirs, 2)} times."
            )
    return lines


def behind(cases: pd.DataFrame) -> str:
    """Solvers with a smaller mean error somewhere, worlds with short intervals, and with a slower fit."""
    ours = cases[cases.index.get_level_values("solver") == OURS].droplevel("solver")
    rows = [row for world in ours.index for row in _better_solvers(cases.loc[world], world)]
    head = ["world", "solver", "its error", "our error", "seeds"]
    parts = [table(head, rows, n_text=2) if rows else "No solver has a smaller mean error in any world."]
    short = ours[ours["coverage"] < LOW_COVERAGE]
    if len(short):
        worlds = listed([f"`{w}` ({number(covered, 2)})" for w, covered in short["coverage"].items()])
        parts.append(f"Intervals cover less than {LOW_COVERAGE:.0%} of the nodes in {worlds}.")
    slow = ours[ours["time_ratio"] > 1]
    if len(slow):
        parts.append(
            f"Fitting takes longer than {TIMED_PEER} in {len(slow)} of {len(ours)} worlds, up to "
            f"{number(slow['time_ratio'].max(), 1)} times (`{slow['time_ratio'].idxmax()}`)."
        )
    return "\n\n".join(parts)


def _better_solvers(here: pd.DataFrame, world: str) -> list[list[str]]:
    ours = here.loc[OURS]
    return [
        [
            f"`{world}`",
            solver,
            number(other["error"]),
            number(ours["error"]),
            f"{int(other['seeds_behind'])} of {int(ours['n_seeds'])}",
        ]
        for solver, other in here.iterrows()
        if other["error"] < ours["error"]
    ]


def matrix(cases: pd.DataFrame) -> str:
    """Mean and, in brackets, worst seed; solvers in the order of their median over worlds."""
    text = cases["error"].map(number) + " (" + cases["worst"].map(number) + ")"
    wide = text.unstack("world", sort=False)
    order = cases["error"].groupby(level="solver").median().sort_values().index
    rows = [[_bold(solver), *wide.loc[solver].fillna("–")] for solver in order]
    head = [world_name(cases, world) for world in wide.columns]
    return "Mean over seeds, worst seed in brackets.\n\n" + table(["solver", *head], rows)


def detail(cases: pd.DataFrame, world: str) -> str:
    """Every solver of one world: error, intervals, average effect, times."""
    here = ordered(cases.loc[world])
    rows = [
        [
            _bold(solver),
            *(number(row[key]) for key in ("error", "worst")),
            *(number(row[key], 2) for key in ("coverage", "width")),
            number(row["ate_error"]),
            *(number(row[key], 2) for key in ("seconds", "time_ratio", "answer")),
        ]
        for solver, row in here.iterrows()
    ]
    error = "MSE" if here["flat"].iloc[0] else "share of Var"
    head = ["solver", error, "worst seed", "coverage", "width", "error of ATE", "seconds", "/ forest's"]
    return table([*head, "answer"], rows)


def _bold(solver: str) -> str:
    return f"**{solver}**" if solver == OURS else solver
