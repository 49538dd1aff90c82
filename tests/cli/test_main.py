"""The entry point: exit codes, one line for what a user can mend, no mask over bugs."""

import subprocess
import sys
from pathlib import Path

import pytest

from causalkit.cli import main
from causalkit.exceptions import MissingPackageError


class TestMain:
    """Without a command, without a package, with a bug."""

    def test_no_arguments_show_the_help(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main([]) == 2
        captured = capsys.readouterr()
        assert "effects" in captured.out + captured.err
        assert "causalkit: \n" not in captured.err

    def test_missing_package(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def missing(module: str, *, extra: str, purpose: str) -> None:
            raise MissingPackageError(f"{purpose} needs the package {module!r}; pip install 'x[{extra}]'")

        monkeypatch.setattr("causalkit.cli._main.require", missing)
        assert main(["effects", "--help"]) == 2
        assert capsys.readouterr().err == (
            "causalkit: the causalkit command needs the package 'typer'; pip install 'x[cli]'\n"
        )

    def test_a_bug_is_not_dressed_up_as_bad_input(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(arguments: list[str]) -> int:
            raise RuntimeError("a bug")

        monkeypatch.setattr("causalkit.cli._main._run", broken)
        with pytest.raises(RuntimeError, match="a bug"):
            main([])


class TestProcess:
    """The command as an operating system starts it."""

    def test_one_line_and_no_traceback(self, tmp_path: Path) -> None:
        code = "import sys; from causalkit.cli import main; sys.exit(main())"
        command = [sys.executable, "-c", code, "effects", "--data", "nothing", "--out", str(tmp_path)]
        finished = subprocess.run(command, capture_output=True, text=True)
        assert finished.returncode == 2
        assert finished.stdout == ""
        assert finished.stderr.count("\n") == 1
        assert "Traceback" not in finished.stderr

    def test_version(self, capsys: pytest.CaptureFixture[str]) -> None:
        import causalkit

        assert main(["--version"]) == 0
        assert capsys.readouterr().out == f"causalkit {causalkit.__version__}\n"
