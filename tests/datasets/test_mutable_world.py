"""Subsets in order, and a world that knows no risks."""

from collections.abc import Sequence

import numpy as np
import pytest

from causalkit.datasets._mutable_world import Columns, Floats, MutableWorld, subsets


def test_subsets() -> None:
    found = list(subsets(("a", "b", "c")))
    assert [len(each) for each in found] == [0, 1, 1, 1, 2, 2, 2, 3]
    assert len(set(found)) == 8
    assert list(subsets(())) == [frozenset()]


def test_a_world_must_draw_and_need_not_know_its_risks() -> None:
    class Silent(MutableWorld):
        def draw(self, follow: Floats, streams: Sequence[np.random.Generator]) -> Columns:
            return {"y": follow}

    assert Silent().worst_case_risk() is None
    assert Silent().environment_risk(np.zeros(2)) is None
    with pytest.raises(TypeError, match="abstract"):
        MutableWorld()  # type: ignore[abstract]
