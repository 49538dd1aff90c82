"""The discover command from the outside: options in, files and sentences out."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from causalkit.cli import main
from causalkit.estimators import CausalDeFinetti

from .conftest import Run, run

FILES = {
    "adjacency.csv",
    "environments.csv",
    "evidence.csv",
    "intraclass_correlations.csv",
    "missing.csv",
    "report.html",
    "scores.csv",
    "verdicts.csv",
}
QUICK = ["--quiet", "--no-figures"]


class TestFiles:
    """What a run writes."""

    def test_all_files_are_there(self, found: Run) -> None:
        assert {path.name for path in found.out.iterdir() if path.is_file()} == FILES
        drawn = {path.name for path in (found.out / "figures").iterdir()}
        assert drawn == {"causal_graph.png", "bootstrap_shares.png", "arrow_pvalues.png", "edge_pvalues.png"}

    def test_each_pair_has_one_verdict_and_two_rows_of_evidence(self, found: Run) -> None:
        verdicts, evidence = found.csv("verdicts"), found.csv("evidence")
        pairs = {frozenset(pair) for pair in verdicts[["first", "second"]].itertuples(index=False)}
        assert len(verdicts) == len(pairs) == 6
        assert len(evidence) == 12
        assert verdicts["reason"].str.len().min() > 20

    def test_tables_agree(self, found: Run) -> None:
        evidence = found.csv("evidence")
        kept = {tuple(pair) for pair in evidence.loc[evidence["arrow"], ["cause", "effect"]].to_numpy()}
        verdicts = found.csv("verdicts")
        arrows = verdicts[verdicts["verdict"] == "arrow"]
        assert {tuple(pair) for pair in arrows[["first", "second"]].to_numpy()} == kept
        adjacency = found.csv("adjacency").set_index("cause")
        ones = {
            (cause, effect)
            for cause in adjacency.index
            for effect in adjacency
            if adjacency.loc[cause, effect]
        }
        assert ones == kept

    def test_arrows_that_are_kept_are_true(self, found: Run) -> None:
        truth = {("smoke", "diet"), ("smoke", "pain"), ("diet", "pain")}
        evidence = found.csv("evidence")
        kept = {tuple(pair) for pair in evidence.loc[evidence["arrow"], ["cause", "effect"]].to_numpy()}
        assert ("smoke", "pain") in kept
        assert kept <= truth

    def test_shares_are_those_of_both_directions(self, found: Run) -> None:
        evidence = found.csv("evidence").set_index(["cause", "effect"])["bootstrap_share"]
        for cause, effect in evidence.index:
            assert 0 <= evidence[cause, effect] + evidence[effect, cause] <= 1
        verdicts = found.csv("verdicts")
        assert verdicts.loc[verdicts["verdict"] != "arrow", "bootstrap_share"].isna().all()

    def test_incomplete_rows_are_left_out_and_counted(self, found: Run) -> None:
        assert found.csv("missing")[["column", "role", "n_missing"]].to_numpy().tolist() == [
            ["diet", "variable", 2],
            ["site", "environments", 1],
        ]
        assert found.csv("environments")["n_rows"].sum() == len(found.table) - 3
        assert "1,597 of 1,600 rows are used; the other 3 lack a value or an environment." in found.page


class TestReport:
    """The page stands alone and says no more than the tables do."""

    def test_it_needs_no_other_file(self, found: Run) -> None:
        assert "http" not in found.page
        assert not re.search(r"(?:src|srcset|href)=\"(?!data:)", found.page)
        assert "<script" not in found.page
        assert found.page.count("data:image/png;base64,") == 8

    def test_question_comes_first_then_the_answer(self, found: Run) -> None:
        parts = ("<h1>", 'class="answer"', "What it assumes", "What it cannot tell", "How it was computed")
        places = [found.page.index(part) for part in parts]
        assert places == sorted(places)
        assert "Which of smoke, diet, pain, coin causes which?" in found.page
        assert "smoke → pain" in found.page

    def test_what_was_done_is_told(self, found: Run) -> None:
        assert "Method score." in found.page
        assert "among all graphs" in found.page
        assert "In 10 resamples of the environments" in found.page
        assert "causalkit discover --data" in found.page
        assert "Against what is known" not in found.page

    def test_pairs_without_an_arrow_stand_with_their_reason(self, found: Run) -> None:
        verdicts = found.csv("verdicts")
        others = verdicts[verdicts["verdict"] != "arrow"]
        assert len(others) >= 3
        for row in others.itertuples():
            assert f"<td>{row.first}, {row.second}</td><td>{row.verdict}</td>" in found.page

    def test_names_from_the_data_are_escaped(self, table: pd.DataFrame, tmp_path: Path) -> None:
        out = run(table.rename(columns={"diet": "<b>diet</b>"}), tmp_path, *QUICK)
        assert "<b>diet" not in out.page
        assert "&lt;b&gt;diet" in out.page
        assert not (out.out / "figures").exists()


class TestConsole:
    """What is printed."""

    def test_answer_and_evidence(
        self, table: pd.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run(table, tmp_path, "--no-figures")
        printed = " ".join(capsys.readouterr().out.split())
        assert "kept: smoke → " in printed
        assert "score gap" in printed
        assert "--bootstrap 100 draws the environments again" in printed
        assert "1,597 of 1,600 rows are used" in printed
        assert "Caution 3 of 800 environments have one row only" in printed

    def test_quiet_prints_nothing(
        self, table: pd.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run(table, tmp_path, *QUICK)
        captured = capsys.readouterr()
        assert (captured.out, captured.err) == ("", "")

    def test_help_names_the_data_sets(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["discover", "--help"]) == 0
        printed = capsys.readouterr().out
        for name in ("hiv-incentives", "--environments", "--bootstrap", "--columns"):
            assert name in printed


class TestSameAnswer:
    """What must not matter does not matter."""

    def test_order_of_rows_and_columns_labels_and_kind_of_file(
        self, table: pd.DataFrame, tmp_path: Path
    ) -> None:
        (tmp_path / "one").mkdir()
        first = run(table, tmp_path / "one", *QUICK)
        other = table.sample(frac=1, random_state=0)[["pain", "site", "coin", "smoke", "diet"]]
        other["site"] = other["site"].map(lambda site: int(site[::-1]), na_action="ignore").astype("Int64")
        other.to_parquet(tmp_path / "table.parquet")
        options = ["--data", str(tmp_path / "table.parquet"), "--environments", "site", "--n-jobs", "1"]
        assert main(["discover", *options, "--out", str(tmp_path / "two"), *QUICK]) == 0
        second = Run(table, tmp_path / "two")
        pairs = ["cause", "effect"]
        frames = [each.csv("evidence").sort_values(pairs, ignore_index=True) for each in (first, second)]
        columns = [name for name in frames[0] if name != "given"]
        pd.testing.assert_frame_equal(frames[0][columns], frames[1][columns], check_exact=True)

    def test_texts_are_levels(self, table: pd.DataFrame, tmp_path: Path) -> None:
        (tmp_path / "numbers").mkdir()
        first = run(table, tmp_path / "numbers", *QUICK)
        words = table.assign(smoke=table["smoke"].map({0.0: "no", 1.0: "yes"}))
        (tmp_path / "texts").mkdir()
        second = run(words, tmp_path / "texts", *QUICK)
        pd.testing.assert_frame_equal(first.csv("evidence"), second.csv("evidence"), check_exact=True)

    def test_columns_chooses(self, table: pd.DataFrame, tmp_path: Path) -> None:
        (tmp_path / "chosen").mkdir()
        chosen = run(
            table.assign(noise=np.arange(len(table))), tmp_path / "chosen", "--columns", "smoke, pain", *QUICK
        )
        (tmp_path / "alone").mkdir()
        alone = run(table[["site", "smoke", "pain"]], tmp_path / "alone", *QUICK)
        pd.testing.assert_frame_equal(chosen.csv("evidence"), alone.csv("evidence"), check_exact=True)

    def test_figures_of_an_earlier_run_go(self, table: pd.DataFrame, tmp_path: Path) -> None:
        stale = tmp_path / "answer" / "figures" / "bootstrap_shares.png"
        stale.parent.mkdir(parents=True)
        stale.write_bytes(b"of an earlier run")
        run(table, tmp_path, *QUICK)
        assert not stale.exists()

    def test_method(self, table: pd.DataFrame, tmp_path: Path) -> None:
        out = run(table, tmp_path, "--method", "test", *QUICK)
        assert "Method test." in out.page
        assert "score gap" not in out.page
        assert not (out.out / "scores.csv").exists()


class TestBadInput:
    """Every mistake ends in exit code 2 and one line that says what is wrong."""

    @pytest.fixture
    def complain(self, table: pd.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        def run_and_read(*more: str, use: pd.DataFrame = table, environments: str = "site") -> str:
            use.to_csv(tmp_path / "table.csv", index=False)
            options = ["--data", str(tmp_path / "table.csv"), "--environments", environments]
            assert main(["discover", *options, "--out", str(tmp_path / "answer"), *more]) == 2
            captured = capsys.readouterr()
            assert captured.err.startswith("causalkit: ")
            assert captured.err.count("\n") == 1
            assert captured.out == ""
            return captured.err

        return run_and_read

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (
                ["--data", "nowhere"],
                "--data: there is no file nowhere, and no data set of that name; there are hiv",
            ),
            (["--data", __file__], "--data: the file must end in .csv or .parquet; got test_command.py"),
            (
                ["--data", "hiv-incentives"],
                "--data: hiv-incentives brings its own columns; leave out --environments",
            ),
            (
                ["--environments", "z"],
                "--environments: the table of --data has no column 'z'; it has site, smoke",
            ),
            (["--columns", "smoke,z"], "--columns: the table of --data has no column 'z'"),
            (["--columns", "smoke"], "--columns: name at least two columns; got ['smoke']"),
            (
                ["--columns", "smoke,site"],
                "--columns: 'site' is the column of --environments and no variable",
            ),
            (["--method", "pc"], "method must be one of 'auto', 'score', 'test'; got 'pc'"),
            (["--alpha", "2"], "alpha must be"),
            (["--bootstrap", "-1"], "Invalid value for '--bootstrap'"),
            (["--max-parents", "0"], "Invalid value for '--max-parents'"),
            (["--frobnicate"], "No such option"),
        ],
    )
    def test_options(self, complain, options: list[str], message: str) -> None:
        assert message in complain(*options)

    def test_environments_are_asked_for(
        self, table: pd.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        table.to_csv(tmp_path / "table.csv", index=False)
        assert main(["discover", "--data", str(tmp_path / "table.csv"), "--out", str(tmp_path)]) == 2
        assert "--environments is missing; name the column" in capsys.readouterr().err

    def test_data_is_asked_for(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["discover", "--out", str(tmp_path)]) == 2
        assert "Missing option '--data'" in capsys.readouterr().err

    def test_one_column(self, complain, table: pd.DataFrame) -> None:
        message = complain(use=table[["site", "smoke"]])
        assert "--data: two columns beside that of --environments are needed; got site, smoke" in message

    def test_constant_column(self, complain, table: pd.DataFrame) -> None:
        assert "column 'diet'" in complain(use=table.assign(diet=1.0))

    def test_column_that_describes_the_environment(self, complain, table: pd.DataFrame) -> None:
        use = table.assign(diet=table["site"].fillna("0000").astype(int) % 2)
        assert "'diet' with one value in each of" in complain(use=use)

    def test_column_without_a_value(self, complain, table: pd.DataFrame) -> None:
        assert "the column 'diet' has no value; leave it out" in complain(use=table.assign(diet=np.nan))

    def test_no_complete_row(self, complain, table: pd.DataFrame) -> None:
        first, rest = table["diet"].where(table.index < 9), table["pain"].where(table.index >= 9)
        assert "no row has a value in every column" in complain(use=table.assign(diet=first, pain=rest))

    def test_infinite_value(self, complain, table: pd.DataFrame) -> None:
        use = table.assign(diet=table["diet"].where(table.index != 5, np.inf))
        assert "infinit" in complain(use=use)

    def test_one_environment(self, complain, table: pd.DataFrame) -> None:
        assert "environments must hold at least two environments" in complain(use=table.assign(site="a"))

    def test_single_rows_only(self, complain, table: pd.DataFrame) -> None:
        message = complain(use=table.assign(site=np.arange(len(table))))
        assert "environments must hold at least one environment of two or more rows" in message

    def test_dates(self, table: pd.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        dated = table.assign(day=pd.Timestamp("2020-01-01"))
        dated.to_parquet(tmp_path / "table.parquet")
        options = ["--data", str(tmp_path / "table.parquet"), "--environments", "site"]
        assert main(["discover", *options, "--out", str(tmp_path / "answer")]) == 2
        assert "the column 'day' holds dates or times" in capsys.readouterr().err

    def test_a_bug_is_not_dressed_up_as_bad_input(
        self, table: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(self: CausalDeFinetti, X: pd.DataFrame, *, environments: pd.Series) -> None:
            raise ValueError("need at least one array to concatenate")

        monkeypatch.setattr(CausalDeFinetti, "fit", broken)
        with pytest.raises(ValueError, match="need at least one array"):
            run(table, tmp_path, *QUICK)

    def test_directory_that_cannot_be_written(self, complain, tmp_path: Path) -> None:
        (tmp_path / "taken").write_text("a file")
        assert "--out: cannot write to" in complain("--out", str(tmp_path / "taken" / "answer"))
