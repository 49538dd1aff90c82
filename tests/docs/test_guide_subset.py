"""The guide to subsets: its code and its commands run, and print what stands below them."""

import re
import shlex
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from causalkit.cli import main

PAGE = (Path(__file__).parents[2] / "docs" / "guide_subset.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", PAGE, re.DOTALL)
NUMBER = re.compile(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?")
OWN_TABLES = "--data table.csv"  # stands for a reader's own


def numbers(text: str) -> list[float]:
    return [float(found.replace(",", "")) for found in NUMBER.findall(text)]


def words(text: str) -> list[str]:
    """Everything but numbers, without regard to where lines are broken."""
    return NUMBER.sub("#", text).split()


def printed_by(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    options = shlex.split(command.replace("\\\n", " "))[1:]
    assert main([*options, "--no-figures", "--jobs", "1"]) == 0
    return capsys.readouterr().out


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def test_code_runs_and_commands_print_what_stands_below_them(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names: dict[str, object] = {"__name__": "page"}
    n_commands = 0
    for i, (kind, block) in enumerate(BLOCKS):
        if kind == "python":
            with redirect_stdout(StringIO()):
                exec(compile(block, "guide_subset.md", "exec"), names)
        elif block.startswith("causalkit ") and OWN_TABLES not in block:
            shown = BLOCKS[i + 1][1] if not BLOCKS[i + 1][1].startswith("causalkit") else BLOCKS[i + 2][1]
            compare(printed_by(block, capsys), shown)
            n_commands += 1
    assert n_commands == 3
    assert (folder / "tradeoff.png").exists()
    assert (folder / "new.png").exists()


def compare(printed: str, shown: str) -> None:
    """Each part of what is shown, between dots, stands in what was printed, up to the last digits."""
    found = words(printed)
    for part in shown.split("\n...\n"):
        wanted = words(part)
        starts = [i for i in range(len(found)) if found[i : i + len(wanted)] == wanted]
        assert starts, f"not printed: {part}"
        before = sum(word.count("#") for word in found[: starts[0]])
        expected = numbers(part)
        assert numbers(printed)[before : before + len(expected)] == pytest.approx(expected, abs=0.02)


def test_true_risks_are_those_of_the_world() -> None:
    from causalkit.datasets import make_mutable_scm

    world = make_mutable_scm("interaction", n_rows=5, random_state=0)
    variance_of_the_sample = 0.08375
    truth = {tuple(sorted(s)): risk / variance_of_the_sample for s, risk in world.worst_case_risk.items()}
    rows = re.findall(r"^\| ([a-z ]+) \| (\d\.\d+) \|", PAGE, re.MULTILINE)
    names = {"symptoms": ("Z",), "marker and symptoms": ("X", "Z"), "nothing": (), "marker": ("X",)}
    assert {name for name, _ in rows} == set(names)
    for name, value in rows:
        assert float(value) == pytest.approx(truth[names[name]], abs=1e-3)


def test_every_figure_is_there() -> None:
    figures = re.findall(r"\]\((figures/[\w.]+)\)", PAGE)
    assert len(figures) == 2
    assert all((Path(__file__).parents[2] / "docs" / figure).is_file() for figure in figures)


class TestCompare:
    """The comparison above can fail."""

    def test_numbers_and_words_count(self) -> None:
        compare("Risk is 0.51 in\n 2,000 rows\nKnown x", "Risk is 0.52\nin 2,000 rows\n...\nKnown x\n")
        with pytest.raises(AssertionError):
            compare("Risk is 0.51", "Risk is 0.61")
        with pytest.raises(AssertionError, match="not printed"):
            compare("Risk is 0.51", "Risk was 0.51")
        with pytest.raises(AssertionError, match="not printed"):
            compare("Risk is 0.51 today", "Risk is 0.51\n...\nKnown")
