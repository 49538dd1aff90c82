"""Exchangeable data as a whole: shapes, names, sizes, seeds, and what is refused."""

from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from causalkit.datasets import make_exchangeable_scm

KINDS = ["published_continuous", "published_binary", "location", "categorical"]
CHAIN = nx.DiGraph([("age", "wage"), ("wage", "hours")])


@pytest.mark.parametrize("shuffle_columns", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind(kind: str, shuffle_columns: bool) -> None:
    data = make_exchangeable_scm(
        kind, n_environments=20, n_rows=(1, 4), shuffle_columns=shuffle_columns, random_state=0
    )
    d = 2 if kind == "published_continuous" else 3
    assert list(data.X.columns) == [f"x{i}" for i in range(d)]
    assert data.X.index.equals(data.environments.index)
    assert data.environments.is_monotonic_increasing
    assert set(data.environments) == set(range(20))
    assert data.environments.value_counts().between(1, 4).all()
    assert list(data.graph) == list(data.X.columns) == list(data.adjacency) == list(data.adjacency.index)
    assert {(u, v) for u in data.X for v in data.X if data.adjacency.loc[u, v]} == set(data.graph.edges)
    assert nx.is_directed_acyclic_graph(data.graph)
    place = {name: i for i, name in enumerate(data.causal_order)}
    assert all(place[u] < place[v] for u, v in data.graph.edges)
    assert data.kind == kind
    assert kind in data.DESCR
    integers = kind in {"published_binary", "categorical"}
    assert all(pd.api.types.is_integer_dtype(dtype) == integers for dtype in data.X.dtypes)


@pytest.mark.parametrize("kind", KINDS)
def test_same_seed_same_data(kind: str) -> None:
    first, again, other = (make_exchangeable_scm(kind, n_environments=30, random_state=s) for s in (3, 3, 4))
    pd.testing.assert_frame_equal(first.X, again.X)
    assert set(first.graph.edges) == set(again.graph.edges)
    assert not first.X.equals(other.X)


@pytest.mark.parametrize("kind", ["published_binary", "location", "categorical"])
def test_shuffling_moves_columns_and_arrows_alike(kind: str) -> None:
    plain, shuffled = (
        make_exchangeable_scm(kind, n_environments=30, n_variables=5, shuffle_columns=s, random_state=1)
        for s in (False, True)
    )
    assert plain.causal_order != shuffled.causal_order
    back = dict(zip(shuffled.causal_order, plain.causal_order, strict=True))
    assert {(back[u], back[v]) for u, v in shuffled.graph.edges} == set(plain.graph.edges)
    for name in shuffled.X:
        np.testing.assert_array_equal(shuffled.X[name], plain.X[back[name]])


def test_published_pair_has_three_equally_likely_graphs() -> None:
    graphs = [
        tuple(make_exchangeable_scm("published_continuous", n_environments=2, random_state=s).graph.edges)
        for s in range(300)
    ]
    for graph in ((), (("x0", "x1"),), (("x1", "x0"),)):
        assert abs(graphs.count(graph) - 100) < 4 * np.sqrt(300 * 2 / 9)


def test_published_binary_graphs_have_no_isolated_node() -> None:
    for seed in range(30):
        data = make_exchangeable_scm(n_environments=2, random_state=seed)
        assert all(data.graph.degree(node) for node in data.graph)


def test_given_graph_names_the_columns() -> None:
    data = make_exchangeable_scm("location", n_environments=10, causal_graph=CHAIN, random_state=0)
    assert list(data.X) == ["age", "wage", "hours"]
    assert set(data.graph.edges) == set(CHAIN.edges)
    shuffled = make_exchangeable_scm(
        "location", n_environments=10, causal_graph=CHAIN, shuffle_columns=True, random_state=0
    )
    pd.testing.assert_frame_equal(shuffled.X[list(data.X)], data.X)


def test_sizes() -> None:
    sizes = [3, 1, 5]
    for given in (sizes, np.array(sizes), pd.Series(sizes)):
        data = make_exchangeable_scm(n_environments=3, n_rows=given, random_state=0)
        assert np.bincount(data.environments).tolist() == sizes
    fixed = make_exchangeable_scm(n_environments=3, n_rows=4, random_state=0)
    assert np.bincount(fixed.environments).tolist() == [4, 4, 4]


@pytest.mark.parametrize(
    ("icc", "expected"), [(0.3, [0.3, 0.3, 0.3]), ([0.1, 0.2, 0.3], [0.1, 0.2, 0.3]), (0, [0, 0, 0])]
)
def test_intraclass_correlations_as_given(icc: Any, expected: list[float]) -> None:
    data = make_exchangeable_scm("location", n_environments=5, causal_graph=CHAIN, icc=icc, random_state=0)
    np.testing.assert_allclose(data.parameters["icc"], expected)


def test_intraclass_correlations_differ_unless_given() -> None:
    icc = make_exchangeable_scm("location", n_environments=5, n_variables=4, random_state=0).parameters["icc"]
    np.testing.assert_allclose(np.sort(icc), [0.1, 0.3, 0.5, 0.7])


def test_levels_by_node() -> None:
    data = make_exchangeable_scm(
        "location", n_environments=50, causal_graph=CHAIN, levels={"wage": 2}, random_state=0
    )
    assert data.X.nunique().tolist() == [100, 2, 100]


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"kind": "linear"}, "kind must be one of 'published_continuous', .*; got 'linear'"),
        ({"n_environments": 0}, "n_environments must be an integer at least 1; got 0"),
        ({"n_rows": 0}, "n_rows must be a positive integer, a tuple .*; got 0"),
        ({"n_rows": (3, 2)}, r"n_rows must be a positive integer, .*; got \(3, 2\)"),
        ({"n_rows": (1, 2, 3)}, r"n_rows must be a positive integer, .*; got \(1, 2, 3\)"),
        ({"n_rows": [1, 2]}, r"one for each of the 500 environments; got \[1, 2\]"),
        ({"n_environments": 2, "n_rows": [1, 0]}, r"n_rows must be .*; got \[1, 0\]"),
        ({"n_environments": 2, "n_rows": [1.0, 2.0]}, r"n_rows must be .*; got \[1.0, 2.0\]"),
        ({"n_rows": True}, "n_rows must be .*; got True"),
        ({"n_variables": 0}, "n_variables must be an integer at least 1; got 0"),
        ({"edge_probability": 1.5}, "edge_probability must be a number at least 0 and at most 1; got 1.5"),
        ({"edge_probability": 0}, "edge_probability must be above 0 for kind='published_binary'; got 0"),
        ({"icc": 0.2}, "icc is a setting of kind='location'; got it with kind='published_binary'"),
        ({"n_levels": 3}, "n_levels is a setting of kind='categorical'; got it with kind='published_binary'"),
        ({"parity": "yes"}, "parity must be one of True, False; got 'yes'"),
        ({"causal_graph": CHAIN, "n_variables": 3}, "must not be given together with causal_graph"),
        ({"kind": "location", "icc": 1.0}, r"icc must be a number in \[0, 1\) or one for each of the 3"),
        ({"kind": "location", "icc": [0.1, 0.2]}, r"icc must be .*; got \[0.1, 0.2\]"),
        ({"kind": "location", "varying": ("mean",)}, "every entry of varying must be one of .*; got 'mean'"),
        ({"kind": "location", "slope_sd": -1}, "slope_sd must be a number at least 0; got -1"),
        ({"kind": "location", "scale_sd": -1}, "scale_sd must be a number at least 0; got -1"),
        ({"kind": "location", "correlation": 1.1}, "correlation must be .* at most 1; got 1.1"),
        ({"kind": "location", "noise": "cauchy"}, "noise must be one of .*; got 'cauchy'"),
        ({"kind": "location", "levels": {7: 2}}, "every key of levels must be one of 0, 1, 2; got 7"),
        ({"kind": "location", "levels": {0: 1}}, r"levels\[0\] must be an integer at least 2; got 1"),
        ({"kind": "categorical", "n_levels": 1}, "n_levels must be an integer at least 2; got 1"),
        ({"kind": "categorical", "concentration": 0}, "concentration must be a number greater than 0; got 0"),
        ({"kind": "published_continuous", "n_variables": 3}, "has two variables and three equally likely"),
        ({"kind": "published_continuous", "edge_probability": 0.5}, "has two variables and three equally"),
        ({"kind": "published_continuous", "causal_graph": CHAIN}, "must have two nodes for .*; got 3"),
    ],
)
def test_refused_settings(settings: dict[str, Any], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        make_exchangeable_scm(**settings)
