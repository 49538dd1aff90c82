"""Environments with mutable variables as a whole: shapes, seeds, what may change, risks, what is refused."""

from itertools import chain, combinations
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from causalkit.datasets import make_mutable_scm
from causalkit.datasets._mutable_world import subsets
from causalkit.graphs import subset_classes, whole_set_is_optimal

KINDS = ["interaction", "multiplicative", "published", "linear", "sequence"]
KNOWN = [kind for kind in KINDS if kind != "published"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind(kind: str) -> None:
    data = make_mutable_scm(kind, n_rows=50, random_state=0)
    n_environments = len(data.follow)
    assert data.X.shape == (50 * n_environments, len(data.stable) + len(data.mutable))
    assert sorted([*data.stable, *data.mutable]) == sorted(data.X.columns)
    assert data.X.index.equals(data.y.index)
    assert data.X.index.equals(data.environments.index)
    assert data.y.name == "y"
    assert data.environments.is_monotonic_increasing
    assert data.environments.value_counts().to_dict() == dict.fromkeys(range(n_environments), 50)
    assert set(data.causal_graph) == {"y", *data.X.columns}
    assert nx.is_directed_acyclic_graph(data.causal_graph)
    assert np.isfinite(data.X.to_numpy(dtype=float)).all()
    assert data.kind == kind
    assert kind in data.DESCR
    assert all(name in data.DESCR for name in data.X.columns)


@pytest.mark.parametrize("kind", KINDS)
def test_sizes_unless_given(kind: str) -> None:
    data = make_mutable_scm(kind, random_state=0)
    rows, environments = (100, 20) if kind == "published" else (2000, 4)
    assert data.environments.value_counts().to_dict() == dict.fromkeys(range(environments), rows)


def test_a_size_for_each_environment() -> None:
    for sizes in ([3, 1, 5, 2], (3, 1, 5, 2), np.array([3, 1, 5, 2])):
        data = make_mutable_scm(n_rows=sizes, random_state=0)
        assert np.bincount(data.environments).tolist() == [3, 1, 5, 2]


@pytest.mark.parametrize("kind", KINDS)
def test_same_seed_same_data(kind: str) -> None:
    first, again, other = (make_mutable_scm(kind, n_rows=30, random_state=seed) for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(first.X, again.X)
    pd.testing.assert_series_equal(first.y, again.y)
    assert not first.X.equals(other.X)


@pytest.mark.parametrize("kind", KINDS)
def test_only_mutable_variables_and_their_descendants_depend_on_the_environment(kind: str) -> None:
    one, two = (
        make_mutable_scm(kind, n_rows=400, follow=follow, random_state=5) for follow in ([0, 0.2], [1, 0.7])
    )
    pd.testing.assert_series_equal(one.y, two.y)
    moved = set(one.mutable).union(*(nx.descendants(one.causal_graph, name) for name in one.mutable))
    for name in one.X:
        assert one.X[name].equals(two.X[name]) == (name not in moved), name


@pytest.mark.parametrize("kind", ["interaction", "multiplicative", "sequence"])
def test_stable_variables_react_alike_where_mutable_ones_agree(kind: str) -> None:
    one, two = (make_mutable_scm(kind, n_rows=3000, follow=[follow], random_state=6) for follow in (0.3, 0.6))
    alike = (one.X[list(one.mutable)] == two.X[list(two.mutable)]).all(axis=1)
    assert 100 < alike.sum() < 3000
    pd.testing.assert_frame_equal(one.X[alike], two.X[alike])


@pytest.mark.parametrize("kind", KINDS)
def test_rows_do_not_depend_on_the_environments_after_them(kind: str) -> None:
    alone = make_mutable_scm(kind, n_rows=20, follow=[0.5], random_state=7)
    first = make_mutable_scm(kind, n_rows=20, follow=[0.5, 0.1], random_state=7)
    assert alone.y.equals(first.y[:20])
    pd.testing.assert_frame_equal(alone.X, first.X[:20])


@pytest.mark.parametrize("kind", KINDS)
def test_a_search_is_needed(kind: str) -> None:
    data = make_mutable_scm(kind, n_rows=1, random_state=0)
    assert not whole_set_is_optimal(data.causal_graph, "y", data.mutable)


@pytest.mark.parametrize("kind", KNOWN)
def test_equivalent_subsets_have_equal_risks(kind: str) -> None:
    data = make_mutable_scm(kind, n_rows=1, random_state=0)
    assert set(data.worst_case_risk) == set(data.environment_risk) == set(subsets(data.stable))
    classes = subset_classes(data.causal_graph, "y", data.mutable)
    assert sum(each.n_subsets for each in classes) == 2 ** len(data.stable)
    for each in classes:
        free = sorted(each.free)
        extras = chain.from_iterable(combinations(free, size) for size in range(len(free) + 1))
        members = [each.members | set(extra) for extra in extras]
        worst = [data.worst_case_risk[subset] for subset in members]
        np.testing.assert_allclose(worst, worst[0], rtol=1e-10)


@pytest.mark.parametrize(
    ("kind", "best", "second"),
    [
        ("interaction", {"Z"}, 1.5),
        ("multiplicative", {"Z"}, 1.03),
        ("linear", {"X1", "X2", "X3", "X4"}, 1.13),
        ("sequence", {"X1", "Z"}, 1.15),
    ],
)
def test_best_subset(kind: str, best: set[str], second: float) -> None:
    """``second``: how many times larger the next class's risk is at least."""
    data = make_mutable_scm(kind, n_rows=1, random_state=0)
    assert data.best_subset == best
    lowest = data.worst_case_risk[data.best_subset]
    others = [risk for risk in data.worst_case_risk.values() if risk > lowest * (1 + 1e-9)]
    assert min(others) > second * lowest
    # On average the whole stable set is best everywhere: only the worst case tells them apart.
    whole = data.environment_risk[frozenset(data.stable)][0]
    assert whole <= min(risk[0] for risk in data.environment_risk.values()) * (1 + 1e-9)


@pytest.mark.parametrize("kind", KNOWN)
def test_no_environment_is_worse_than_the_worst_case(kind: str) -> None:
    follow = (-3, 0, 5) if kind == "linear" else (0, 0.25, 0.5, 1)
    data = make_mutable_scm(kind, n_rows=1, follow=follow, random_state=0)
    for subset, risk in data.worst_case_risk.items():
        assert data.environment_risk[subset].shape == (len(follow),)
        assert data.environment_risk[subset].max() <= risk * (1 + 1e-9)
    whole = frozenset(data.stable)
    np.testing.assert_allclose(data.environment_risk[whole][-1], data.worst_case_risk[whole], rtol=1e-8)


@pytest.mark.parametrize("kind", KNOWN)
def test_risk_of_the_empty_set_is_the_variance_of_the_outcome(kind: str) -> None:
    data = make_mutable_scm(kind, n_rows=20_000, random_state=11)
    assert data.y.var() == pytest.approx(data.worst_case_risk[frozenset()], rel=0.03)


class TestPublished:
    """The simulation of the paper, by its formulas."""

    def test_mechanisms(self) -> None:
        data = make_mutable_scm("published", n_rows=500, random_state=0)
        X, y = data.X, data.y
        a = data.follow[data.environments]
        np.testing.assert_allclose(data.follow, np.arange(20) - 9.5)
        means = {
            "X6": 0 * y,
            "X8": 0 * y,
            "X5": expit(0.84 * X["X6"]),
            "X7": -1.52 * X["X8"],
            "X9": a * np.tanh(1.91 * y),
            "X1": expit(0.63 * y - 0.58 * X["X9"] + 1.51 * X["X6"] + 1.13 * X["X5"]),
            "X3": np.tanh(-0.95 * X["X1"]),
            "X2": np.tanh(1.47 * X["X3"] - 0.64 * X["X8"]),
            "X4": expit(1.42 * X["X2"] + 0.99 * X["X7"] + 0.72 * X["X8"]),
            "X10": a * np.tanh(-1.2 * X["X5"] + 1.33 * X["X3"] + 0.64 * X["X8"]),
        }
        noises = pd.DataFrame({name: X[name] - mean for name, mean in means.items()} | {"y": y})
        np.testing.assert_allclose(noises.std(), 0.1, rtol=5 / np.sqrt(2 * len(noises)))
        assert noises.mean().abs().max() < 5 * 0.1 / np.sqrt(len(noises))
        assert (noises.corr() - np.eye(11)).abs().max().max() < 5 / np.sqrt(len(noises))

    def test_classes_of_the_paper(self) -> None:
        data = make_mutable_scm("published", n_rows=1, random_state=0)
        sizes = np.bincount([c.n_subsets for c in subset_classes(data.causal_graph, "y", data.mutable)])
        assert {size: int(count) for size, count in enumerate(sizes) if count} == {32: 4, 16: 5, 4: 4, 1: 32}

    def test_risks_are_not_known(self) -> None:
        data = make_mutable_scm("published", n_rows=1, random_state=0)
        assert data.worst_case_risk is data.environment_risk is data.best_subset is None
        assert "not known" in data.DESCR


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"kind": "cubic"}, "kind must be one of 'interaction', .*; got 'cubic'"),
        ({"n_rows": 0}, "n_rows must be a positive integer or one for each of the 4 environments; got 0"),
        ({"n_rows": [5, 5]}, r"n_rows must be .* each of the 4 environments; got \[5, 5\]"),
        ({"n_rows": [5, 5, 5, 0]}, r"n_rows must be .*; got \[5, 5, 5, 0\]"),
        ({"n_rows": 10.0}, "n_rows must be a positive integer .*; got 10.0"),
        ({"n_rows": True}, "n_rows must be a positive integer .*; got True"),
        ({"follow": 0.5}, r"follow must be numbers of shape \(n_environments,\), at least one; got 0.5"),
        ({"follow": []}, r"follow must be numbers .*; got \[\]"),
        ({"follow": ["a"]}, r"follow must be numbers .*; got \['a'\]"),
        ({"follow": [0, 1.5]}, "follow must be probabilities from 0 to 1; got 1.5 at position 1"),
        ({"follow": [np.nan]}, "follow must be probabilities from 0 to 1; got nan at position 0"),
        ({"kind": "linear", "follow": [np.inf]}, "follow must be finite numbers; got inf at position 0"),
        ({"n_levels": 1}, "n_levels must be an integer at least 2 and at most 100; got 1"),
        ({"n_levels": 2.5}, "n_levels must be an integer .*; got 2.5"),
        ({"noise": 0.001}, "noise must be a number at least 0.02; got 0.001"),
        ({"bound": 1.0}, "bound is a setting of kind='multiplicative'; got it with kind='interaction'"),
        (
            {"kind": "linear", "noise": 1.0},
            "noise is a setting of kind='interaction', 'multiplicative', 'seq",
        ),
        (
            {"kind": "multiplicative", "n_levels": 4},
            "n_levels is a setting of kind='interaction', 'sequence'",
        ),
        ({"kind": "multiplicative", "noise": 0}, "noise must be a number greater than 0; got 0"),
        ({"kind": "multiplicative", "bound": -1}, "bound must be a number greater than 0; got -1"),
        ({"kind": "sequence", "n_levels": 11}, "n_levels must be an integer .* at most 10; got 11"),
        ({"kind": "sequence", "noise": 0.1}, "noise must be a number at least 0.5; got 0.1"),
        ({"random_state": -1}, "random_state must be None, a non-negative integer, .*; got -1"),
    ],
)
def test_refused_settings(settings: dict[str, Any], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        make_mutable_scm(**settings)
