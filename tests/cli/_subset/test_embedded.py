"""The embedded example: the pick is the true one, and its worst case holds in new hospitals."""

from pathlib import Path

import networkx as nx
import pandas as pd
import pytest

from causalkit.cli import main
from causalkit.cli._subset._embedded import hospitals
from causalkit.graphs import whole_set_is_optimal


def test_study() -> None:
    study = hospitals()
    assert (len(study.X), len(study.sizes), study.n_left_out) == (8000, 4, 0)
    assert set(study.causal_graph) == {*study.X, study.outcome}
    assert set(study.meanings) == set(study.causal_graph)
    assert nx.is_directed_acyclic_graph(study.causal_graph)
    assert not whole_set_is_optimal(study.causal_graph, study.outcome, study.mutable)
    assert study.new is not None
    assert list(study.new.X) == list(study.X)
    assert study.new.scored.all()
    assert not set(study.environments) & set(study.new.environments)


def test_true_risks_are_in_the_units_of_the_outcome() -> None:
    study = hospitals()
    assert min(study.exact, key=study.exact.__getitem__) == frozenset(["symptoms"])
    # Nothing but the mean: the variance of a uniform outcome of 0 to 100.
    assert study.exact[frozenset()] == pytest.approx(100**2 / 12)


def test_run_without_any_option_but_the_directory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["subset", "--out", str(tmp_path), "--no-figures"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "Predict severity from symptoms: at worst the risk is 0.5" in printed
    risks = pd.read_csv(tmp_path / "risks.csv").set_index("subset")
    truth = hospitals().exact
    for subset, row in risks[risks["status"] == "fitted"].iterrows():
        assert row["risk_low"] <= truth[frozenset(str(subset).split(", "))] <= row["risk_high"]
    environments = pd.read_csv(tmp_path / "environments.csv")
    worst = environments.groupby("rows").max(numeric_only=True)
    # On what is at hand every other fit looks better, and in the new hospitals the pick is the best.
    assert worst.loc["training", "pooled_fit"] < worst.loc["training", "picked_subset"]
    assert worst.loc["new", "picked_subset"] < worst.loc["new", ["whole_stable_set", "pooled_fit"]].min()
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Against what is known" in page
    assert not (tmp_path / "discovery.csv").exists()


def test_columns_of_the_example_are_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["subset", "--data", "hospitals", "--mutable", "dose", "--out", str(tmp_path)]) == 2
    message = capsys.readouterr().err
    assert "--data: hospitals brings its own columns; leave out --mutable, or name a table" in message
