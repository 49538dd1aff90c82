"""A small table on disk, and runs of the command on it that several tests look at."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from causalkit.cli import main
from causalkit.datasets import make_exchangeable_scm


@dataclass(frozen=True)
class Run:
    """A finished run: the table that went in and the directory with what came out."""

    table: pd.DataFrame
    out: Path

    def csv(self, name: str) -> pd.DataFrame:
        return pd.read_csv(self.out / f"{name}.csv", keep_default_na=True)

    @property
    def page(self) -> str:
        return (self.out / "report.html").read_text(encoding="utf-8")


def run(table: pd.DataFrame, folder: Path, *more: str, environments: str = "site") -> Run:
    """Run the command, which must succeed."""
    table.to_csv(folder / "table.csv", index=False)
    out = folder / "answer"
    options = ["--data", str(folder / "table.csv"), "--environments", environments, "--jobs", "1"]
    assert main(["discover", *options, "--out", str(out), *more]) == 0
    return Run(table, out)


@pytest.fixture(scope="session")
def table() -> pd.DataFrame:
    """Three binary variables and a coin, in sites of two rows; some values are missing."""
    world = make_exchangeable_scm(n_environments=800, random_state=1)
    assert sorted(world.graph.edges) == [("x0", "x1"), ("x0", "x2"), ("x1", "x2")]
    found = world.X.set_axis(["smoke", "diet", "pain"], axis=1).reset_index(drop=True).astype("float64")
    found.insert(0, "site", [f"{label:04d}" for label in np.asarray(world.environments)])
    found["coin"] = np.random.default_rng(0).integers(0, 2, size=len(found))
    found.loc[[3, 9], "diet"] = np.nan
    found.loc[[20], "site"] = None
    return found


@pytest.fixture(scope="session")
def found(table: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run with resamples and figures."""
    return run(table, tmp_path_factory.mktemp("found"), "--quiet", "--bootstrap", "10")
