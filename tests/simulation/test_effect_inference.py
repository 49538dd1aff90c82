"""Error rates of the learner's answers over many worlds: coverage of the average effect, level of its tests.

`print_study()` runs everything and prints a table; the tests below hold its rates to their bounds.
"""

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from joblib import Parallel, delayed
from scipy import stats

from causalkit.datasets import make_network_cate
from causalkit.estimators import GraphRLearner
from causalkit.exceptions import OverlapWarning
from causalkit.inference import mean_inference

CHEAP: dict[str, Any] = {
    "outcome_model": "additive",
    "treatment_model": "additive",
    "final_model": "additive",
    "n_pairs": 0,
    "n_fourier": 0,
}
DEFAULT: dict[str, Any] = {}
SETTINGS = {"cheap": CHEAP, "default": DEFAULT}

# Groups of nine with shared noise and similar treatments: scores within a group correlate.
SHARED = {
    "cheap": {"graph": "cliques", "effect": "constant", "shared_noise": 0.6, "shared_treatment": 0.8},
    "default": {"graph": "cliques", "effect": "constant", "shared_noise": 0.5, "shared_treatment": 0.5},
}
N_COVERAGE, N_REJECTION = 200, 400


def fitted(world: Any, settings: dict[str, Any], seed: int) -> GraphRLearner:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OverlapWarning)
        learner = GraphRLearner(**settings, random_state=seed)
        return learner.fit(world.X, world.y, treatment=world.treatment, graph=world.graph)


def one_coverage(seed: int, settings: str, n_nodes: int) -> tuple[bool, bool]:
    """Whether the network's interval and the one for independent rows hold the average effect."""
    world = make_network_cate(n_nodes, **SHARED[settings], n_features=5, random_state=seed)
    learner = fitted(world, SETTINGS[settings], seed)
    network, iid = learner.ate(), mean_inference(learner.aipw_scores(), method="iid")
    return tuple(bool(low < world.ate < high) for low, high in (network.conf_int(), iid.conf_int()))


def one_rejection(
    seed: int, settings: dict[str, Any], n_nodes: int, world_settings: dict[str, Any]
) -> tuple[float, float]:
    """P-values of the test of heterogeneity and of the test of the network."""
    world = make_network_cate(n_nodes, **world_settings, n_features=5, random_state=seed)
    learner = fitted(world, settings, seed)
    return learner.heterogeneity_test().pvalue, learner.graph_matters_test().pvalue


def coverage(settings: str, *, n_runs: int = N_COVERAGE, n_nodes: int = 1800, n_jobs: int = 2) -> pd.Series:
    """Share of runs whose 95 % interval holds the average effect, with the network and without."""
    runs = Parallel(n_jobs=n_jobs)(delayed(one_coverage)(seed, settings, n_nodes) for seed in range(n_runs))
    rates = pd.Series(np.mean(runs, axis=0), index=["network interval", "iid interval"])
    print(f"coverage of the average effect, {settings} settings, {n_runs} runs: {rates.to_dict()}")
    return rates


def rejections(
    settings: str, *, n_runs: int = N_REJECTION, n_nodes: int = 800, n_jobs: int = 2, **world: Any
) -> pd.Series:
    """Share of runs in which a test rejects at the nominal level of 5 %."""
    runs = Parallel(n_jobs=n_jobs)(
        delayed(one_rejection)(seed, SETTINGS[settings], n_nodes, world) for seed in range(n_runs)
    )
    rates = pd.Series(np.mean(np.array(runs) <= 0.05, axis=0), index=["heterogeneity", "graph"])
    print(f"rejections at 5 %, {world}, {settings} settings, {n_runs} runs: {rates.to_dict()}")
    return rates


def print_study(n_runs: int | None = None, settings: tuple[str, ...] = ("cheap", "default")) -> pd.DataFrame:
    """Run everything (`n_runs` times where given) and print a table with a row for each study."""
    rows = []
    for name in settings:
        found = coverage(name, n_runs=n_runs or N_COVERAGE)
        rows += [(name, "coverage of the average effect", kind, rate) for kind, rate in found.items()]
        for world in (*NULL_WORLDS, {"effect": "one_hop"}):
            found = rejections(name, n_runs=n_runs or N_REJECTION, **world)
            rows += [(name, f"rejections, {world}", test, rate) for test, rate in found.items()]
    table = pd.DataFrame(rows, columns=["settings", "study", "answer", "rate"])
    print(table.to_string(index=False))
    return table


NULL_WORLDS: list[dict[str, Any]] = [
    {"effect": "constant"},
    {"effect": "local"},
    {"effect": "constant", "graph": "cliques", "shared_noise": 0.6, "shared_treatment": 0.8},
]


@pytest.mark.simulation
@pytest.mark.parametrize("settings", SETTINGS)
def test_average_effect_is_covered_where_noise_and_treatment_are_shared(settings: str) -> None:
    rates = coverage(settings)
    assert 0.92 <= rates["network interval"] <= 0.97
    # A true coverage of .85 or more would leave this bound once in 1000 tests.
    assert rates["iid interval"] * N_COVERAGE <= stats.binom.ppf(0.001, N_COVERAGE, 0.85)


@pytest.mark.simulation
@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("world", NULL_WORLDS, ids=str)
def test_level_of_the_tests(settings: str, world: dict[str, Any]) -> None:
    rates = rejections(settings, **world)
    if world["effect"] == "constant":
        assert 0.03 <= rates["heterogeneity"] <= 0.08
    assert rates["graph"] <= 0.08
    if settings == "default" and rates["graph"] < 0.03:
        pytest.xfail(f"with the default stack the graph test is conservative: {rates['graph']:.3f} at 5 %")
    assert rates["graph"] >= 0.03


@pytest.mark.simulation
def test_power_of_the_tests() -> None:
    assert rejections("cheap", n_runs=50, effect="one_hop").min() > 0.9
    assert rejections("cheap", n_runs=50, effect="local")["heterogeneity"] > 0.9
