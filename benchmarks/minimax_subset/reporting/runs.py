"""Reads benchopt's files: one row for each draw and method."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from reporting.names import BOOSTING, case_of, method_of

# Parts of the benchmark by the name of their file, in the order of the report.
PARTS = (
    "interaction",
    "multiplicative",
    "sequence",
    "linear",
    "published",
    "mouse",
    "mouse_other_genotypes",
    "discovery",
    "pruning",
)
_SCORES = (
    "max_risk",
    "risks",
    "rows",
    "mix_risk",
    "columns",
    "exact_risk",
    "regret",
    "estimated_risk",
    "n_tied",
    "best_tied",
    "n_classes",
    "n_fitted",
    "effective_share",
    "poor_overlap",
    "estimates",
    "verdict_right",
    "whole_set_is_optimal",
    "mutable_right",
    "identified",
    "refused",
    "training_variance",
    "seconds",
    "draw",
    "versions",
)
_COLUMNS = {
    **{name: f"objective_{name}" for name in _SCORES},
    "processor": "system-processor",
    "cores": "system-cpus",
}


def read_runs(files: Iterable[Path]) -> pd.DataFrame:
    """All files as one run; where two hold the same case of a part the later one counts."""
    raw = pd.concat([pd.read_parquet(path).assign(file=path.stem) for path in files], ignore_index=True)
    raw = raw.sort_values("run_date", kind="stable").reset_index(drop=True)
    runs = pd.DataFrame({name: raw[column] for name, column in _COLUMNS.items() if column in raw})
    runs["method"] = [method_of(name) for name in raw["solver_name"]]
    runs["part"] = raw["file"].str.partition("_")[2]
    runs["case"] = [case_of(row) for row in raw.to_dict("records")]
    runs = runs[raw["objective_value"].notna()]
    runs = runs.drop_duplicates(["part", "case", "method", "draw"], keep="last")
    runs = runs.sort_values("part", key=lambda parts: parts.map(_place), kind="stable")
    runs["fitted_share"] = runs["n_fitted"] / runs["n_classes"]
    runs["covers"] = [_covers(row.columns_, row.estimates) for row in _named(runs)]
    return _with_time_ratio(runs).reset_index(drop=True)


def _named(runs: pd.DataFrame) -> Iterable:
    return runs.rename(columns={"columns": "columns_"}).itertuples()


def _covers(chosen: str, estimates: str) -> float:
    """Whether the interval of the pick holds its exact worst-case risk."""
    found = json.loads(estimates or "{}").get(chosen)
    if found is None or found[3] is None:
        return np.nan
    return float(found[1] <= found[3] <= found[2])


def _with_time_ratio(runs: pd.DataFrame) -> pd.DataFrame:
    """Seconds as a multiple of those of pooled boosting for the same draw."""
    keys = ["part", "case", "draw"]
    boosting = runs.loc[runs["method"] == BOOSTING, [*keys, "seconds"]]
    boosting = boosting.rename(columns={"seconds": "boosting_seconds"})
    merged = runs.merge(boosting, on=keys, how="left")
    return merged.assign(time_ratio=merged["seconds"] / merged["boosting_seconds"])


def _place(part: str) -> int:
    return PARTS.index(part) if part in PARTS else len(PARTS)


def missing_parts(runs: pd.DataFrame) -> list[str]:
    return [part for part in PARTS if part not in set(runs["part"])]


def gaps(runs: pd.DataFrame) -> list[str]:
    """Cases of a part for which one of its methods has no figures, or fewer than the others, in words."""
    lines = []
    for _, part in runs.groupby("part", sort=False):
        counts = part.groupby(["case", "method"])["draw"].nunique().unstack("method", fill_value=0)
        for case, row in counts.iterrows():
            lines += [f"{method} in {case}: {n} of {row.max()}" for method, n in row.items() if n < row.max()]
    return lines


def cases_of(runs: pd.DataFrame) -> list[str]:
    """Cases in the order of the run."""
    return list(runs["case"].drop_duplicates())
