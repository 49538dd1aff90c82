"""Shares of arrows over resamples of environments."""

import numpy as np

from causalkit.datasets import make_exchangeable_scm
from causalkit.estimators._discovery._bootstrap import bootstrap_shares
from causalkit.estimators._discovery._data import DiscoveryData, discovery_data
from causalkit.estimators._discovery._found import Found


def some_data() -> DiscoveryData:
    made = make_exchangeable_scm("location", n_environments=12, n_variables=2, random_state=0)
    return discovery_data(made.X, made.environments)


def arrow_by_first_environment(data: DiscoveryData, counts: np.ndarray) -> Found:
    """0 -> 1 where the first environment was drawn, else 1 -> 0."""
    assert counts.shape == (12,) and counts.sum() == 12
    parents = ((), (0,)) if counts[0] else ((1,), ())
    return Found(parents, (0, 1), exact=True)


def shares(n_jobs: int | None, seed: int = 0, n_bootstrap: int = 400) -> np.ndarray:
    return bootstrap_shares(
        some_data(),
        arrow_by_first_environment,
        n_bootstrap=n_bootstrap,
        n_jobs=n_jobs,
        verbose=0,
        rng=np.random.default_rng(seed),
    )


def test_shares_are_those_of_draws_with_replacement() -> None:
    found = shares(None)
    drawn = 1 - (11 / 12) ** 12
    # Four standard errors of a share of 400 draws.
    assert abs(found[0, 1] - drawn) < 4 * np.sqrt(drawn * (1 - drawn) / 400)
    assert found[0, 1] + found[1, 0] == 1
    assert found[0, 0] == found[1, 1] == 0


def test_the_number_of_jobs_changes_nothing_and_the_seed_does() -> None:
    assert np.array_equal(shares(1, n_bootstrap=40), shares(2, n_bootstrap=40))
    assert not np.array_equal(shares(1, n_bootstrap=40), shares(1, seed=1, n_bootstrap=40))
