"""Worst-case risks, intervals and picks of the subset search on worlds whose exact risks are known."""

from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom
from sklearn.utils import Bunch

from causalkit.datasets import make_mutable_scm
from causalkit.estimators import MinimaxSubsetRegressor

# Test environments follow the outcome with these probabilities, from not at all to always.
FOLLOW = (0.0, 0.25, 0.5, 0.75, 1.0)


def fitted(data: Bunch, seed: int, **settings: Any) -> MinimaxSubsetRegressor:
    model = MinimaxSubsetRegressor(
        causal_graph=data.causal_graph, mutable=data.mutable, random_state=seed, **settings
    )
    return model.fit(data.X, data.y, environments=data.environments)


@cache
def fits(kind: str, n_runs: int) -> list[tuple[Bunch, MinimaxSubsetRegressor]]:
    """Fits of every class on fresh data sets; the picked class's interval counts refitting."""
    worlds = [(seed, make_mutable_scm(kind, random_state=seed)) for seed in range(21_000, 21_000 + n_runs)]
    return [(data, fitted(data, seed, search="exhaustive")) for seed, data in worlds]


def least(n_runs: int, share: float) -> float:
    """Fewer than this are seen once in 1000 tests if the true share is at least ``share``."""
    return float(binom.ppf(0.001, n_runs, share))


def rows(kind: str, n_runs: int) -> list[tuple[frozenset[str], float, Any]]:
    """Every class of every fit: its members, its exact risk and its row of the table."""
    return [
        (frozenset(row.subset), data.worst_case_risk[frozenset(row.subset)], row)
        for data, model in fits(kind, n_runs)
        for row in model.risk_table_.itertuples()
    ]


@pytest.mark.simulation
@pytest.mark.parametrize(("kind", "n_runs", "error"), [("interaction", 20, 0.05), ("sequence", 12, 0.10)])
def test_median_error_of_every_worst_case_risk(kind: str, n_runs: int, error: float) -> None:
    errors: dict[frozenset[str], list[float]] = {}
    for members, exact, row in rows(kind, n_runs):
        errors.setdefault(members, []).append(abs(row.risk / exact - 1))
    assert {members: np.median(found) for members, found in errors.items() if np.median(found) > error} == {}


@pytest.mark.simulation
@pytest.mark.parametrize(("kind", "n_runs", "share"), [("interaction", 20, 0.9), ("sequence", 12, 0.85)])
def test_intervals_cover(kind: str, n_runs: int, share: float) -> None:
    covered = [row.risk_low <= exact <= row.risk_high for _, exact, row in rows(kind, n_runs)]
    # Classes of one data set are covered together more often than not: as if there were one a data set.
    assert np.mean(covered) * n_runs >= least(n_runs, share)


@pytest.mark.simulation
@pytest.mark.parametrize(
    ("kind", "n_runs", "share"), [("interaction", 20, 0.95), ("sequence", 12, 0.85), ("linear", 10, 0.95)]
)
def test_the_best_class_is_picked(kind: str, n_runs: int, share: float) -> None:
    right = [frozenset(model.subset_) == data.best_subset for data, model in fits(kind, n_runs)]
    assert sum(right) >= least(n_runs, share)


@pytest.mark.simulation
def test_the_best_class_of_the_multiplicative_world_is_picked_or_tied() -> None:
    found = fits("multiplicative", 10)
    tied = [data.best_subset in map(frozenset, model.tied_subsets_) for data, model in found]
    assert sum(tied) >= least(10, 0.9)


@pytest.mark.simulation
def test_the_pick_keeps_its_promise_in_new_environments() -> None:
    worst = []
    for seed, (_, model) in enumerate(fits("interaction", 20)):
        new = make_mutable_scm("interaction", follow=FOLLOW, random_state=31_000 + seed)
        risks = model.environment_risks(new.X, new.y, new.environments) * model.training_variance_
        worst.append(risks.drop(columns="n_rows").max())
    mean = {name: float(np.mean([one[name] for one in worst])) for name in worst[0].index}
    assert mean["picked subset"] <= 0.045
    assert min(mean["whole stable set"], mean["pooled fit"]) > 0.06
    assert mean["constant"] > 0.08


@pytest.mark.simulation
@pytest.mark.parametrize("kind", ["interaction", "sequence", "linear"])
def test_pruning_does_not_change_the_pick(kind: str) -> None:
    for seed, (data, every) in enumerate(fits(kind, 10)[:6], start=21_000):
        some = fitted(data, seed)
        assert some.subset_ == every.subset_
        assert (some.risk_table_["status"] == "fitted").mean() < 1
