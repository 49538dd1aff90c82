"""Small tables on disk, and a run of the command on them that several tests look at."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from causalkit.cli import main
from causalkit.datasets import make_mutable_scm

ARROWS = [("sick", "dose"), ("sick", "marker"), ("dose", "marker"), ("sick", "score")]


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


def run(table: pd.DataFrame, folder: Path, *more: str) -> Run:
    """Run the command, which must succeed."""
    table.to_csv(folder / "table.csv", index=False)
    out = folder / "answer"
    options = ["--data", str(folder / "table.csv"), "--outcome", "sick", "--jobs", "1", "--out", str(out)]
    assert main(["subset", *options, *more]) == 0
    return Run(table, out)


def world(n_rows: int, follow: tuple[float, ...], seed: int) -> pd.DataFrame:
    """The interaction world with names of its own."""
    drawn = make_mutable_scm(n_rows=n_rows, follow=follow, random_state=seed)
    table = pd.concat([drawn.X, drawn.y], axis=1).reset_index(drop=True)
    table = table.rename(columns={"M": "dose", "X": "marker", "Z": "score", "y": "sick"})
    table.insert(0, "site", [f"{label:03d}" for label in np.asarray(drawn.environments)])
    return table


@pytest.fixture(scope="session")
def table() -> pd.DataFrame:
    """Four sites; some values are missing."""
    found = world(600, (0.0, 0.0, 0.05, 0.1), seed=2)
    found.loc[[3, 9], "marker"] = np.nan
    found.loc[[20], "site"] = None
    found.loc[[30], "sick"] = np.nan
    return found


@pytest.fixture(scope="session")
def new_rows() -> pd.DataFrame:
    """Two sites where the dose mostly fits; one row lacks a predictor, one the outcome."""
    found = world(200, (0.7, 1.0), seed=4)
    found["site"] = found["site"].map({"000": "new 70", "001": "new 100"})
    found.loc[[5], "score"] = np.nan
    found.loc[[7], "sick"] = np.nan
    return found


@pytest.fixture(scope="session")
def known(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Options that give the graph and the mutable predictor."""
    path = tmp_path_factory.mktemp("known") / "dag.csv"
    pd.DataFrame(ARROWS, columns=["cause", "effect"]).to_csv(path, index=False)
    return ["--environments", "site", "--graph", str(path), "--mutable", "dose"]


@pytest.fixture(scope="session")
def found(
    table: pd.DataFrame, new_rows: pd.DataFrame, known: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Run:
    """A run with graph, mutable predictor, new rows and figures."""
    folder = tmp_path_factory.mktemp("found")
    new_rows.to_csv(folder / "new.csv", index=False)
    return run(table, folder, "--quiet", *known, "--new", str(folder / "new.csv"))


@pytest.fixture(scope="session")
def shifted() -> pd.DataFrame:
    """Sites that differ in the level of one effect of the outcome: the environments tell which it is."""
    rng = np.random.default_rng(4)
    site = np.repeat(np.arange(4), 150)
    cause = rng.normal(size=600)
    sick = np.sin(2 * cause) + 0.5 * rng.normal(size=600)
    lab = sick + np.array([-1.0, 0.0, 2.0, 0.5])[site] + 0.5 * rng.normal(size=600)
    sign = sick + rng.normal(size=600)
    return pd.DataFrame({"site": site, "cause": cause, "lab": lab, "sign": sign, "sick": sick})


@pytest.fixture(scope="session")
def learned(shifted: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that learns everything from the environments."""
    return run(
        shifted, tmp_path_factory.mktemp("learned"), "--environments", "site", "--quiet", "--no-figures"
    )
