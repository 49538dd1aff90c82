"""Discovery from labelled environments: known worlds, given parts, no regard for names and order."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from causalkit.estimators._minimax._discovery import discover
from causalkit.graphs import whole_set_is_optimal


def world(seed=0, n_rows=300, with_arrow=True):
    """x -> y -> m (mutable) -> w <- y where ``with_arrow``, y -> z."""
    rng = np.random.default_rng(seed)
    environments = np.repeat([0, 1, 2], n_rows)
    n = 3 * n_rows
    x = rng.normal(size=n)
    y = np.tanh(2 * x) + 0.5 * rng.normal(size=n)
    m = y + np.array([-1.5, 0.0, 2.0])[environments] + 0.7 * rng.normal(size=n)
    w = (1.5 * m if with_arrow else 0.0) - 0.6 * y + 0.7 * rng.normal(size=n)
    z = y + rng.normal(size=n)
    return pd.DataFrame({"x": x, "m": m, "w": w, "z": z}), pd.Series(y, name="y"), environments


def interaction_world(seed):
    rng = np.random.default_rng(seed)
    environments = np.repeat(np.arange(4), 2000)
    y = rng.random(8000)
    tenth = np.floor(10 * y)
    follows = rng.random(8000) < np.array([0, 0, 0.05, 0.1])[environments]
    m = np.where(follows, tenth, rng.integers(0, 10, 8000))
    x = np.where(m == tenth, rng.random(8000), y)
    X = pd.DataFrame({"X": x, "M": m, "Z": y + 0.3 * rng.normal(size=8000)})
    return X, pd.Series(y, name="y"), environments


@pytest.mark.parametrize("with_arrow", [True, False])
def test_the_mutable_variable_and_the_condition_are_found(with_arrow):
    for seed in range(3):
        found = discover(*world(seed, with_arrow=with_arrow), random_state=0)
        assert found.mutable == ("m",)
        assert whole_set_is_optimal(found.causal_graph, "y", found.mutable) is not with_arrow
        assert found.identified
        assert found.suspects == ()
        condition = found.stability[found.stability.decision == "whole set is optimal"].iloc[0]
        assert condition.found is not with_arrow
        assert (condition.share > 0.8) is not with_arrow


def test_of_two_variables_that_share_a_change_both_are_named_or_suspected():
    found = discover(*interaction_world(0), n_resamples=10, random_state=0)
    assert not found.identified
    assert {*found.mutable, *found.suspects} == {"X", "M"}
    assert "'M' or 'X'" in found.reason


def test_environments_that_do_not_differ_identify_nothing():
    X, y, environments = world()
    found = discover(X, y, np.random.default_rng(5).permutation(environments), random_state=0)
    assert found.mutable == ()
    assert not found.identified
    assert "no mechanism of a covariate changes" in found.reason


def test_names_order_and_labels_change_nothing():
    X, y, environments = world(4)
    rows = np.random.default_rng(6).permutation(len(X))
    other = X.rename(columns=str.upper)[["Z", "M", "X", "W"]].iloc[rows]
    one = discover(X, y, environments, random_state=3)
    two = discover(other, y.iloc[rows], np.array(["c", "a", "b"])[environments][rows], random_state=3)
    assert {(str(u).upper(), str(v).upper()) for u, v in one.causal_graph.edges} == {
        (str(u).upper(), str(v).upper()) for u, v in two.causal_graph.edges
    }
    assert [name.upper() for name in one.mutable] == list(two.mutable)
    assert one.reason == two.reason
    keys = ["decision", "cause", "effect"]
    tables = [
        t.assign(**{k: t[k].map(str).str.upper() for k in keys}) for t in (one.stability, two.stability)
    ]
    pd.testing.assert_frame_equal(*(t.sort_values(keys).reset_index(drop=True) for t in tables))


def test_given_mutable_variables_are_kept():
    found = discover(*world(), mutable=["z"], n_resamples=5, random_state=0)
    assert found.mutable == ("z",)
    assert "mutable as given" in found.reason or not found.identified


def test_a_given_graph_is_kept():
    X, y, environments = world()
    graph = nx.DiGraph([("x", "y"), ("y", "m"), ("m", "w"), ("y", "w"), ("y", "z")])
    found = discover(X, y, environments, causal_graph=graph, n_resamples=5, random_state=0)
    assert set(found.causal_graph.edges) == set(graph.edges)
    assert found.mutable == ("m",)
    assert found.identified
    assert found.reason.startswith("causal_graph as given; ")


def test_levels_can_be_mutable_and_parents():
    rng = np.random.default_rng(7)
    environments = np.repeat([0, 1, 2], 400)
    y = rng.normal(size=1200)
    dose = y + np.array([-1.0, 0.0, 1.5])[environments] + rng.logistic(size=1200)
    site = np.select([dose < -0.7, dose > 0.7], ["low", "high"], "middle")
    w = 1.5 * (site == "high") + y + 0.5 * rng.normal(size=1200)
    found = discover(pd.DataFrame({"site": site, "w": w}), y, environments, random_state=0)
    assert found.mutable == ("site",)
    assert set(found.causal_graph.edges) == {("y", "site"), ("site", "w"), ("y", "w")}


@pytest.mark.parametrize("low", [0, -1])
def test_an_outcome_with_two_values_is_found_with_its_causes(low):
    rng = np.random.default_rng(8)
    environments = np.repeat([0, 1, 2], 500)
    a, b = rng.normal(size=1500), rng.choice(["u", "v", "w"], 1500)
    y = 1.2 * a + 0.9 * (b == "u") - 0.6 * (b == "w") + rng.logistic(size=1500) > 0
    m = 2.0 * y + np.array([-1.0, 0.0, 1.5])[environments] + rng.normal(size=1500)
    c = m - 1.6 * y + 0.7 * rng.normal(size=1500)
    X = pd.DataFrame({"a": a, "b": b, "m": m, "c": c})
    found = discover(X, np.where(y, 1, low), environments, n_resamples=10, random_state=0)
    assert found.mutable == ("m",)
    assert set(found.causal_graph.edges) == {("a", "y"), ("b", "y"), ("y", "m"), ("m", "c"), ("y", "c")}


def test_small_changes_between_many_environments_are_found():
    rng = np.random.default_rng(9)
    environments = np.repeat(np.arange(40), 50)
    x = rng.normal(size=2000)
    y = np.tanh(2 * x) + 0.5 * rng.normal(size=2000)
    m = y + 0.4 * rng.normal(size=40)[environments] + 0.7 * rng.normal(size=2000)
    w = m - 0.6 * y + 0.7 * rng.normal(size=2000)
    found = discover(pd.DataFrame({"x": x, "m": m, "w": w}), y, environments, n_resamples=10, random_state=0)
    assert found.mutable == ("m",)
    assert set(found.causal_graph.edges) >= {("y", "m"), ("m", "w"), ("y", "w")}


def test_of_many_rows_a_part_is_used_that_their_order_does_not_change():
    X, y, environments = world(n_rows=8000)
    rows = np.random.default_rng(10).permutation(len(X))
    one = discover(X, y, environments, n_resamples=3, random_state=0)
    two = discover(X.iloc[rows], y.iloc[rows], environments[rows], n_resamples=3, random_state=0)
    assert one.mutable == two.mutable == ("m",)
    pd.testing.assert_frame_equal(one.stability, two.stability)


def test_a_column_that_is_constant_in_one_environment_is_a_change():
    X, y, environments = world()
    X = X.assign(z=np.where(environments == 0, 0.0, X.z))
    assert discover(X, y, environments, n_resamples=3, random_state=0).mutable == ("m", "z")


def test_a_label_of_the_environments_is_refused_unless_the_mutable_variables_are_given():
    X, y, environments = world()
    X = X.assign(z=1.0 * environments)
    with pytest.raises(ValueError, match=r"'z'.*one value in each of the 3 environments"):
        discover(X, y, environments)
    given = discover(X, y, environments, mutable=["m", "z"], n_resamples=3, random_state=0)
    assert given.mutable == ("m", "z")


def test_one_environment_identifies_nothing():
    X, y, _ = world(n_rows=50)
    found = discover(X, y, np.zeros(len(X)), n_resamples=3, random_state=0)
    assert (found.mutable, found.identified) == ((), False)
    assert "one environment" in found.reason


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"n_resamples": 0}, "n_resamples must be an integer at least 1; got 0"),
        ({"mutable": ["nobody"]}, "mutable must be among the columns of X"),
        ({"mutable": ["y"]}, "mutable must be among the columns of X"),
        ({"causal_graph": nx.DiGraph([("x", "y"), ("y", "x")])}, "causal_graph must have no cycle"),
        ({"causal_graph": nx.DiGraph([("x", "y")])}, "causal_graph must have a node for the outcome"),
        ({"causal_graph": "x -> y"}, "causal_graph must be a networkx.DiGraph; got str"),
    ],
    ids=["resamples", "unknown", "outcome", "cycle", "nodes", "text"],
)
def test_settings_that_cannot_be_are_refused(settings, match):
    with pytest.raises(ValueError, match=match):
        discover(*world(), **settings)
