"""Turns the benchmark's output into RESULTS.md, and prints the short table of the README."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent
OURS = "GraphRLearner"
CONSTANT = "constant"
PEERS = (
    "CausalForestDML, hop features, default LightGBM",
    "CausalForestDML, hop features, tuned LightGBM",
)
TIMED_PEER = PEERS[1]

# An effect that hardly varies: a share of its variance says nothing, the error itself is shown.
FLAT_VARIANCE = 0.05
# Where a constant is right, or almost, an estimator should cost at most this much more than the constant.
FLAT_FACTOR, FLAT_MARGIN = 1.1, 0.005
CONFOUNDED = ("steep", "rough")
LOW_COVERAGE = 0.85

PARAMETER_LABELS = {
    "features": {"own": "own columns", "hops": "hop features"},
    "nuisances": {"default": "default LightGBM", "tuned": "tuned LightGBM"},
    "intercept": {"True": "effect has an intercept", "False": "no intercept"},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "files",
        nargs="*",
        type=Path,
        help="parquet files written by benchopt, read as one run: where two hold the same case, the later "
        "one counts (default: the newest in outputs/)",
    )
    parser.add_argument("--out", type=Path, default=HERE / "RESULTS.md", help="file to write")
    parser.add_argument("--command", default="make benchmark-full", help="the command to name in it")
    arguments = parser.parse_args()
    runs = read_runs(arguments.files or [newest_output(HERE / "outputs")])
    cases = summarise(runs)
    arguments.out.write_text(results_page(runs, cases, arguments.command), encoding="utf-8")
    print(readme_table(cases))


# Reading


def newest_output(folder: Path) -> Path:
    files = sorted(folder.glob("*.parquet"), key=lambda path: path.stat().st_mtime)
    if not files:
        raise SystemExit(f"no parquet file in {folder.name}/; run the benchmark first")
    return files[-1]


def read_runs(files: Iterable[Path]) -> pd.DataFrame:
    """One row for each solver, world and seed, with readable labels."""
    raw = pd.concat([pd.read_parquet(path) for path in files], ignore_index=True)
    raw = raw.sort_values("run_date", kind="stable")
    runs = pd.DataFrame(
        {
            "solver": [solver_label(name) for name in raw["solver_name"]],
            "world": raw["p_dataset_world"],
            "seed": raw["p_dataset_seed"].astype(int),
            "mse": raw["objective_value"],
            "variance": raw["objective_effect_variance"],
            "coverage": raw["objective_coverage"],
            "width": raw["objective_width"],
            "ate_error": raw["objective_ate_error"],
            "seconds": raw["time"],
            "answer": raw["objective_predict_seconds"],
            "n_nodes": raw["p_dataset_n_nodes"],
            "n_features": raw["p_dataset_n_features"],
            "versions": raw["objective_versions"],
            "processor": raw["system-processor"],
            "cores": raw["system-cpus"],
            "threads": raw["env-OMP_NUM_THREADS"],
        }
    )
    runs = runs.drop_duplicates(["solver", "world", "seed"], keep="last")
    missing = {OURS, CONSTANT, *PEERS} - set(runs["solver"])
    if missing:
        raise SystemExit(f"the report needs these solvers too: {', '.join(sorted(missing))}")
    return runs


def solver_label(name: str) -> str:
    """`CausalForestDML[features=hops,nuisances=tuned]` in words."""
    base, _, rest = name.partition("[")
    pairs = [pair.split("=") for pair in rest.rstrip("]").split(",") if pair]
    return ", ".join([base, *(PARAMETER_LABELS[key][value] for key, value in pairs)])


# Numbers


def summarise(runs: pd.DataFrame) -> pd.DataFrame:
    """One row for each world and solver: means over seeds, the worst seed, times beside the forest's."""
    variance = runs.groupby("world", sort=False)["variance"].mean()
    flat = variance < FLAT_VARIANCE
    runs = runs.assign(error=runs["mse"] / runs["world"].map(variance.where(~flat, 1.0)))
    cases = runs.groupby(["world", "solver"], sort=False).agg(
        error=("error", "mean"),
        worst=("error", "max"),
        coverage=("coverage", "mean"),
        width=("width", "mean"),
        ate_error=("ate_error", "mean"),
        seconds=("seconds", "median"),
        answer=("answer", "median"),
        n_seeds=("seed", "nunique"),
    )
    worlds = cases.index.get_level_values("world")
    peer_seconds = cases.xs(TIMED_PEER, level="solver")["seconds"]
    cases["time_ratio"] = cases["seconds"] / peer_seconds.reindex(worlds).to_numpy()
    cases["flat"] = flat.reindex(worlds).to_numpy()
    ours = runs[runs["solver"] == OURS].set_index(["world", "seed"])["error"]
    keys = pd.MultiIndex.from_frame(runs[["world", "seed"]])
    behind = runs.assign(behind=ours.reindex(keys).to_numpy() > runs["error"].to_numpy())
    cases["seeds_behind"] = behind.groupby(["world", "solver"], sort=False)["behind"].sum()
    return cases


