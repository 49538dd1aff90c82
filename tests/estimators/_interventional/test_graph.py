"""Which mechanisms an outcome depends on under an intervention."""

from typing import Any

import networkx as nx
import pytest

from causalkit.estimators._interventional._graph import check_question, mechanisms_in_play, reaches

#     a -> b -> c -> e,  a -> d -> e,  c -> f
GRAPH = nx.DiGraph([("a", "b"), ("b", "c"), ("c", "e"), ("a", "d"), ("d", "e"), ("c", "f")])


@pytest.mark.parametrize(
    ("outcome", "do", "expected"),
    [
        ("e", {"c"}, {"a", "d", "e"}),
        ("e", {"c", "d"}, {"e"}),
        ("e", {"f"}, {"a", "b", "c", "d", "e"}),
        ("f", {"a"}, {"b", "c", "f"}),
        ("a", {"e"}, {"a"}),
        # What b does to c is cut at c.
        ("f", {"b", "c"}, {"f"}),
    ],
)
def test_mechanisms_in_play(outcome: str, do: set[str], expected: set[str]) -> None:
    found = mechanisms_in_play(GRAPH, outcome, do)
    assert set(found) == expected
    assert all(found.index(u) < found.index(v) for u, v in GRAPH.subgraph(found).edges if v not in do)
    assert found[-1] == outcome


def test_reaches() -> None:
    assert reaches(GRAPH, "e", {"a"})
    assert reaches(GRAPH, "e", {"f", "d"})
    assert not reaches(GRAPH, "e", {"f"})


@pytest.mark.parametrize(
    ("outcome", "do", "message"),
    [
        ("z", {"a": 1}, "outcome must be one of the variables .*; got 'z'"),
        ("e", {"z": 1}, "do must name variables among .*; got 'z'"),
        ("e", {}, "do must be a mapping of at least one variable to its value; got {}"),
        ("e", "a", "do must be a mapping of at least one variable to its value; got 'a'"),
        ("e", {"a": 1, "e": 0}, "do must not set the outcome 'e'; got {'a': 1, 'e': 0}"),
    ],
)
def test_questions_refused(outcome: Any, do: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_question(GRAPH, outcome, do)
