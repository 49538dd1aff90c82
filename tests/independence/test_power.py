"""How many environments are needed: against a power that is known, and where there is nothing to find."""

import numpy as np

from causalkit.independence._power import environments_needed
from causalkit.independence._sign_flips import Contributions


def shifted(shift: float, n_environments: int, seed: int) -> Contributions:
    values = np.random.default_rng(seed).normal(shift, 1, size=(n_environments, 1))
    return Contributions(values, values, ((np.arange(1),),))


def test_known_power() -> None:
    # A mean of .2 standard deviations has 80 % power at level .05 in ((1.96 + .84) / .2) ** 2 = 196 units.
    found = [
        environments_needed(shifted(0.2, 400, seed), 0.05, np.random.default_rng(seed)) for seed in range(40)
    ]
    assert 140 < np.median([np.inf if needed is None else needed for needed in found]) < 280


def test_no_sign_of_anything() -> None:
    found = [
        environments_needed(shifted(0.0, 100, seed), 0.05, np.random.default_rng(seed)) for seed in range(40)
    ]
    assert sum(needed is None for needed in found) >= 20


def test_a_stricter_level_needs_more() -> None:
    test = shifted(0.3, 100, 0)
    one, two = (environments_needed(test, level, np.random.default_rng(0)) for level in (0.05, 0.005))
    assert one is not None
    assert two is not None
    assert one < two


def test_nothing_at_all() -> None:
    test = Contributions(np.zeros((20, 1)), np.zeros((20, 1)), ((np.arange(1),),))
    assert environments_needed(test, 0.05, np.random.default_rng(0)) is None