def best_peer(cases: pd.DataFrame, world: str) -> str:
    """The causal forest's better setting in this world."""
    here = cases.loc[world]
    return here.loc[[peer for peer in PEERS if peer in here.index], "error"].idxmin()


def worlds_of(cases: pd.DataFrame) -> list[str]:
    return list(cases.index.get_level_values("world").unique())


# Text


def number(value: float, digits: int = 3) -> str:
    if pd.isna(value):
        return "–"
    if value >= 1:
        return f"{value:.2f}"
    # Two figures at least of an error that is almost zero.
    digits = 4 if digits == 3 and value < 0.01 else digits
    return f"{value:.{digits}f}".removeprefix("0")


def table(head: list[str], rows: list[list[str]], n_text: int = 1) -> str:
    rules = ["---"] * n_text + ["---:"] * (len(head) - n_text)
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, rules, *rows])


def readme_table(cases: pd.DataFrame) -> str:
    """A row for each world: the constant, the forest's better setting, ours; marked where we lose."""
    rows = [readme_row(cases, world) for world in worlds_of(cases)]
    head = ["world", "constant", "CausalForestDML", OURS, "ratio", "forest covers", "ours covers"]
    return table(head, rows)


def gaps(runs: pd.DataFrame) -> str:
    """Cases without a result, so that no mean over fewer seeds goes unseen."""
    done = runs.pivot_table(index=["world", "seed"], columns="solver", values="mse")
    lost = done.isna().stack()
    seeds: dict[tuple[str, str], list[str]] = {}
    for world, seed, solver in lost.index[lost]:
        seeds.setdefault((solver, world), []).append(str(seed))
    n_seeds = runs["seed"].nunique()
    whole: dict[str, list[str]] = {}
    parts = []
    for (solver, world), missing in seeds.items():
        if len(missing) == n_seeds:
            whole.setdefault(solver, []).append(f"`{world}`")
        else:
            parts.append(f"{solver} in `{world}`, seeds {', '.join(missing)}")
    parts += [f"{solver} in {', '.join(worlds)}" for solver, worlds in whole.items()]
    return "".join(f"\n- No result (left out of the run, or the fit failed): {part}." for part in parts)


def readme_row(cases: pd.DataFrame, world: str) -> list[str]:
    here = cases.loc[world]
    peer, ours, constant = here.loc[best_peer(cases, world)], here.loc[OURS], here.loc[CONSTANT, "error"]
    loses = ours["error"] > min(peer["error"], FLAT_FACTOR * constant + FLAT_MARGIN)
    shown = number(ours["error"])
    return [
        f"`{world}` (MSE)" if ours["flat"] else f"`{world}`",
        number(constant),
        number(peer["error"]),
        f"**{shown}** (behind)" if loses else shown,
        number(ours["error"] / peer["error"], 2),
        number(peer["coverage"], 2),
        number(ours["coverage"], 2),
    ]


def results_page(runs: pd.DataFrame, cases: pd.DataFrame, command: str) -> str:
    sections: list[tuple[str, Callable[[], str]]] = [
        ("In one table", lambda: readme_table(cases)),
        ("In a few numbers", lambda: headline(runs, cases)),
        ("Where GraphRLearner is behind", lambda: behind(cases)),
        ("Error of every solver in every world", lambda: matrix(cases)),
    ]
    sections += [(f"World `{world}`", lambda world=world: detail(cases, world)) for world in worlds_of(cases)]
    body = "\n\n".join(f"## {title}\n\n{text()}" for title, text in sections)
    return f"# Effects on a network: results\n\n{preface(runs, command)}\n\n{body}\n"


def preface(runs: pd.DataFrame, command: str) -> str:
    def values(name: str) -> str:
        return ", ".join(str(value) for value in sorted(runs[name].dropna().unique()))

    threads = values("threads") or "not set"
    return f"""\
Written by `report.py` from the output of `{command}`.

- Data: {values("n_nodes")} nodes, {values("n_features")} features, mean degree 8, seeds {values("seed")}.
- Machine: {values("processor")}, {values("cores")} cores; two threads for every solver that takes a number of
  threads; `OMP_NUM_THREADS`: {threads}.
- Versions: {"; ".join(runs["versions"].unique())}.{gaps(runs)}

Error is the mean squared error of the effect over the nodes, as a share of the variance of the true effect
(1 for the best constant), mean over seeds. In worlds marked "MSE" the effect hardly varies, or not at all,
and the error is not divided. Coverage is the share of nodes whose 95 % interval holds the true effect,
width the interval's mean length. Seconds are the median time of `fit`, hop features included, after a first
small fit that loads libraries; "answer" is the time for effects, intervals and the average effect. "Forest"
is EconML's CausalForestDML on the same hop features; where one column stands for it, the setting with the
smaller error in that world is shown, chosen with the truth at hand. The constant is the one with the
smallest R-loss on LightGBM nuisances."""


