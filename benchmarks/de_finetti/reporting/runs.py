"""Reads benchopt's files: one row for each data set and answer of a method."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from reporting.names import method_of, second_name

# Parts of the benchmark by the name of their file, in the order of the report.
PARTS = (
    "figure_3",
    "figure_4",
    "four_nodes",
    "tables",
    "random_graphs",
    "other_mechanisms",
    "not_identified",
    "not_identified_graphs",
    "dependent_parameters",
)
CASE = ["world", "n_environments", "n_rows"]
_COLUMNS = {
    "world": "p_dataset_world",
    "n_environments": "p_dataset_n_environments",
    "n_rows": "p_dataset_n_rows",
    "draw": "objective_draw",
    "n_stated": "objective_n_stated",
    "n_forced": "objective_n_forced",
    "n_right": "objective_n_right",
    "n_true": "objective_n_true",
    "states": "objective_states",
    "flagged": "objective_flagged",
    "n_undecided": "objective_n_undecided",
    "n_stated_undecided": "objective_n_stated_undecided",
    "seconds": "objective_seconds",
    "versions": "objective_versions",
    "processor": "system-processor",
    "cores": "system-cpus",
}


def read_runs(files: Iterable[Path]) -> pd.DataFrame:
    """All files as one run; where two hold the same case the later one counts.

    A method that can abstain has two rows for each data set: as it answers, and under its second name without
    abstaining.
    """
    raw = pd.concat([pd.read_parquet(path).assign(file=path.stem) for path in files], ignore_index=True)
    raw = raw.sort_values("run_date", kind="stable").reset_index(drop=True)
    runs = pd.DataFrame({name: raw[column] for name, column in _COLUMNS.items() if column in raw})
    runs["method"] = [method_of(name) for name in raw["solver_name"]]
    runs["part"] = raw["file"].str.partition("_")[2]
    runs["exact"], runs["distance"] = raw["objective_exact"], raw["objective_distance"]
    runs["answer"] = "as given"
    runs["lost"] = raw["objective_value"].isna()
    forced = runs.assign(
        method=[second_name(method) for method in runs["method"]],
        exact=raw["objective_exact_forced"],
        distance=raw["objective_distance_forced"],
        answer="forced",
    )
    both = pd.concat([runs, forced[forced["method"].notna()]], ignore_index=True)
    both = both[~both["lost"]].drop(columns="lost")
    both = both.drop_duplicates([*CASE, "method", "draw"], keep="last")
    return both.sort_values("part", key=lambda parts: parts.map(_place), kind="stable")


def _place(part: str) -> int:
    return PARTS.index(part) if part in PARTS else len(PARTS)


def missing_parts(runs: pd.DataFrame) -> list[str]:
    return [part for part in PARTS if part not in set(runs["part"])]


def gaps(runs: pd.DataFrame) -> list[str]:
    """Cases of a part for which one of its methods has no figures, or fewer than the others, in words."""
    lines = []
    for _, part in runs.groupby("part", sort=False):
        counts = part.groupby([*CASE, "method"])["draw"].nunique().unstack("method", fill_value=0)
        for case, row in counts.iterrows():
            world, n_environments, n_rows = case
            here = f"`{world}`, {n_environments} environments of {n_rows} rows"
            lines += [f"{method} in {here}: {n} of {row.max()}" for method, n in row.items() if n < row.max()]
    return lines
