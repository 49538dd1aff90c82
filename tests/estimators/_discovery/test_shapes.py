"""Residuals that do not look like what the mixed models assume."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from scipy.stats import jarque_bera

from causalkit.datasets import make_exchangeable_scm
from causalkit.estimators._discovery._data import DiscoveryData, discovery_data
from causalkit.estimators._discovery._shapes import _residuals, doubtful_shapes

PAIR = nx.DiGraph([("a", "b")])


def world(random_state: int = 0, **settings: object) -> DiscoveryData:
    made = make_exchangeable_scm(
        "location",
        causal_graph=PAIR,
        n_environments=200,
        n_rows=(1, 5),
        random_state=random_state,
        **settings,
    )
    return discovery_data(made.X, made.environments)


def doubtful(data: DiscoveryData) -> set[str]:
    parents = tuple((data.names.index("a"),) if name == "b" else () for name in data.names)
    return {data.names[v] for v in doubtful_shapes(data, parents)}


def test_normal_noise_is_not_doubted() -> None:
    """At level .01 for each of two columns; 30 data sets with two doubts or more have a chance of .12."""
    assert sum(len(doubtful(world(seed))) for seed in range(30)) <= 3


def test_tails_and_levels_are() -> None:
    assert doubtful(world(noise="laplace")) == {"a", "b"}
    assert "a" in doubtful(world(levels={"a": 3}))


def test_only_the_noise_counts_and_not_what_parents_explain() -> None:
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(150), 4)
    a = rng.exponential(size=600)
    data = discovery_data(pd.DataFrame({"a": a, "b": 2 * a + rng.normal(size=600)}), codes)
    assert doubtful(data) == {"a"}


@pytest.mark.parametrize("levels", [None, {"a": 3}], ids=["number", "levels"])
def test_residuals_by_dummy_regression(levels: dict | None) -> None:
    data = world(levels=levels)
    a, b = data.names.index("a"), data.names.index("b")
    dummies = pd.get_dummies(data.codes).to_numpy(float)
    parent = (
        data.values[:, [a]] if levels is None else pd.get_dummies(data.values[:, a]).to_numpy(float)[:, 1:]
    )
    design = np.column_stack([dummies, parent])
    expected = data.values[:, b] - design @ np.linalg.lstsq(design, data.values[:, b])[0]
    several = data.sizes[data.codes] > 1
    np.testing.assert_allclose(_residuals(data, b, (a,)), expected[several], atol=1e-9)
    assert jarque_bera(expected[several]).pvalue > 0.001
