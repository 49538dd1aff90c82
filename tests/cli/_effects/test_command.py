"""The effects command from the outside: options in, files and sentences out."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from causalkit.cli import main

from .conftest import COLUMNS, Run, Tables, make_tables, run, write

FILES = {
    "average_effects.csv",
    "effects.csv",
    "final_scores.csv",
    "groups.csv",
    "missing.csv",
    "nuisance_scores.csv",
    "relevance.csv",
    "report.html",
    "tests.csv",
}


@pytest.fixture(scope="module")
def tables() -> Tables:
    return make_tables("constant", 120, seed=3)


class TestFiles:
    """What a run writes."""

    def test_all_files_are_there(self, constant: Run) -> None:
        assert {path.name for path in constant.out.iterdir() if path.is_file()} == FILES
        drawn = {path.name for path in (constant.out / "figures").iterdir()}
        assert {"average_effects.png", "overlap.png"} <= drawn

    def test_average_effect_covers_the_truth(self, constant: Run) -> None:
        table = constant.csv("average_effects").set_index("effect")
        assert list(table.index) == [
            "average effect",
            "overlap-weighted effect",
            "difference in means",
            "least squares with the features",
        ]
        first = table.loc["average effect"]
        assert first.conf_low < 2 < first.conf_high
        assert first.n_units == 199

    def test_plain_difference_is_the_difference_in_means(self, constant: Run) -> None:
        nodes = constant.tables.nodes
        means = nodes.groupby("treated")["y"].mean()
        found = constant.csv("average_effects").set_index("effect").loc["difference in means", "estimate"]
        assert found == pytest.approx(means[1] - means[0])

    def test_effects_have_a_row_for_each_person(self, constant: Run) -> None:
        effects = constant.csv("effects")
        assert effects["id"].tolist() == constant.tables.nodes["person"].tolist()
        assert (effects["low"] <= effects["cate"]).all()
        assert (effects["cate"] <= effects["high"]).all()
        assert effects.index[~effects["observed"]].tolist() == [7]
        assert effects.index[effects["propensity"].isna()].tolist() == [7]

    def test_missing_values_are_counted(self, constant: Run) -> None:
        missing = constant.csv("missing").set_index("column")["n_missing"]
        assert missing.to_dict() == {"age": 2, "y": 1}

    def test_effects_follow_the_truth_where_there_is_one(self, varying: Run) -> None:
        effects = varying.csv("effects").set_index("id")["cate"]
        age = varying.tables.nodes.set_index("person")["age"].dropna()
        assert np.corrcoef(effects[age.index], np.sin(age))[0, 1] > 0.8

    def test_groups_rise_with_the_predicted_effect(self, varying: Run) -> None:
        groups = varying.csv("groups")
        predicted = groups[groups["by"] == "predicted effect"]
        assert len(predicted) == 5
        assert predicted["estimate"].iloc[-1] > predicted["estimate"].iloc[0] + 1
        age = groups[groups["by"] == "age"]
        assert age["n_units"].sum() == 499
        assert age["group"].iloc[-1] == "not known"
        assert age["estimate"].iloc[3] > age["estimate"].iloc[0] + 1
        relevance = varying.csv("relevance").set_index("name")["share"]
        assert relevance[relevance.index != "0"].idxmax() == "age"


class TestReport:
    """The page stands alone and says no more than the data do."""

    def test_it_needs_no_other_file(self, constant: Run, varying: Run) -> None:
        for page in (constant.page, varying.page):
            assert "http" not in page
            assert not re.search(r"(?:src|srcset|href)=\"(?!data:)", page)
            assert "url(" not in page
            assert "<script" not in page
            assert page.count("data:image/png;base64,") >= 4

    def test_question_comes_first_then_the_answer(self, constant: Run) -> None:
        page = constant.page
        places = [
            page.index(part) for part in ("<h1>", 'class="answer"', "What it assumes", "How it was computed")
        ]
        assert places == sorted(places)
        assert "What does treated do to y, and for whom most?" in page

    def test_constant_effect_makes_no_claim_about_who_benefits(self, constant: Run) -> None:
        assert constant.csv("tests").set_index("test").loc["heterogeneity", "pvalue"] >= 0.05
        assert "No claim is made about who benefits more" in constant.page
        assert "<th>Predicted effect</th>" not in constant.page
        assert "Gain from treating" not in constant.page
        assert not (constant.out / "figures" / "uplift.png").exists()
        assert not (constant.out / "figures" / "relevance_feature.png").exists()

    def test_varying_effect_is_claimed_with_its_evidence(self, varying: Run) -> None:
        assert varying.csv("tests").set_index("test").loc["heterogeneity", "pvalue"] < 0.01
        assert "it depends most on age" in varying.page
        assert "<th>Predicted effect</th>" in varying.page
        assert (varying.out / "figures" / "uplift.png").exists()
        assert "No claim is made" not in varying.page

    def test_what_was_done_is_told(self, constant: Run) -> None:
        page = constant.page
        assert "region is a text with 3 levels" in page
        assert "region=north" in page
        assert "199 of 200 units enter the averages" in page
        assert "Placebo treatment: passed" in page
        assert "causalkit effects --nodes" in page
        assert "Seed 0." in page
        assert "numpy " in page

    def test_names_from_the_data_are_escaped(self, tables: Tables, tmp_path: Path) -> None:
        nodes = tables.nodes.rename(columns={"age": "<b>age</b>"})
        out = run(Tables(nodes, tables.edges), tmp_path, "--quiet", "--refutations", "0", "--no-figures")
        assert "<b>age" not in out.page
        assert "&lt;b&gt;age" in out.page
        assert not (out.out / "figures").exists()


class TestConsole:
    """What is printed."""

    def test_answer_and_evidence(
        self, tables: Tables, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run(tables, tmp_path, "--refutations", "0", "--no-figures", "--groups", "village")
        printed = " ".join(capsys.readouterr().out.split())
        assert "The treatment (treated) raises y by" in printed
        assert "95 % interval" in printed
        assert "119 of 120 units enter the averages" in printed
        assert "not run (--refutations 0)" in printed
        assert "Caution A standard error from 15 groups is itself uncertain" in printed

    def test_quiet_prints_nothing(
        self, tables: Tables, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run(tables, tmp_path, "--quiet", "--refutations", "0", "--no-figures")
        captured = capsys.readouterr()
        assert (captured.out, captured.err) == ("", "")

    def test_help_names_the_data_sets(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["effects", "--help"]) == 0
        printed = capsys.readouterr().out
        for name in ("hiv-incentives", "social-insurance", "--link-groups", "--nodes"):
            assert name in printed


class TestSameAnswer:
    """What must not matter does not matter."""

    def test_parquet_and_other_kinds_of_id(self, tables: Tables, tmp_path: Path) -> None:
        quick = ["--quiet", "--refutations", "0", "--no-figures", "--features", "age,income,region"]
        (tmp_path / "csv").mkdir()
        first = run(tables, tmp_path / "csv", *quick)
        nodes = tables.nodes.assign(
            person=tables.nodes["person"].astype(int), region=tables.nodes["region"].astype("category")
        )
        edges = tables.edges.astype(float)[["alter", "ego"]]
        options = write(Tables(nodes, edges), tmp_path, ".parquet")
        out = tmp_path / "parquet"
        assert main(["effects", *options, *COLUMNS, "--out", str(out), *quick]) == 0
        second = Run(tables, out)
        pd.testing.assert_frame_equal(first.csv("average_effects"), second.csv("average_effects"))
        pd.testing.assert_frame_equal(
            first.csv("effects").drop(columns="id"), second.csv("effects").drop(columns="id")
        )

    def test_treatment_in_words_and_groups_as_links(self, tables: Tables, tmp_path: Path) -> None:
        words = np.where(tables.nodes["treated"] == 1, "active", "placebo")
        nodes = tables.nodes.assign(treated=words)
        nodes.to_csv(tmp_path / "nodes.csv", index=False)
        common = [
            "--nodes",
            str(tmp_path / "nodes.csv"),
            *COLUMNS,
            "--refutations",
            "0",
            "--no-figures",
            "--quiet",
        ]
        out = tmp_path / "answer"
        more = ["--link-groups", "village", "--groups", "village", "--treated", "active", "--out", str(out)]
        assert main(["effects", *common, *more]) == 0
        table = Run(tables, out).csv("average_effects").set_index("effect")
        assert table.loc["difference in means", "estimate"] > 0
        assert "cluster (15 groups)" in table.loc["average effect", "variance"]
        assert "all units with the same village" in Run(tables, out).page


def spoil(tables: Tables, **changes: object) -> Tables:
    return Tables(tables.nodes.assign(**changes), tables.edges)


class TestBadInput:
    """Every mistake ends in exit code 2 and one line that says what is wrong."""

    @pytest.fixture
    def complain(self, tables: Tables, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        def run_and_read(*more: str, use: Tables = tables, columns: list[str] = COLUMNS) -> str:
            options = write(use, tmp_path)
            assert main(["effects", *options, *columns, "--out", str(tmp_path / "answer"), *more]) == 2
            captured = capsys.readouterr()
            assert captured.err.startswith("causalkit: ")
            assert captured.err.count("\n") == 1
            assert captured.out == ""
            return captured.err

        return run_and_read

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (["--nodes", "nowhere.csv"], "--nodes: there is no file nowhere.csv"),
            (["--edges", "nowhere.parquet"], "--edges: there is no file nowhere.parquet"),
            (["--nodes", __file__], "--nodes: the file must end in .csv or .parquet; got test_command.py"),
            (["--outcome", "z"], "--outcome: the table of --nodes has no column 'z'; it has person, age"),
            (["--treatment", "z"], "--treatment: the table of --nodes has no column 'z'"),
            (["--groups", "z"], "--groups: the table of --nodes has no column 'z'"),
            (["--id", "z"], "--id: the table of --nodes has no column 'z'"),
            (["--features", "age,z"], "--features: the table of --nodes has no column 'z'"),
            (["--features", ","], "--features: name at least one column"),
            (["--features", "age,y"], "--features: 'y' is the outcome or the treatment"),
            (["--source", "z"], "--source: the table of --edges has no column 'z'; it has ego, alter"),
            (["--outcome", "region"], "--outcome: the column 'region' must hold numbers"),
            (
                ["--treatment", "region"],
                "the column 'region' must hold two values; it holds 3: north, south, west",
            ),
            (["--treatment", "age"], "--treatment: the column 'age' must hold two values; it holds 118"),
            (["--treated", "yes"], "--treated: the column 'treated' has no value 'yes'"),
            (["--link-groups", "village"], "--link-groups: people are linked by --edges or by their group"),
            (["--data", "hiv-incentives"], "--data: brings its own columns; leave out --nodes"),
            (["--data", "nothing"], "--data: brings its own columns; leave out --nodes"),
            (
                ["--id", "village"],
                "--nodes: the ids in 'village' must differ; '0' stands in more than one row",
            ),
            (["--seed", "-1"], "Invalid value for '--seed'"),
            (["--frobnicate"], "No such option"),
        ],
    )
    def test_options(self, complain, options: list[str], message: str) -> None:
        assert message in complain(*options)

    def test_missing_options(self, complain) -> None:
        assert "--treatment is missing" in complain(columns=["--id", "person", "--outcome", "y"])

    def test_text_column_with_too_many_levels(self, complain, tables: Tables) -> None:
        use = spoil(tables, name=[f"n{i}" for i in range(120)])
        assert "the column 'name' holds 120 different texts (at most 50)" in complain(use=use)

    def test_empty_column(self, complain, tables: Tables) -> None:
        assert "the column 'nothing' has no value" in complain(use=spoil(tables, nothing=np.nan))

    def test_words_for_the_treatment_need_a_direction(self, complain, tables: Tables) -> None:
        use = spoil(tables, treated=np.where(tables.nodes["treated"] == 1, "yes", "no"))
        assert re.search("holds (yes and no|no and yes); say with --treated", complain(use=use))

    def test_missing_id(self, complain, tables: Tables) -> None:
        use = spoil(tables, person=tables.nodes["person"].where(tables.nodes["person"] != "004"))
        assert "the id 'person' is missing in 1 rows" in complain(use=use)

    def test_no_rows(self, complain, tables: Tables) -> None:
        assert "nodes.csv has no rows" in complain(use=Tables(tables.nodes.head(0), tables.edges))

    def test_too_few_rows(self, complain, tables: Tables) -> None:
        message = complain("--drop-unknown-ids", use=Tables(tables.nodes.head(12), tables.edges))
        assert "treatment must have at least" in message

    def test_unknown_ids(self, complain, tables: Tables) -> None:
        edges = pd.concat([tables.edges, pd.DataFrame({"ego": ["001"], "alter": ["zoe"]})])
        message = complain(use=Tables(tables.nodes, edges))
        assert "1 ids in 1 rows do not stand in the table of --nodes (zoe)" in message
        assert "--drop-unknown-ids" in message

    def test_no_id_in_common(self, complain, tables: Tables) -> None:
        edges = tables.edges.map(lambda name: f"x{name}")
        assert "none of the ids in edges.csv stands" in complain(use=Tables(tables.nodes, edges))

    def test_edge_without_an_end(self, complain, tables: Tables) -> None:
        edges = tables.edges.assign(alter=tables.edges["alter"].where(tables.edges.index != 4))
        assert "--edges: 1 rows of edges.csv lack an end" in complain(use=Tables(tables.nodes, edges))

    def test_ends_of_a_wide_table_must_be_named(self, complain, tables: Tables) -> None:
        use = Tables(tables.nodes, tables.edges.assign(year=2010))
        assert "name the two columns that hold the ends with --source and --target" in complain(use=use)

    def test_directory_that_cannot_be_written(self, complain, tmp_path: Path) -> None:
        (tmp_path / "taken").write_text("a file")
        assert "--out: cannot write to" in complain("--out", str(tmp_path / "taken" / "answer"))

    def test_broken_file(self, complain, tmp_path: Path) -> None:
        (tmp_path / "broken.parquet").write_bytes(b"no parquet")
        assert "broken.parquet cannot be read" in complain("--nodes", str(tmp_path / "broken.parquet"))

    def test_nothing_asked(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["effects", "--out", str(tmp_path)]) == 2
        assert (
            "--nodes is missing; give --nodes, --outcome and --treatment, or --data"
            in capsys.readouterr().err
        )
        assert main(["effects", "--data", "nothing", "--out", str(tmp_path)]) == 2
        assert "there is no data set 'nothing'; there are hiv-incentives, " in capsys.readouterr().err


class TestLinks:
    """Links that a user's table holds in some other way."""

    def test_strangers_and_loops_are_left_out_and_told(self, tables: Tables, tmp_path: Path) -> None:
        more = pd.DataFrame({"ego": ["001", "002"], "alter": ["zoe", "002"]})
        edges = pd.concat([tables.edges, more], ignore_index=True).assign(year=2010)
        edges = edges.rename(columns={"ego": "from", "alter": "to"})
        options = ["--source", "from", "--target", "to", "--drop-unknown-ids"]
        quick = ["--quiet", "--refutations", "0", "--no-figures"]
        stale = tmp_path / "answer" / "figures" / "uplift.png"
        stale.parent.mkdir(parents=True)
        stale.write_bytes(b"of an earlier run")
        found = run(Tables(tables.nodes, edges), tmp_path, *options, *quick)
        assert not stale.exists()
        assert f"1 of {len(edges)} links were left out because an end is not among the nodes." in found.page
        assert "1 links from a unit to itself were left out." in found.page
        assert f"{len(tables.edges)} links among 120 units" in found.page
