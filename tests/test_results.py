from dataclasses import FrozenInstanceError, dataclass, field

import numpy as np
import pytest

from causalkit._results import Result


@dataclass(frozen=True)
class Answer(Result):
    statistic: float
    decision: str
    n_rows: int
    reason: str | None = None
    draws: np.ndarray = field(default_factory=lambda: np.zeros((2, 3)))
    _scratch: int = 0


def test_one_row_with_the_scalar_fields_in_order():
    table = Answer(1.5, "x->y", 10).to_frame()
    assert list(table.columns) == ["statistic", "decision", "n_rows", "reason"]
    assert table.shape == (1, 4)
    assert table.loc[0, "statistic"] == 1.5 and table.loc[0, "decision"] == "x->y"


def test_repr_has_a_line_for_each_public_field():
    lines = repr(Answer(0.123456, "x->y", 10)).splitlines()
    assert lines[0] == "Answer"
    assert lines[1].split() == ["statistic", "0.1235"]
    assert lines[3].split() == ["n_rows", "10"]
    assert lines[5].split(maxsplit=1)[1] == "ndarray of shape (2, 3)"
    assert "scratch" not in repr(Answer(0.1, "", 1))


def test_repr_cuts_long_values():
    assert max(map(len, repr(Answer(0.0, "a" * 500, 1)).splitlines())) < 100


def test_a_subclass_may_bring_its_own_repr():
    @dataclass(frozen=True)
    class Short(Result):
        value: int

        def __repr__(self):
            return f"<{self.value}>"

    @dataclass(frozen=True)
    class Shorter(Short):
        other: int = 0

    assert repr(Short(1)) == "<1>" and repr(Shorter(2)) == "<2>"


def test_frozen():
    with pytest.raises(FrozenInstanceError):
        Answer(1.0, "", 1).statistic = 2.0
