"""The survey of Cai, de Janvry & Sadoulet (2015) with its own nominations, where its files are given."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from causalkit.cli import main

FOLDER = Path(os.environ.get("CAUSALKIT_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
COVARIATES = ["male", "age", "agpop", "ricearea_2010", "literacy", "risk_averse", "disaster_prob"]

# The paper's effect of an intensive session on take-up in round one, errors clustered by natural village.
PUBLISHED, PUBLISHED_ERROR = 0.1408, 0.0260

pytestmark = pytest.mark.skipif(
    not (FOLDER / "cai2015_nodes.csv").is_file(),
    reason="needs cai2015_nodes.csv and cai2015_nominations.npz in the folder that CAUSALKIT_DATA names",
)


@pytest.fixture(scope="module")
def nodes() -> pd.DataFrame:
    """All households; the outcome is that of the first round, unknown for those of the second."""
    table = pd.read_csv(FOLDER / "cai2015_nodes.csv")
    return table.assign(takeup=table["takeup"].where(table["second_round"] == 0))


@pytest.fixture(scope="module")
def nominations() -> pd.DataFrame:
    """Who named whom, inside the survey."""
    with np.load(FOLDER / "cai2015_nominations.npz", allow_pickle=False) as file:
        table = pd.DataFrame({"ego": file["ego"].astype(np.int64), "alter": file["alter"].astype(np.int64)})
    return table[table["alter"] >= 0].drop_duplicates()


def test_least_squares_gives_the_published_number(nodes: pd.DataFrame) -> None:
    from statsmodels.formula.api import ols

    first = nodes[nodes["second_round"] == 0].dropna(subset=[*COVARIATES, "takeup"])
    formula = f"takeup ~ intensive + {' + '.join(COVARIATES)} + C(admin_village)"
    fit = ols(formula, first).fit(cov_type="cluster", cov_kwds={"groups": first["natural_village"]})
    assert len(first) == 2137
    assert fit.params["intensive"] == pytest.approx(PUBLISHED, abs=2e-4)
    assert fit.bse["intensive"] == pytest.approx(PUBLISHED_ERROR, abs=2e-4)


def test_the_command_agrees_with_the_paper(
    nodes: pd.DataFrame, nominations: pd.DataFrame, tmp_path: Path
) -> None:
    nodes.to_csv(tmp_path / "survey.csv", index=False)
    nominations.to_csv(tmp_path / "nominations.csv", index=False)
    options = ["--nodes", str(tmp_path / "survey.csv"), "--edges", str(tmp_path / "nominations.csv")]
    options += ["--id", "node", "--outcome", "takeup", "--treatment", "intensive"]
    options += ["--groups", "natural_village", "--features", ",".join(COVARIATES)]
    options += ["--refutations", "0", "--no-figures", "--quiet", "--out", str(tmp_path / "answer")]
    assert main(["effects", *options]) == 0
    found = pd.read_csv(tmp_path / "answer" / "average_effects.csv").set_index("effect").loc["average effect"]
    assert found["n_units"] == 2175
    assert found["estimate"] == pytest.approx(PUBLISHED, abs=PUBLISHED_ERROR)
    assert found["standard_error"] == pytest.approx(PUBLISHED_ERROR, rel=0.15)
