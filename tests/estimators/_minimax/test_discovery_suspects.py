"""Suspects on worlds in which the mutable variable is known."""

import numpy as np
import pandas as pd
import pytest

from causalkit.estimators._minimax._discovery_environments import Evidence
from causalkit.estimators._minimax._discovery_search import Graph
from causalkit.estimators._minimax._discovery_suspects import find_suspects
from causalkit.estimators._minimax._discovery_table import read_table


@pytest.fixture(scope="module")
def chain():
    """a -> y -> m -> c, where the level of m changes; b follows y."""
    rng = np.random.default_rng(0)
    site = np.repeat([0, 1, 2], 400)
    a = rng.normal(size=1200)
    y = a + rng.normal(size=1200)
    m = y + np.array([-1.0, 0.0, 1.0])[site] + rng.normal(size=1200)
    columns = {"a": a, "b": y + rng.normal(size=1200), "c": m + 2 * rng.normal(size=1200), "m": m}
    return read_table(pd.DataFrame(columns), pd.Series(y, name="y"), site)


def suspects(table, parents, mutable, doubtful=(), others=()):
    place = table.names.index
    graphs = [
        Graph(
            tuple(tuple(sorted(place(u) for u in parents.get(name, ()))) for name in table.names),
            frozenset(map(place, own)),
        )
        for own in (mutable, *others)
    ]
    best, *resampled = graphs * (1 if others else 2)
    found = find_suspects(Evidence(table), best, resampled, {place(name) for name in doubtful})
    return {table.names[j] for j in found}


TRUE = {"y": "a", "m": "y", "c": "m", "b": "y"}


def test_nobody_is_a_suspect_where_the_graph_is_right(chain):
    assert suspects(chain, TRUE, ["m"]) == set()


def test_what_differs_given_its_parents_is_a_suspect(chain):
    assert suspects(chain, TRUE, []) == {"m"}


def test_what_a_change_explains_and_cannot_explain_is_none(chain):
    assert suspects(chain, TRUE, ["m"], doubtful=["m"]) == set()


def test_two_copies_of_a_change_are_both_suspects():
    rng = np.random.default_rng(1)
    site = np.repeat([0, 1], 600)
    y = rng.normal(size=1200)
    m = y + site + rng.normal(size=1200)
    columns = {"m": m, "c": m + 0.1 * rng.normal(size=1200)}
    copies = read_table(pd.DataFrame(columns), pd.Series(y, name="y"), site)
    parents = {"m": "y", "c": "m"}
    assert suspects(copies, parents, []) == {"m", "c"}
    assert suspects(copies, parents, ["m"], doubtful=["m"]) == {"c"}
    assert suspects(copies, parents, ["m"]) == set()


def test_parents_with_which_the_outcome_changes_are_suspects(chain):
    wrong = {"y": "m", "c": "m", "b": "y"}
    assert "m" in suspects(chain, wrong, [])


def test_a_cause_of_the_outcome_is_judged_without_it(chain):
    # Given the outcome and its mutable child, a cause of the outcome says something about the environment.
    assert "a" not in suspects(chain, {**TRUE, "y": "a"}, ["m"], doubtful=["m"])


def test_what_three_of_ten_resamples_call_mutable_is_a_suspect(chain):
    assert suspects(chain, TRUE, ["m"], others=[["m"]] * 7 + [["m", "b"]] * 3) == {"b"}
    assert suspects(chain, TRUE, ["m"], others=[["m"]] * 8 + [["m", "b"]] * 2) == set()
