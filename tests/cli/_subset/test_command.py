"""The subset command from the outside: options in, files and sentences out."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from causalkit.cli import main
from causalkit.cli._subset._graph_table import read_graph
from causalkit.estimators import MinimaxSubsetRegressor

from .conftest import ARROWS, Run, run

FILES = {"environments.csv", "graph.csv", "missing.csv", "predictions.csv", "report.html", "risks.csv"}
QUICK = ["--quiet", "--no-figures"]


class TestFiles:
    """What a run writes."""

    def test_all_files_are_there(self, found: Run) -> None:
        assert {path.name for path in found.out.iterdir() if path.is_file()} == FILES
        drawn = {path.name for path in (found.out / "figures").iterdir()}
        assert drawn == {"risk_tradeoff.png", "environment_risk.png", "new_environment_risk.png"}

    def test_each_class_has_a_row_and_one_is_picked(self, found: Run) -> None:
        risks = found.csv("risks")
        assert set(risks["subset"].fillna("")) == {"", "score", "marker", "marker, score"}
        assert risks["picked"].sum() == 1
        assert risks.loc[risks["picked"], "subset"].item() == "score"
        assert risks.loc[risks["status"] == "fitted", "risk"].is_monotonic_increasing

    def test_environments_are_those_of_both_tables(self, found: Run) -> None:
        environments = found.csv("environments").set_index("environment")
        assert environments["rows"].to_dict() == {
            **dict.fromkeys(["000", "001", "002", "003"], "training"),
            "new 100": "new",
            "new 70": "new",
        }
        used = found.table.dropna()["site"].value_counts()
        assert environments.loc[used.index, "n_rows"].to_dict() == used.to_dict()
        assert environments.loc[["new 70", "new 100"], "n_rows"].tolist() == [198, 200]

    def test_scale_is_the_variance_of_training_outcomes_everywhere(self, found: Run) -> None:
        outcomes = found.table.dropna()["sick"]
        predictions = found.csv("predictions")
        environments = found.csv("environments").set_index("environment")
        errors = predictions.assign(square=(predictions["outcome"] - predictions["prediction"]) ** 2)
        expected = errors.dropna().groupby("environment")["square"].mean() / outcomes.var(ddof=1)
        for label in environments.index:
            assert environments.loc[label, "picked_subset"] == pytest.approx(expected[label])

    def test_predictions_name_the_rows_that_they_belong_to(self, found: Run) -> None:
        predictions = found.csv("predictions")
        trained, new = (predictions[predictions["rows"] == kind] for kind in ("training", "new"))
        used = found.table.dropna()
        assert trained["row"].tolist() == used.index.tolist()
        np.testing.assert_allclose(trained["outcome"], used["sick"])
        assert trained["environment"].tolist() == used["site"].tolist()
        assert set(range(400)) - set(new["row"]) == {5}
        assert new.loc[new["outcome"].isna(), "row"].tolist() == [7]
        assert predictions["prediction"].notna().all()

    def test_pick_keeps_its_promise_where_the_others_do_not(self, found: Run) -> None:
        new = found.csv("environments").set_index("environment").loc["new 100"]
        assert new["picked_subset"] < min(new["whole_stable_set"], new["pooled_fit"])

    def test_graph_is_the_one_given(self, found: Run) -> None:
        graph = found.csv("graph")
        assert sorted(zip(graph["cause"], graph["effect"], strict=True)) == sorted(ARROWS)
        assert graph.set_index("effect").loc["dose", "effect_is_mutable"]

    def test_incomplete_rows_are_counted(self, found: Run) -> None:
        assert found.csv("missing")[["column", "role", "n_missing"]].to_numpy().tolist() == [
            ["marker", "predictor", 2],
            ["sick", "outcome", 1],
            ["site", "environments", 1],
        ]
        assert "2,396 of 2,400 rows are used; the other 4 lack a value or an environment." in found.page
        assert "One new row lacks a predictor and gets no prediction." in found.page

    def test_what_was_learned_is_written(self, learned: Run) -> None:
        assert (learned.out / "discovery.csv").exists()
        discovery = learned.csv("discovery")
        mutable = discovery[discovery["decision"] == "mutable"].set_index("effect")["found"]
        assert mutable.to_dict() == {"cause": False, "lab": True, "sign": False}


class TestReport:
    """The page stands alone and says no more than the tables do."""

    def test_it_needs_no_other_file(self, found: Run) -> None:
        assert "http" not in found.page
        assert not re.search(r"(?:src|srcset|href)=\"(?!data:)", found.page)
        assert "<script" not in found.page
        assert found.page.count("data:image/png;base64,") == 6

    def test_question_comes_first_then_the_answer(self, found: Run) -> None:
        parts = ("<h1>", 'class="answer"', "What it assumes", "What it cannot tell", "How it was computed")
        places = [found.page.index(part) for part in parts]
        assert places == sorted(places)
        assert "Which of dose, marker, score predict sick where mechanisms differ?" in found.page
        assert "Predict sick from score: at worst the risk is" in found.page

    def test_search_and_its_reason(self, found: Run) -> None:
        assert "A search was needed: marker is an effect both of sick and of dose" in found.page
        assert "of 4 classes of subsets were fitted" in found.page
        assert "nothing was learned" in found.page
        assert "causalkit subset --data" in found.page

    def test_no_search_and_its_reason(self, learned: Run) -> None:
        assert "No search was needed" in learned.page
        assert "no direct effect of sick is also an effect of lab" in learned.page
        assert "Predict sick from cause and sign" in learned.page
        assert "lab is mutable" in learned.page
        assert "That is the whole stable set." in learned.page

    def test_names_from_the_data_are_escaped(
        self, table: pd.DataFrame, known: list[str], tmp_path: Path
    ) -> None:
        arrows = pd.DataFrame(ARROWS).replace("marker", "<b>marker</b>")
        arrows.to_csv(tmp_path / "dag.csv", index=False)
        options = ["--environments", "site", "--graph", str(tmp_path / "dag.csv"), "--mutable", "dose"]
        out = run(table.rename(columns={"marker": "<b>marker</b>"}), tmp_path, *options, *QUICK)
        assert "<b>marker" not in out.page
        assert "&lt;b&gt;marker" in out.page
        assert not (out.out / "figures").exists()


class TestConsole:
    """What is printed."""

    def test_answer_and_grounds(
        self, table: pd.DataFrame, known: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run(table, tmp_path, "--no-figures", *known)
        lines = capsys.readouterr().out.splitlines()
        assert max(len(line.rstrip()) for line in lines if not line.startswith("Report")) <= 80
        printed = " ".join(" ".join(lines).split())
        assert "Predict sick from score" in printed
        for name in ("Ties", "Price", "Search", "Overlap", "Known", "Data", "Missing", "Scale"):
            assert f" {name} " in printed
        assert "whole stable set" in printed

    def test_quiet_prints_nothing(
        self, table: pd.DataFrame, known: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run(table, tmp_path, *QUICK, *known)
        captured = capsys.readouterr()
        assert (captured.out, captured.err) == ("", "")

    def test_unidentified_environments_are_said_first(
        self, table: pd.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = run(table, tmp_path, "--environments", "site")
        printed = " ".join(capsys.readouterr().out.split())
        assert "These data do not tell which mechanisms change: as a precaution" in printed
        assert "The worst-case risk is unknown." in printed
        assert "NOT IDENTIFIED" in printed
        assert "No search was done" in printed
        assert "Give the mutable predictors with --mutable" in out.page
        risks = out.csv("risks")
        assert len(risks) == 1
        assert risks[["risk", "risk_low", "risk_high", "average_risk", "lower_bound"]].isna().all(axis=None)
        assert risks["training_risk"].notna().all()
        assert {path.name for path in (out.out / "figures").iterdir()} == {"environment_risk.png"}

    def test_poor_overlap_is_said_first(
        self, shifted: pd.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        level = np.clip(np.floor(2 * shifted["sick"]), -3, 2)
        stray = np.random.default_rng(0).random(len(level)) < 0.05
        table = shifted.assign(lab=level.where(~stray, 0.0))
        arrows = [("cause", "sick"), ("sick", "lab"), ("sick", "sign")]
        pd.DataFrame(arrows, columns=["cause", "effect"]).to_csv(tmp_path / "dag.csv", index=False)
        options = ["--environments", "site", "--mutable", "lab", "--graph", str(tmp_path / "dag.csv")]
        out = run(table, tmp_path, "--no-figures", *options)
        printed = " ".join(capsys.readouterr().out.split())
        assert "Overlap is poor: the worst case rests on" in printed
        assert "POOR: " in printed
        assert "How large the worst case is: overlap is poor." in out.page

    def test_help_names_the_options(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["subset", "--help"]) == 0
        printed = capsys.readouterr().out
        for name in ("hospitals", "--environments", "--graph", "--mutable", "--mutable-range", "--new"):
            assert name in printed


class TestSameAnswer:
    """What must not matter does not matter."""

    def test_order_of_rows_and_columns_labels_and_kind_of_file(
        self, table: pd.DataFrame, known: list[str], found: Run, tmp_path: Path
    ) -> None:
        other = table.sample(frac=1, random_state=0)[["score", "sick", "site", "marker", "dose"]]
        other["site"] = other["site"].map(lambda site: 7 - int(site), na_action="ignore").astype("Int64")
        other.to_parquet(tmp_path / "table.parquet")
        options = ["--data", str(tmp_path / "table.parquet"), "--outcome", "sick", "--n-jobs", "1", *known]
        assert main(["subset", *options, "--out", str(tmp_path / "two"), *QUICK]) == 0
        second = Run(table, tmp_path / "two")
        numbers = ["risk", "risk_low", "risk_high", "lower_bound", "training_risk"]
        pd.testing.assert_frame_equal(
            found.csv("risks")[numbers], second.csv("risks")[numbers], check_exact=True
        )

    @pytest.mark.parametrize("columns", [["cause", "effect"], ["source", "target"], ["x", "y"]])
    def test_spellings_of_the_same_graph(self, columns: list[str], tmp_path: Path) -> None:
        arrows = pd.DataFrame(ARROWS, columns=columns)
        if columns != ["x", "y"]:
            arrows.insert(0, "note", "of a paper")
        arrows.to_csv(tmp_path / "dag.csv", index=False)
        graph = read_graph(tmp_path / "dag.csv", "sick", ["dose", "marker", "score"], set())
        assert sorted(graph.edges) == sorted(ARROWS)

    def test_columns_without_an_arrow_are_left_out_and_named(
        self, table: pd.DataFrame, known: list[str], found: Run, tmp_path: Path
    ) -> None:
        more = run(table.assign(noise=1.5), tmp_path, *known, *QUICK)
        pd.testing.assert_frame_equal(more.csv("risks"), found.csv("risks"), check_exact=True)
        assert "Left out, since no arrow of --graph names them: noise." in more.page
        assert "Left out" not in found.page

    def test_environments_are_not_needed_where_all_is_known(
        self, table: pd.DataFrame, known: list[str], tmp_path: Path
    ) -> None:
        out = run(table.drop(columns="site"), tmp_path, *known[2:], *QUICK)
        assert len(out.csv("environments")) == 1
        assert "without environments" in out.page

    def test_exhaustive_search_picks_the_same(
        self, table: pd.DataFrame, known: list[str], found: Run, tmp_path: Path
    ) -> None:
        risks = run(table, tmp_path, *known, "--search", "exhaustive", *QUICK).csv("risks")
        assert set(risks["status"]) == {"fitted"}
        before = found.csv("risks")
        one, other = (each.loc[each["picked"], ["subset", "risk"]] for each in (before, risks))
        assert one.to_numpy().tolist() == other.to_numpy().tolist()

    def test_figures_of_an_earlier_run_go(
        self, table: pd.DataFrame, known: list[str], tmp_path: Path
    ) -> None:
        stale = tmp_path / "answer" / "figures" / "new_environment_risk.png"
        stale.parent.mkdir(parents=True)
        stale.write_bytes(b"of an earlier run")
        run(table, tmp_path, *known, *QUICK)
        assert not stale.exists()


class TestKindsOfColumns:
    """Texts, truth values, an outcome of 0 and 1."""

    def test_texts_are_levels(self, shifted: pd.DataFrame, tmp_path: Path) -> None:
        table = shifted.assign(group=np.where(shifted["cause"] > 0, "high", "low"))
        out = run(table, tmp_path, "--environments", "site", "--mutable", "lab", *QUICK)
        risks = out.csv("risks")
        assert "group" in " ".join([*risks["subset"].dropna(), *risks["free"].dropna()])

    def test_outcome_of_0_and_1_has_probabilities(self, shifted: pd.DataFrame, tmp_path: Path) -> None:
        table = shifted.assign(sick=(shifted["sick"] > 0).astype(int))
        table.drop(columns="sick").to_csv(tmp_path / "new.csv", index=False)
        options = ["--environments", "site", "--mutable", "lab", "--new", str(tmp_path / "new.csv")]
        predictions = run(table, tmp_path, *options, *QUICK).csv("predictions")
        assert predictions["prediction"].between(0, 1).all()
        new = predictions.loc[predictions["rows"] == "new", "prediction"].to_numpy()
        assert new[table["sick"] == 1].mean() > new[table["sick"] == 0].mean() + 0.2

    def test_rows_to_predict_need_no_outcome(
        self, table: pd.DataFrame, new_rows: pd.DataFrame, known: list[str], found: Run, tmp_path: Path
    ) -> None:
        new_rows[["dose", "marker", "score"]].to_csv(tmp_path / "new.csv", index=False)
        out = run(table, tmp_path, *known, "--new", str(tmp_path / "new.csv"), *QUICK)
        before, after = (each.csv("predictions") for each in (found, out))
        columns = ["rows", "row", "prediction"]
        pd.testing.assert_frame_equal(before[columns], after[columns], check_exact=True)
        assert set(out.csv("environments")["rows"]) == {"training"}


class TestBadInput:
    """Every mistake ends in exit code 2 and one line that says what is wrong."""

    Complain = Callable[..., str]

    @pytest.fixture
    def complain(
        self, table: pd.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> Callable[..., str]:
        def run_and_read(
            *more: str,
            use: pd.DataFrame = table,
            arrows: list[tuple[str | None, str]] | None = None,
            new: pd.DataFrame | None = None,
        ) -> str:
            use.to_csv(tmp_path / "table.csv", index=False)
            options = ["--data", str(tmp_path / "table.csv"), "--outcome", "sick", "--environments", "site"]
            if arrows is not None:
                pd.DataFrame(arrows, columns=["cause", "effect"]).to_csv(tmp_path / "dag.csv", index=False)
                options += ["--graph", str(tmp_path / "dag.csv")]
            if new is not None:
                new.to_csv(tmp_path / "new.csv", index=False)
                options += ["--new", str(tmp_path / "new.csv")]
            assert main(["subset", *options, "--jobs", "1", "--out", str(tmp_path / "answer"), *more]) == 2
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
                "--data: there is no file nowhere, and no example of that name; there are hospitals",
            ),
            (["--data", __file__], "--data: the file must end in .csv or .parquet; got test_command.py"),
            (
                ["--data", "hospitals"],
                "--data: hospitals brings its own columns; leave out --outcome, or name a table",
            ),
            (["--outcome", "y"], "--outcome: the table of --data has no column 'y'; it has site, dose"),
            (["--outcome", "site"], "--outcome: 'site' is the column of --environments too"),
            (["--environments", "z"], "--environments: the table of --data has no column 'z'"),
            (["--features", "dose,z"], "--features: the table of --data has no column 'z'"),
            (["--features", ","], "--features: name at least one column"),
            (["--features", "dose,sick"], "--features: 'sick' is the column of --outcome and no predictor"),
            (["--features", "site"], "--features: 'site' is the column of --environments and no predictor"),
            (["--mutable", "z"], "--mutable: there is no predictor 'z'; there are dose, marker, score"),
            (["--mutable", "sick"], "--mutable: 'sick' is the outcome, whose own mechanism must be the same"),
            (["--mutable", ","], "--mutable: name at least one predictor"),
            (["--graph", "nowhere.csv"], "--graph: there is no file nowhere.csv"),
            (["--new", "nowhere.csv"], "--new: there is no file nowhere.csv"),
            (["--mutable-range", "wide"], "--mutable-range must be observed or a factor; got 'wide'"),
            (["--mutable-range", "0.5"], "--mutable-range must be a factor of at least 1; got 0.5"),
            (["--mutable-range", "nan"], "--mutable-range must be a factor of at least 1; got nan"),
            (["--search", "greedy"], "--search must be best_first or exhaustive; got 'greedy'"),
            (["--alpha", "2"], "alpha must be"),
            (["--jobs", "0"], "Invalid value for '--jobs'"),
            (["--frobnicate"], "No such option"),
        ],
        ids=lambda value: " ".join(value)[-40:] if isinstance(value, list) else "",
    )
    def test_options(self, complain: Complain, options: list[str], message: str) -> None:
        assert message in complain(*options)

    @pytest.mark.parametrize(
        ("arrows", "message"),
        [
            ([("sick", "dose"), ("dose", "age")], "--graph: 'age' in dag.csv is no column of the data"),
            ([("sick", "dose"), ("dose", "site")], "'site' in dag.csv is a column but no predictor"),
            (
                [("sick", "dose"), ("dose", "marker"), ("marker", "sick")],
                "--graph: the arrows of dag.csv must not run in a circle; got",
            ),
            ([("sick", "sick")], "must not run in a circle; got sick -> sick"),
            ([("dose", "marker")], "--graph: dag.csv has no arrow from or to the outcome 'sick'"),
            ([("sick", "dose"), (None, "marker")], "--graph: 1 rows of dag.csv lack an end"),
        ],
        ids=["unknown", "no predictor", "circle", "loop", "without the outcome", "half an arrow"],
    )
    def test_graphs(self, complain: Complain, arrows: list[tuple[str | None, str]], message: str) -> None:
        assert message in complain(arrows=arrows)

    def test_graph_with_columns_of_other_names(self, complain: Complain, tmp_path: Path) -> None:
        path = tmp_path / "other.csv"
        pd.DataFrame({"from": ["sick"], "to": ["dose"], "note": [""]}).to_csv(path, index=False)
        expected = "other.csv must have the columns cause and effect, or source and target; it has from"
        assert expected in complain("--graph", str(path))

    def test_mutable_without_an_arrow(self, complain: Complain) -> None:
        message = complain("--mutable", "score", arrows=[("sick", "dose")])
        assert "--mutable: 'score' has no arrow in the table of --graph" in message

    def test_outcome_and_environments_are_asked_for(
        self, table: pd.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        table.to_csv(tmp_path / "table.csv", index=False)
        options = ["subset", "--data", str(tmp_path / "table.csv"), "--out", str(tmp_path)]
        assert main(options) == 2
        assert "--outcome is missing; name the column to predict" in capsys.readouterr().err
        assert main([*options, "--outcome", "sick", "--mutable", "dose"]) == 2
        message = capsys.readouterr().err
        assert "--environments is missing; name the column" in message
        assert "or give both --graph and --mutable" in message

    def test_one_environment(self, complain: Complain, table: pd.DataFrame) -> None:
        assert "environments must be at least 2" in complain(use=table.assign(site="a"))

    def test_environment_with_few_rows(self, complain: Complain, table: pd.DataFrame) -> None:
        use = table.assign(site=table["site"].where(table.index != 0, "lone"))
        assert "environments must have at least 20 rows each; got 1 in" in complain(use=use)

    def test_no_predictor(self, complain: Complain, table: pd.DataFrame) -> None:
        message = complain(use=table[["site", "sick"]])
        assert "--data: there is no column that could predict; got site, sick" in message

    def test_outcome_of_texts(self, complain: Complain, table: pd.DataFrame) -> None:
        message = complain(use=table.assign(sick="yes"))
        assert "--outcome: the column 'sick' must hold numbers" in message

    def test_constant_outcome(self, complain: Complain, table: pd.DataFrame) -> None:
        assert "y must" in complain(use=table.assign(sick=2.0))

    def test_text_with_many_levels(self, complain: Complain, table: pd.DataFrame) -> None:
        use = table.assign(score=[f"level {i % 40}" for i in range(len(table))])
        assert "X (column 'score') must have at most 12 levels" in complain("--mutable", "dose", use=use)

    def test_column_without_a_value(self, complain: Complain, table: pd.DataFrame) -> None:
        message = complain(use=table.assign(marker=np.nan))
        assert "--features: the column 'marker' has no value; leave it out" in message

    def test_no_complete_row(self, complain: Complain, table: pd.DataFrame) -> None:
        first, rest = table["marker"].where(table.index < 9), table["score"].where(table.index >= 9)
        assert "no row has a value in every column" in complain(use=table.assign(marker=first, score=rest))

    def test_infinite_value(self, complain: Complain, table: pd.DataFrame) -> None:
        use = table.assign(marker=table["marker"].where(table.index != 5, np.inf))
        assert "infinit" in complain("--mutable", "dose", use=use)

    def test_dates(self, table: pd.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        table.assign(day=pd.Timestamp("2020-01-01")).to_parquet(tmp_path / "table.parquet")
        options = ["--data", str(tmp_path / "table.parquet"), "--outcome", "sick", "--environments", "site"]
        assert main(["subset", *options, "--out", str(tmp_path / "answer")]) == 2
        assert "the column 'day' holds dates or times" in capsys.readouterr().err

    def test_new_rows_without_a_predictor(
        self, complain: Complain, table: pd.DataFrame, new_rows: pd.DataFrame
    ) -> None:
        message = complain(new=new_rows.drop(columns="score"))
        assert "--new: the table of --new has no column 'score'; it has site, dose, marker, sick" in message

    def test_new_rows_of_another_kind(self, complain: Complain, new_rows: pd.DataFrame) -> None:
        message = complain(new=new_rows.assign(score="low"))
        assert "--new: the column 'score' must hold numbers, as in the table of --data" in message

    def test_new_rows_with_an_unknown_level(
        self, complain: Complain, table: pd.DataFrame, new_rows: pd.DataFrame
    ) -> None:
        use = table.assign(score=np.where(table["score"] > 0.5, "high", "low"))
        message = complain("--mutable", "dose", use=use, new=new_rows.assign(score="middle"))
        assert "--new: X (column 'score') must have the levels of the fit" in message

    def test_new_rows_without_a_complete_one(self, complain: Complain, new_rows: pd.DataFrame) -> None:
        first = new_rows["score"].where(new_rows.index < 9)
        rest = new_rows["marker"].where(new_rows.index >= 9)
        message = complain(new=new_rows.assign(score=first, marker=rest))
        assert "--new: no row has a value in every predictor" in message

    def test_a_bug_is_not_dressed_up_as_bad_input(
        self, table: pd.DataFrame, known: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(self: MinimaxSubsetRegressor, X: pd.DataFrame, y: pd.Series, **more: object) -> None:
            raise ValueError("need at least one array to concatenate")

        monkeypatch.setattr(MinimaxSubsetRegressor, "fit", broken)
        with pytest.raises(ValueError, match="need at least one array"):
            run(table, tmp_path, *known, *QUICK)

    def test_directory_that_cannot_be_written(self, complain: Complain, tmp_path: Path) -> None:
        (tmp_path / "taken").write_text("a file")
        assert "--out: cannot write to" in complain("--out", str(tmp_path / "taken" / "answer"))
