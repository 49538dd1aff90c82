"""A question put to fitted mechanisms: which are fitted, to what, and what companions make of them."""

from dataclasses import replace
from typing import Any

import networkx as nx
import numpy as np
import pytest

from causalkit.datasets import make_exchangeable_scm
from causalkit.estimators._discovery._data import DiscoveryData, discovery_data
from causalkit.estimators._interventional._companions import pattern_counts
from causalkit.estimators._interventional._question import Question
from causalkit.estimators._interventional._steps import LevelStep, NumberStep, TableStep
from causalkit.estimators._mixed._family import LevelFamily, NumberFamily
from causalkit.estimators._mixture._family import TableFamily
from causalkit.estimators._mixture._score import TableScores

#     x -> m -> y,  x -> y,  z -> y,  y -> w
GRAPH = nx.DiGraph([("x", "m"), ("m", "y"), ("x", "y"), ("z", "y"), ("y", "w")])


def read(kind: str = "categorical", **changes: Any) -> DiscoveryData:
    settings = {"n_environments": 80, "n_rows": 4, "causal_graph": GRAPH, "random_state": 2} | changes
    data = make_exchangeable_scm(kind, **settings)
    return discovery_data(data.X, data.environments)


def ask(data: DiscoveryData, do: str = "x", n_companions: int = 5) -> Question:
    """The first rows of the data serve as companions."""
    at = {name: v for v, name in enumerate(data.names)}
    return Question(
        data=data,
        causal_graph=nx.relabel_nodes(GRAPH, at),
        outcome=at["y"],
        fixed={at[do]: 1.0},
        rows={v: data.values[:n_companions, v] for v in range(data.n_variables)},
    )


def test_only_mechanisms_in_play_are_fitted() -> None:
    data = read()
    question = ask(data)
    assert {data.names[v] for v in question.families()} == {"m", "z", "y"}
    assert question.n_companions == 5
    at = {name: v for v, name in enumerate(data.names)}
    assert question.parents[at["y"]] == tuple(sorted([at["x"], at["m"], at["z"]]))
    assert list(question.parents)[-1] == at["y"]


def test_tables_are_those_of_the_whole_data() -> None:
    """Leaving columns out that a mechanism does not need changes no table."""
    data = read()
    question = ask(data)
    scores = TableScores(data.values.astype(int), data.n_levels, data.codes)
    for step, v in zip(question.steps(question.families(), companions=True), question.parents, strict=True):
        family = scores.family(v, question.parents[v])
        told = [question.rows[u] for u in question.parents[v]]
        counts = pattern_counts(told, question.rows[v], [*family.parent_levels, family.n_levels])
        assert isinstance(step, TableStep)
        expected = family.predictive(counts).reshape(step.table.shape)
        np.testing.assert_allclose(step.table, expected, atol=1e-9)


def test_a_law_is_drawn_with_its_weight_given_the_companions() -> None:
    """The average of the predictions of drawn laws is the prediction of the average."""
    question = ask(read(n_environments=40))
    families = question.families()
    v = question.outcome
    assert len(families[v].fits) > 2
    rng = np.random.default_rng(0)
    tables = []
    for _ in range(400):
        drawn = question.drawn(families, rng)
        assert {u: len(family.fits) for u, family in drawn.items()} == dict.fromkeys(families, 1)
        tables.append(question.steps(drawn, companions=True)[-1].table)
    averaged = question.steps(families, companions=True)[-1].table
    spread = np.std(tables, axis=0)
    assert spread.max() > 0.01
    assert (np.abs(np.mean(tables, axis=0) - averaged) < 4 * spread / np.sqrt(400) + 1e-9).all()


def test_companions_that_no_law_allows_draw_nothing() -> None:
    data = make_exchangeable_scm("categorical", causal_graph=GRAPH, n_environments=80, random_state=2)
    # y = 1 never happens where x, m and z are all 1.
    rows = data.X.assign(y=data.X["y"] * (1 - data.X["x"] * data.X["m"] * data.X["z"]))
    question = ask(discovery_data(rows, data.environments))
    ones = replace(question, rows={v: np.ones(1) for v in range(question.data.n_variables)})
    family = ones.families()[ones.outcome]
    constant = next(fit for fit in family.fits if fit.kind == "constant")
    rigid = {ones.outcome: replace(family, fits=(constant, constant))}
    assert ones.drawn(rigid, np.random.default_rng(0))[ones.outcome] is rigid[ones.outcome]


def test_without_companions_nothing_is_learned() -> None:
    data = read()
    silent = ask(data, n_companions=0)
    families = silent.families()
    both = [silent.steps(families, companions=given) for given in (True, False)]
    assert all(np.array_equal(a.table, b.table) for a, b in zip(*both, strict=True))


def test_counts_of_environments_matter() -> None:
    data = read()
    question = ask(data)
    counts = np.random.default_rng(0).multinomial(80, np.full(80, 1 / 80)).astype(float)
    first, second = (question.iid_steps(question.families(given)) for given in (None, counts))
    assert not all(np.allclose(a.table, b.table) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("companions", [True, False])
def test_kinds_of_mechanisms(companions: bool) -> None:
    """m and w are cut into levels: m has a number as its parent, so that its chances are a function of it."""
    question = ask(read("location", levels={"m": 3, "w": 2}), do="z")
    names = question.data.names
    families = {names[v]: family for v, family in question.families().items()}
    kinds = {"x": NumberFamily, "m": LevelFamily, "y": NumberFamily}
    assert {name: type(family) for name, family in families.items()} == kinds
    steps = question.steps(question.families(), companions=companions)
    assert {names[step.child]: type(step) for step in steps} == {
        "x": NumberStep,
        "m": LevelStep,
        "y": NumberStep,
    }


def test_levels_with_levels_as_parents_have_tables_in_mixed_data() -> None:
    data = read("location", levels={"x": 2, "m": 3})
    question = ask(data, do="z")
    families = {data.names[v]: type(family) for v, family in question.families().items()}
    assert families == {"x": TableFamily, "m": TableFamily, "y": NumberFamily}
