"""Reads benchopt's files: one row for each solver, world and seed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from reporting.names import solver_label

# Parts of the benchmark by the name of their file, in the order of the report.
PARTS = (
    "worlds",
    "features",
    "learners",
    "paper_published",
    "paper_worlds",
    "stages",
    "large_dense",
    "large_one_hop",
    "large_constant",
    "average_groups",
    "average_hubs",
    "average_independent",
    "cora",
)
COLUMNS = {
    "mse": "objective_value",
    "variance": "objective_effect_variance",
    "mse_hubs": "objective_mse_hubs",
    "mse_periphery": "objective_mse_periphery",
    "coverage": "objective_coverage",
    "width": "objective_width",
    "ate_bias": "objective_ate_bias",
    "ate_error": "objective_ate_error",
    "ate_covered": "objective_ate_covered",
    "ate_width": "objective_ate_width",
    "seconds": "time",
    "answer": "objective_predict_seconds",
    "n_nodes": "objective_rows",
    "versions": "objective_versions",
    "processor": "system-processor",
    "cores": "system-cpus",
    "threads": "env-OMP_NUM_THREADS",
}


def read_runs(files: Iterable[Path]) -> pd.DataFrame:
    """All files as one run; where two hold the same case the later one counts."""
    raw = pd.concat([pd.read_parquet(path).assign(file=path.stem) for path in files], ignore_index=True)
    raw = raw.sort_values("run_date", kind="stable")
    runs = pd.DataFrame({name: raw.get(column, np.nan) for name, column in COLUMNS.items()})
    runs["solver"] = [solver_label(name) for name in raw["solver_name"]]
    runs["family"] = raw["dataset_name"].str.partition("[")[0]
    runs["world"], runs["seed"] = raw["p_dataset_world"], raw["p_dataset_seed"].astype(int)
    runs["part"] = [part_of(stem) for stem in raw["file"]]
    runs = runs[runs["mse"].notna()]
    return runs.drop_duplicates(["family", "world", "n_nodes", "solver", "seed"], keep="last")


def part_of(stem: str) -> str:
    """`full_paper_worlds` and `short_paper_worlds` hold the part `paper_worlds`."""
    return stem.partition("_")[2] if stem.startswith(("full_", "short_")) else stem


def missing_parts(runs: pd.DataFrame) -> list[str]:
    return [part for part in PARTS if part not in set(runs["part"])]


def gaps(runs: pd.DataFrame) -> list[str]:
    """Cases without a result though others of the same part have one, in words.

    So no mean over fewer seeds goes unseen.
    """
    lines = []
    case = ["family", "world", "n_nodes"]
    # A case of two parts is counted in one of them, but is there for both.
    anywhere = runs.groupby([*case, "solver"])["seed"].agg(set)
    for _, part in runs.groupby("part", sort=False):
        for (family, world, n_nodes), here in part.groupby(case, sort=False):
            seeds = anywhere[(family, world, n_nodes)].reindex(part["solver"].unique())
            every = set(here["seed"])
            for solver, found in seeds.items():
                lost = every - found if isinstance(found, set) else every
                if lost:
                    what = "every seed" if lost == every else f"seeds {', '.join(map(str, sorted(lost)))}"
                    lines.append(f"{solver} in `{world}` ({family}), {what}")
    return lines
