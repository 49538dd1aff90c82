"""Small tables on disk, and runs of the command on them that several tests look at."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from causalkit.cli import main
from causalkit.datasets import make_network_cate


@dataclass(frozen=True)
class Tables:
    """Nodes and edges as a user would have them: names as ids, a text column, missing values."""

    nodes: pd.DataFrame
    edges: pd.DataFrame


def make_tables(effect: str, n_nodes: int, seed: int) -> Tables:
    """Return a simulated world in which columns have names and some values are missing."""
    world = make_network_cate(n_nodes, effect=effect, n_features=3, overlap=3.0, random_state=seed)
    names = np.array([f"{i:03d}" for i in range(n_nodes)])
    nodes = world.X.set_axis(["age", "income", "size"], axis=1).reset_index(drop=True)
    nodes.insert(0, "person", names)
    nodes["region"] = np.resize(["north", "south", "west"], n_nodes)
    nodes["village"] = np.arange(n_nodes) // 8
    nodes["treated"] = world.treatment.to_numpy()
    nodes["y"] = world.y.to_numpy()
    nodes.loc[[1, 5], "age"] = np.nan
    nodes.loc[[7], "y"] = np.nan
    ends = names[world.graph.edges()]
    return Tables(nodes, pd.DataFrame({"ego": ends[:, 0], "alter": ends[:, 1]}))


@dataclass(frozen=True)
class Run:
    """A finished run: the tables that went in and the directory with what came out."""

    tables: Tables
    out: Path

    def csv(self, name: str) -> pd.DataFrame:
        return pd.read_csv(self.out / f"{name}.csv", dtype={"id": str})

    @property
    def page(self) -> str:
        return (self.out / "report.html").read_text(encoding="utf-8")


def write(tables: Tables, folder: Path, suffix: str = ".csv") -> list[str]:
    """Write both tables and return the options that name them."""
    for name in ("nodes", "edges"):
        table = getattr(tables, name)
        if suffix == ".csv":
            table.to_csv(folder / f"{name}.csv", index=False)
        else:
            table.to_parquet(folder / f"{name}.parquet")
    return ["--nodes", str(folder / f"nodes{suffix}"), "--edges", str(folder / f"edges{suffix}")]


COLUMNS = ["--id", "person", "--outcome", "y", "--treatment", "treated", "--n-jobs", "1"]


def run(tables: Tables, folder: Path, *more: str) -> Run:
    """Run the command, which must succeed."""
    options = write(tables, folder)
    out = folder / "answer"
    assert main(["effects", *options, *COLUMNS, "--out", str(out), *more]) == 0
    return Run(tables, out)


@pytest.fixture(scope="session")
def constant(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A world in which the effect is 2 for everybody."""
    folder = tmp_path_factory.mktemp("constant")
    return run(make_tables("constant", 200, seed=1), folder, "--quiet", "--refutations", "1")


@pytest.fixture(scope="session")
def varying(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A world in which the effect follows the first column."""
    folder = tmp_path_factory.mktemp("varying")
    return run(make_tables("local", 500, seed=1), folder, "--quiet", "--refutations", "0")
