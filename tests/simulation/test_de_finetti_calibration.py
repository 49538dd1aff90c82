"""Size and power of the causal de Finetti test: true statements, directions that cannot be known, answers."""

from typing import Any

import networkx as nx
import numpy as np
import pytest
from scipy.stats import binom
from sklearn.utils import Bunch

from causalkit.datasets import make_exchangeable_scm
from causalkit.independence import DeFinettiTestResult, cross_row_test, de_finetti_test

ARROW = nx.DiGraph([("x", "y")])
N_RUNS = 300
SEEDS = range(20_000, 20_000 + N_RUNS)


def answer(data: Bunch, seed: int) -> DeFinettiTestResult:
    return de_finetti_test(data.X.iloc[:, 0], data.X.iloc[:, 1], data.environments, random_state=seed)


def answers(kind: str = "location", **settings: Any) -> list[DeFinettiTestResult]:
    return [
        answer(make_exchangeable_scm(kind, causal_graph=ARROW, random_state=seed, **settings), seed)
        for seed in SEEDS
    ]


def count(results: list[DeFinettiTestResult], *decisions: str) -> int:
    return sum(result.decision in decisions for result in results)


def most(share: float) -> float:
    """More than this is seen once in 1000 tests if the true share is at most ``share``."""
    return float(binom.ppf(0.999, N_RUNS, share))


def least(share: float) -> float:
    """Fewer than this are seen once in 1000 tests if the true share is at least ``share``."""
    return float(binom.ppf(0.001, N_RUNS, share))


@pytest.mark.simulation
@pytest.mark.parametrize("n_rows", [2, 5])
@pytest.mark.parametrize(("n_environments", "low", "high"), [(200, 0.03, 0.08), (50, 0.02, 0.10)])
@pytest.mark.parametrize(
    "world", [{"kind": "published_binary"}, {"noise": "gaussian"}, {"noise": "laplace"}], ids=str
)
def test_size(world: dict[str, str], n_environments: int, low: float, high: float, n_rows: int) -> None:
    results = answers(n_environments=n_environments, n_rows=n_rows, **world)
    assert least(low) <= sum(result.pvalue_x_to_y <= 0.05 for result in results) <= most(high)


@pytest.mark.simulation
@pytest.mark.parametrize("noise", ["gaussian", "laplace"])
@pytest.mark.parametrize("icc", [0.0, 0.3])
@pytest.mark.parametrize("n_rows", [2, 10])
def test_directions_stated_where_none_can_be_known(noise: str, icc: float, n_rows: int) -> None:
    results = answers(n_environments=200, n_rows=n_rows, icc=icc, noise=noise)
    assert count(results, "x->y", "y->x") <= most(0.10)


@pytest.mark.simulation
@pytest.mark.parametrize(
    ("varying", "icc", "share"),
    [("intercept", [0.2, 0.5], 0.95), ("slope", [0.5, 0.2], 0.75), ("scale", [0.5, 0.2], 0.75)],
)
def test_dependent_parameters_are_flagged(varying: str, icc: list[float], share: float) -> None:
    settings = {"n_environments": 100, "n_rows": 10, "varying": (varying,), "icc": icc}
    settings |= {"slope_sd": 0.6, "scale_sd": 0.6}
    dependent, independent = (answers(correlation=value, **settings) for value in (0.6, 0.0))
    assert count(dependent, "assumption violated") >= least(share)
    assert count(independent, "assumption violated") <= most(0.08)


@pytest.mark.simulation
@pytest.mark.parametrize(
    ("n_rows", "n_environments", "share"), [(2, 100, 0.80), (2, 200, 0.89), (2, 500, 0.97), (10, 100, 0.98)]
)
def test_published_pair(n_rows: int, n_environments: int, share: float) -> None:
    right = 0
    for seed in SEEDS:
        data = make_exchangeable_scm(
            "published_continuous", n_environments=n_environments, n_rows=n_rows, random_state=seed
        )
        arrows = {("x0", "x1"): "x->y", ("x1", "x0"): "y->x"}
        truth = next((arrows[arrow] for arrow in data.graph.edges), "no edge")
        right += answer(data, seed).decision == truth
    assert right >= least(share)


@pytest.mark.simulation
@pytest.mark.parametrize("n_environments", [50, 200])
@pytest.mark.parametrize(
    "world",
    [
        {"kind": "location"},
        {"kind": "location", "levels": {"a": 2, "b": 3}},
        {"kind": "published_binary", "parity": True},
        {"kind": "categorical", "n_levels": 3},
    ],
    ids=str,
)
def test_size_of_the_sink_criterion(world: dict[str, Any], n_environments: int) -> None:
    graph = nx.DiGraph([("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")])
    rejected = 0
    for seed in SEEDS:
        data = make_exchangeable_scm(
            causal_graph=graph, n_environments=n_environments, n_rows=5, random_state=seed, **world
        )
        rest = data.X.drop(columns="d")
        test = cross_row_test(rest, data.X["d"], rest, data.environments, random_state=seed)
        rejected += test.pvalue <= 0.05
    assert rejected <= most(0.08)


@pytest.mark.simulation
def test_estimate_of_the_environments_needed() -> None:
    settings = {"n_rows": 2, "icc": [0.25, 0.5]}
    found = np.array(
        [
            np.inf if result.n_environments_needed is None else result.n_environments_needed
            for result in answers(n_environments=100, **settings)
            if result.decision in {"x->y", "y->x", "not orientable"}
        ]
    )
    needed = int(np.median(found))
    opened = sum(
        result.pvalue_equal_icc is not None and result.pvalue_equal_icc < 0.05
        for result in answers(n_environments=needed, **settings)
    )
    # The estimate is rough: the power there must lie around 80 %, not at it.
    assert least(0.6) <= opened <= most(0.95)
