"""The questions of the embedded data sets, with what is certain of the answer."""

from pathlib import Path

import pandas as pd
import pytest

from causalkit.cli import main
from causalkit.cli._discover._embedded import EMBEDDED, embedded_study

pytest.importorskip("causaldata", reason="the tables are its own")


def test_study() -> None:
    study = embedded_study("hiv-incentives")
    assert (len(study.X), len(study.sizes), study.n_left_out) == (2812, 119, 2008)
    assert not study.X.isna().any(axis=None)
    assert {fact.column for fact in study.known} <= set(study.X)
    assert set(study.meanings) == set(study.X)


def test_codes_of_a_missing_value_are_no_value() -> None:
    assert set(embedded_study("hiv-incentives").X["hiv2004"]) == {0.0, 1.0}


def test_lottery_has_effects_and_no_cause(tmp_path: Path) -> None:
    assert (
        main(["discover", "--data", "hiv-incentives", "--out", str(tmp_path), "--no-figures", "--quiet"]) == 0
    )
    evidence = pd.read_csv(tmp_path / "evidence.csv")
    kept = {tuple(pair) for pair in evidence.loc[evidence["arrow"], ["cause", "effect"]].to_numpy()}
    assert ("tinc", "got") in kept
    known = EMBEDDED["hiv-incentives"].known
    no_cause = {fact.column for fact in known if fact.role == "has no cause"}
    no_effect = {fact.column for fact in known if fact.role == "has no effect"}
    assert not [pair for pair in kept if pair[1] in no_cause or pair[0] in no_effect]
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "The search was not told. No arrow contradicts it." in page


def test_columns_of_an_embedded_set_are_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["discover", "--data", "hiv-incentives", "--columns", "got,age", "--out", str(tmp_path)]) == 2
    assert "brings its own columns; leave out --columns" in capsys.readouterr().err
