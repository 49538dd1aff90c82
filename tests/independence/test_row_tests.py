"""The statements about one row and about two rows as tests: answers, what must not matter, errors."""

from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom
from sklearn.utils import Bunch

from causalkit.datasets import make_exchangeable_scm
from causalkit.independence import cross_row_test, same_row_test

CHAIN = nx.DiGraph([("a", "b"), ("b", "c")])


def world(seed: int, **changes: Any) -> Bunch:
    options = {"n_environments": 150, "n_rows": 3, "causal_graph": CHAIN, "icc": [0.3, 0.6, 0.2]} | changes
    return make_exchangeable_scm("location", random_state=seed, **options)


def sink_pvalue(data: Bunch, sink: str, seed: int) -> float:
    rest = data.X.drop(columns=sink)
    return cross_row_test(rest, data.X[sink], rest, data.environments, n_flips=199, random_state=seed).pvalue


@pytest.mark.parametrize("levels", [{}, {"c": 3}])
def test_sink(levels: dict[str, int]) -> None:
    found = np.array([[sink_pvalue(world(s, levels=levels), name, s) for name in "ac"] for s in range(40)])
    assert np.sum(found[:, 0] <= 0.05) >= 24
    assert np.sum(found[:, 1] <= 0.05) <= binom.ppf(0.9999, 40, 0.08)


@pytest.mark.parametrize("levels", [{}, {"b": 3}])
def test_same_row_given_what_separates(levels: dict[str, int]) -> None:
    found = []
    for seed in range(40):
        data = world(seed, levels=levels)
        a, b, c = (data.X[name] for name in "abc")
        settings_ = {"n_flips": 199, "random_state": seed}
        given_b = same_row_test(a, c, data.environments, given=b, **settings_)
        found.append([same_row_test(a, c, data.environments, **settings_).pvalue, given_b.pvalue])
    plain, separated = np.array(found).T
    assert np.sum(plain <= 0.05) >= 32
    assert np.sum(separated <= 0.05) <= binom.ppf(0.9999, 40, 0.08)


@settings(max_examples=15)
@given(seed=st.integers(0, 50))
def test_order_of_rows_columns_and_labels(seed: int) -> None:
    data = world(seed, n_environments=30, n_rows=(1, 4), levels={"b": 2})
    rng = np.random.default_rng(seed)
    rows, names = rng.permutation(len(data.X)), rng.permutation([f"site {i}" for i in range(30)])
    X, environments = data.X, data.environments.to_numpy()
    labels = names[environments]
    both, other = X[["a", "b"]], X[["b", "a"]].iloc[rows]
    one = cross_row_test(both, X["c"], both, environments, random_state=seed)
    assert one == cross_row_test(other, X["c"].iloc[rows], other, labels[rows], random_state=seed)
    one = same_row_test(X["a"], X["c"], environments, given=X["b"], random_state=seed)
    two = same_row_test(
        X["c"].iloc[rows], X["a"].iloc[rows], labels[rows], given=X["b"].iloc[rows], random_state=seed
    )
    assert one.pvalue == pytest.approx(two.pvalue, abs=0.2)


def test_what_is_reported() -> None:
    data = world(0, n_rows=np.r_[np.full(50, 1), np.full(100, 2)])
    both = data.X[["a", "b"]]
    result = cross_row_test(both, data.X["c"], both, data.environments, random_state=0)
    assert (result.n_rows, result.n_groups) == (200, 100)
    assert "given 2 columns in the row of y" in result.hypothesis
    result = same_row_test(data.X["a"], data.X["c"], data.environments, given=data.X["b"], random_state=0)
    assert (result.n_rows, result.n_groups) == (250, 150)
    assert result.hypothesis == "x independent of y in the same row given 1 column"
    assert same_row_test(data.X["a"], data.X["c"], data.environments).hypothesis.endswith("same row")


def test_one_row_each_is_enough_for_the_same_row() -> None:
    x, y = np.random.default_rng(0).normal(size=(2, 150))
    assert same_row_test(x, x + y, np.arange(150), random_state=0).pvalue < 0.01


X, Y = np.random.default_rng(0).normal(size=(2, 40))
SITES = np.repeat(np.arange(20), 2)


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"x": np.ones(40)}, "x must vary; got 1.0 in all 40 rows"),
        (
            {"x": pd.DataFrame({"p": X, "q": np.r_[np.inf, Y[1:]]})},
            r"x \(column 'q'\) must be finite; got 1 infinite \(first at row 0\)",
        ),
        ({"y": np.r_[Y[:39], np.nan]}, "y must have no missing values; got 1 missing"),
        ({"given": Y[:30]}, "given must have one entry for each row of x; got 30 and 40"),
        ({"environments": SITES[:30]}, "environments must have one label for each row; got 30 labels and 40"),
        ({"environments": np.zeros(40)}, "at least two environments; got one"),
        ({"n_flips": 9}, "n_flips must be an integer at least 19; got 9"),
    ],
)
def test_refused(changes: dict[str, Any], match: str) -> None:
    arguments = {"x": X, "y": Y, "given": None, "environments": SITES} | changes
    with pytest.raises(ValueError, match=match):
        cross_row_test(**arguments)
    with pytest.raises(ValueError, match=match):
        same_row_test(**arguments)


def test_two_rows_are_needed_across_rows() -> None:
    with pytest.raises(ValueError, match=r"one environment of two or more rows, .*; got 40 environments"):
        cross_row_test(X, Y, None, np.arange(40))
