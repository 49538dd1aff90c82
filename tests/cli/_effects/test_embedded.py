"""The two questions of the demonstration, with the numbers that other ways of computing give."""

from pathlib import Path

import pandas as pd
import pytest

from causalkit.cli import main


@pytest.mark.parametrize(
    # Least squares of outcome on treatment, errors clustered by village: 0.451 (0.023) and 0.002 (0.027).
    ("name", "estimate", "standard_error", "n_units"),
    [("hiv-incentives", 0.451, 0.023, 2834), ("social-insurance", 0.002, 0.027, 1410)],
)
def test_answer(name: str, estimate: float, standard_error: float, n_units: int, tmp_path: Path) -> None:
    options = ["--data", name, "--out", str(tmp_path), "--refutations", "0", "--no-figures", "--quiet"]
    assert main(["effects", *options]) == 0
    found = pd.read_csv(tmp_path / "average_effects.csv").set_index("effect")
    plain, ours = found.loc["difference in means"], found.loc["average effect"]
    assert plain["estimate"] == pytest.approx(estimate, abs=6e-4)
    assert plain["standard_error"] == pytest.approx(standard_error, abs=6e-4)
    assert ours["estimate"] == pytest.approx(estimate, abs=standard_error)
    assert ours["standard_error"] == pytest.approx(standard_error, rel=0.15)
    assert ours["n_units"] == n_units
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "No claim is made about who benefits more" in page
    assert "<th>Predicted effect</th>" not in page
