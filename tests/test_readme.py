"""The README's quick start runs and gives the output that stands below it, up to the last digits."""

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

pytest.importorskip("causaldata", reason="the quick start uses its data")

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def test_quick_start_gives_the_output_shown() -> None:
    code = README.split("```python\n")[1].split("```")[0]
    shown = README.split("```\n\n```\n")[1].split("```")[0].strip().splitlines()
    assert sum(bool(line.strip()) for line in code.splitlines()) <= 5
    printed = StringIO()
    with redirect_stdout(printed):
        exec(compile(code, "README.md", "exec"), {})
    found = printed.getvalue().strip().splitlines()
    assert len(found) == len(shown)
    for one, other in zip(found, shown, strict=True):
        assert NUMBER.sub("", one) == NUMBER.sub("", other)
        numbers = [float(x) for x in NUMBER.findall(other)]
        assert [float(x) for x in NUMBER.findall(one)] == pytest.approx(numbers, abs=0.02)