def headline(runs: pd.DataFrame, cases: pd.DataFrame) -> str:
    lines = [*ratio_lines(cases), *flat_lines(runs, cases), *confounded_lines(cases)]
    ours = cases.xs(OURS, level="solver")
    lines.append(
        f"95 % intervals cover {number(ours['coverage'].mean(), 2)} of the nodes on average over worlds, "
        f"{number(ours['coverage'].min(), 2)} in the worst world (`{ours['coverage'].idxmin()}`)."
    )
    seconds = runs.pivot_table(index=["world", "seed"], columns="solver", values="seconds")
    for peer in PEERS:
        median = seconds[[OURS, peer]].dropna().median()  # the same cases for both
        lines.append(
            f"Whole fit: {number(median[OURS], 1)} s against {number(median[peer], 1)} s for {peer}: "
            f"{number(median[OURS] / median[peer], 2)} times."
        )
    return "\n".join(f"- {line}" for line in lines)


def ratio_lines(cases: pd.DataFrame) -> list[str]:
    worlds = [w for w in worlds_of(cases) if not cases.loc[(w, OURS), "flat"] and w not in CONFOUNDED]
    if not worlds:
        return []
    errors = cases.loc[worlds, "error"].unstack("solver")
    lines = []
    for peer in PEERS:
        ratio = (errors[OURS] / errors[peer]).dropna()
        if ratio.empty:
            continue
        lines.append(
            f"Error against {peer}, {len(ratio)} worlds with a varying effect: mean ratio "
            f"{number(ratio.mean(), 2)}, worst {number(ratio.max(), 2)} (`{ratio.idxmax()}`)."
        )
    return lines


def flat_lines(runs: pd.DataFrame, cases: pd.DataFrame) -> list[str]:
    worlds = [world for world in worlds_of(cases) if cases.loc[(world, OURS), "flat"]]
    here = runs[runs["world"].isin(worlds)].pivot_table(
        index=["world", "seed"], columns="solver", values="mse"
    )
    if here.empty:
        return []
    worse = here[OURS] > FLAT_FACTOR * here[CONSTANT] + FLAT_MARGIN
    return [
        f"Effect (almost) constant: MSE above {FLAT_FACTOR} times the constant's + {FLAT_MARGIN} in "
        f"{int(worse.sum())} of {len(worse)} runs."
    ]


def confounded_lines(cases: pd.DataFrame) -> list[str]:
    return [
        f"Hard confounding, `{world}`: {number(cases.loc[(world, OURS), 'error'])}, forest "
        f"{number(cases.loc[(world, best_peer(cases, world)), 'error'])}, constant "
        f"{number(cases.loc[(world, CONSTANT), 'error'])}."
        for world in CONFOUNDED
        if world in worlds_of(cases)
    ]


def behind(cases: pd.DataFrame) -> str:
    """Solvers with a smaller mean error somewhere, worlds with short intervals, and with a slower fit."""
    rows = [row for world in worlds_of(cases) for row in better_solvers(cases, world)]
    head = ["world", "solver", "its error", "our error", "seeds"]
    parts = [table(head, rows, n_text=2) if rows else "No solver has a smaller mean error in any world."]
    ours = cases.xs(OURS, level="solver")
    short = ours[ours["coverage"] < LOW_COVERAGE]
    if len(short):
        listed = ", ".join(f"`{world}` ({number(value, 2)})" for world, value in short["coverage"].items())
        parts.append(f"Intervals cover less than {LOW_COVERAGE:.0%} of the nodes in {listed}.")
    slow = ours[ours["time_ratio"] > 1]
    if len(slow):
        parts.append(
            f"Fitting takes longer than {TIMED_PEER} in {len(slow)} of {len(ours)} worlds, up to "
            f"{number(slow['time_ratio'].max(), 1)} times (`{slow['time_ratio'].idxmax()}`)."
        )
    return "\n\n".join(parts)


def better_solvers(cases: pd.DataFrame, world: str) -> list[list[str]]:
    here = cases.loc[world]
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
    head = [f"{world} (MSE)" if cases.loc[(world, OURS), "flat"] else world for world in wide.columns]
    rows = [[solver, *wide.loc[solver].fillna("–")] for solver in order]
    return "Mean over seeds, worst seed in brackets.\n\n" + table(["solver", *head], rows)


def detail(cases: pd.DataFrame, world: str) -> str:
    here = cases.loc[world].sort_values("error")
    rows = [
        [
            f"**{solver}**" if solver == OURS else solver,
            *(number(row[key]) for key in ("error", "worst")),
            *(number(row[key], 2) for key in ("coverage", "width")),
            number(row["ate_error"]),
            *(number(row[key], 2) for key in ("seconds", "time_ratio", "answer")),
        ]
        for solver, row in here.iterrows()
    ]
    error = "MSE" if here["flat"].iloc[0] else "share of Var"
    head = [
        "solver",
        error,
        "worst seed",
        "coverage",
        "width",
        "error of ATE",
        "seconds",
        "/ forest's",
        "answer",
    ]
    return table(head, rows)


if __name__ == "__main__":
    main()
