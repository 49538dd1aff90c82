"""Block bootstrap and random signs: against the exact variance, for any number of jobs, and bad inputs."""

from typing import Any

import numpy as np
import pytest

from causalkit.inference import block_bootstrap, cluster_variance
from causalkit.inference._bootstrap import multiplier_draws


@pytest.fixture
def groups() -> np.ndarray:
    return np.random.default_rng(0).permutation(np.repeat(np.arange(40), 5))


@pytest.fixture
def scores(groups: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng(1)
    return rng.normal(size=40)[groups] + rng.normal(size=200)


def test_standard_error_of_a_mean(scores: np.ndarray, groups: np.ndarray) -> None:
    # For groups of one size the variance over all resamples is the clustered one without its factor.
    exact = np.sqrt(cluster_variance(scores, groups, correction=False))
    boot = block_bootstrap(scores, groups, n_replications=4000, random_state=0)
    # The standard error of a standard deviation over 4000 draws is 1.1 %.
    assert boot.standard_error == pytest.approx(exact, rel=0.045)
    assert boot.estimate == pytest.approx(scores.mean())
    low, high = boot.conf_int(0.1)
    assert (low, high) == pytest.approx(tuple(np.quantile(boot.replications, [0.05, 0.95])))


def test_mean_and_callable_are_one(scores: np.ndarray, groups: np.ndarray) -> None:
    fast = block_bootstrap(scores, groups, n_replications=20, random_state=3)
    slow = block_bootstrap(lambda rows: scores[rows].mean(), groups, n_replications=20, random_state=3)
    np.testing.assert_allclose(fast.replications, slow.replications, rtol=1e-12)
    assert slow.standard_error == pytest.approx(fast.standard_error)


def test_several_columns(scores: np.ndarray, groups: np.ndarray) -> None:
    table = np.column_stack([scores, scores**2])
    boot = block_bootstrap(table, groups, n_replications=30, random_state=0)
    single = block_bootstrap(scores, groups, n_replications=30, random_state=0)
    assert boot.replications.shape == (30, 2)
    np.testing.assert_allclose(boot.replications[:, 0], single.replications, rtol=1e-12)
    assert np.shape(boot.standard_error) == np.shape(boot.conf_int()[0]) == (2,)
    called = block_bootstrap(lambda rows: table[rows].mean(axis=0), groups, n_replications=30, random_state=0)
    np.testing.assert_allclose(called.replications, boot.replications, rtol=1e-12)


def test_groups_come_whole(groups: np.ndarray) -> None:
    drawn: list[np.ndarray] = []

    def keep(rows: np.ndarray) -> float:
        drawn.append(rows)
        return 0.0

    block_bootstrap(keep, groups, n_replications=5, random_state=0)
    for rows in drawn:
        times = np.bincount(rows, minlength=200)
        assert all(len(set(times[groups == group])) == 1 for group in range(40))
        assert times.sum() == 200


def _median(rows: np.ndarray) -> float:
    return float(np.median(rows % 7))


def test_the_same_for_any_number_of_jobs(groups: np.ndarray) -> None:
    one = block_bootstrap(_median, groups, n_replications=8, random_state=0, n_jobs=1)
    two = block_bootstrap(_median, groups, n_replications=8, random_state=0, n_jobs=2)
    other = block_bootstrap(_median, groups, n_replications=8, random_state=1)
    np.testing.assert_array_equal(one.replications, two.replications)
    assert not np.array_equal(one.replications, other.replications)


@pytest.mark.parametrize("weights", ["rademacher", "webb"])
def test_multiplier_draws_have_the_clustered_variance(
    scores: np.ndarray, groups: np.ndarray, weights: Any
) -> None:
    centred = scores - scores.mean()
    draws = multiplier_draws(centred, groups, n_draws=4000, weights=weights, random_state=0)
    exact = np.sqrt(cluster_variance(scores, groups, correction=False))
    assert draws.std() == pytest.approx(exact, rel=0.045)
    # Four standard errors of a mean of 4000 draws.
    assert abs(draws.mean()) < 4 * exact / np.sqrt(4000)


def test_multiplier_draws_move_whole_groups() -> None:
    groups = np.array(["a", "b", "a", "b"])
    draws = multiplier_draws([1.0, 10.0, 2.0, 20.0], groups, n_draws=200, random_state=0)
    assert set(np.round(draws * 4, 9)) == {-33.0, -27.0, 27.0, 33.0}
    webb = multiplier_draws([1.0, 0.0], ["a", "b"], n_draws=500, weights="webb", random_state=0) * 2
    assert sorted(set(np.round(webb**2, 9))) == [0.5, 1.0, 1.5]
    assert len(set(np.round(webb, 9))) == 6


def test_multiplier_draws_are_repeated_by_a_seed(scores: np.ndarray, groups: np.ndarray) -> None:
    table = np.column_stack([scores, -scores])
    first = multiplier_draws(table, groups, n_draws=10, random_state=5)
    np.testing.assert_array_equal(first, multiplier_draws(table, groups, n_draws=10, random_state=5))
    assert first.shape == (10, 2)
    np.testing.assert_allclose(first[:, 0], -first[:, 1])


def test_bad_inputs(scores: np.ndarray, groups: np.ndarray) -> None:
    with pytest.raises(ValueError, match="groups must hold at least two different groups; got 1"):
        block_bootstrap(scores, np.zeros(200), n_replications=5)
    with pytest.raises(ValueError, match="groups must hold at least two different groups; got 1"):
        block_bootstrap(len, np.zeros(200), n_replications=5)
    with pytest.raises(ValueError, match="n_replications must be an integer at least 2; got 1"):
        block_bootstrap(scores, groups, n_replications=1)
    with pytest.raises(ValueError, match=r"scores must return .* got shapes \(\) and \(3,\)"):
        block_bootstrap(_changes_shape, groups, n_replications=5, random_state=0)
    with pytest.raises(ValueError, match="weights must be one of 'rademacher', 'webb'; got 'normal'"):
        multiplier_draws(scores, groups, weights="normal")
    with pytest.raises(ValueError, match="n_draws must be an integer at least 1; got 0"):
        multiplier_draws(scores, groups, n_draws=0)


def _changes_shape(rows: np.ndarray) -> Any:
    return 1.0 if np.array_equal(rows, np.arange(200)) else np.ones(3)
