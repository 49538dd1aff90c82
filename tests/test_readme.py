"""The README's examples run and give the output that stands below them, up to the last digits."""

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

pytest.importorskip("causaldata", reason="the quick start uses its data")

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


# Code with what it prints below it.
EXAMPLES = re.findall(r"```python\n(.*?)```\n\n```\n(.*?)```", README, re.DOTALL)


def test_there_is_an_example_for_each_question_that_works() -> None:
    assert len(EXAMPLES) == README.count("| yes: ")


@pytest.mark.parametrize(("code", "shown"), EXAMPLES, ids=[f"example {i}" for i in range(len(EXAMPLES))])
def test_quick_start_gives_the_output_shown(code: str, shown: str) -> None:
    assert sum(bool(line.strip()) for line in code.splitlines()) <= 5
    printed = StringIO()
    with redirect_stdout(printed):
        exec(compile(code, "README.md", "exec"), {})
    found = printed.getvalue().strip().splitlines()
    expected = shown.strip().splitlines()
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert NUMBER.sub("", one) == NUMBER.sub("", other)
        numbers = [float(x) for x in NUMBER.findall(other)]
        assert [float(x) for x in NUMBER.findall(one)] == pytest.approx(numbers, abs=0.02)
