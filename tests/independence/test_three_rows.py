"""The statement about three rows: the fast sums against loops over triples, and what no two rows show."""

from itertools import permutations

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import binom

from causalkit.independence._pairs import Pair, arrange
from causalkit.independence._sign_flips import flip_tests
from causalkit.independence._three_rows import three_row_statement
from causalkit.independence._variables import Variable, read_variable


def arranged(x: np.ndarray, y: np.ndarray, codes: np.ndarray) -> tuple[Variable, Variable, Pair]:
    """The variables under their own names, and the pair."""
    pair = arrange(read_variable(x, "x"), read_variable(y, "y"), codes)
    return (pair.second, pair.first, pair) if pair.swapped else (pair.first, pair.second, pair)


def residuals(values: np.ndarray, basis: np.ndarray) -> np.ndarray:
    return values - basis @ np.linalg.lstsq(basis, values, rcond=None)[0]


def by_loops(cause: Variable, effect: Variable, pair: Pair) -> np.ndarray:
    """Sums over ordered pairs (i, j) and the mean of the rows that are neither, written out."""
    functions = np.column_stack([np.ones(len(pair.codes)), cause.features])
    terms = [(a, b) for a in range(functions.shape[1]) for b in range(a, functions.shape[1])]
    here = residuals(effect.features, cause.basis)
    if not effect.categorical:
        here = np.column_stack([here[:, 0], residuals(np.abs(here[:, 0]), cause.basis)])
    symmetric, third, products, place = [], [], [], []
    for e in range(len(pair.sizes)):
        rows = np.flatnonzero(pair.codes == e)
        for i, j in permutations(rows, 2):
            one, two = functions[i], functions[j]
            symmetric.append([one[a] * two[b] + one[b] * two[a] for a, b in terms])
            third.append(cause.features[[k for k in rows if k not in (i, j)]].mean(axis=0))
            products.append(here[i] * here[j])
            place.append(e)
    left, right = (residuals(np.array(part), np.array(symmetric)) for part in (third, products))
    joint = (right[:, :, None] * left[:, None, :]).reshape(len(left), -1)
    sums = np.array([joint[np.array(place) == e].sum(axis=0) for e in range(len(pair.sizes))])
    n = pair.sizes[:, None]
    return sums / (0.2 + 0.8 / n) ** 3 / (n * (n - 1))


@pytest.mark.parametrize("cause_cut", [False, True])
@pytest.mark.parametrize("effect_cut", [False, True])
def test_against_loops(cause_cut: bool, effect_cut: bool) -> None:
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(12), rng.integers(3, 6, size=12))
    x = rng.normal(size=12)[codes] + rng.normal(size=len(codes))
    y = x + rng.normal(size=len(codes))
    x = np.digitize(x, [-0.5, 0.5]) if cause_cut else x
    y = np.digitize(y, [-0.5, 0.5]) if effect_cut else y
    cause, effect, pair = arranged(x, y, codes)
    found = three_row_statement(cause, effect, pair).observed
    np.testing.assert_allclose(found, by_loops(cause, effect, pair), atol=1e-8)


def blind_pair(
    seed: int, dependence: float, n_environments: int = 200
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Effects in which the share of the noise that is common to an environment depends on the cause's level.

    Given its own cause, one effect has the same law at every level of the cause: no two rows show anything.
    """
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(n_environments), 6)
    level = 1.5 * rng.normal(size=n_environments)
    share = expit(dependence * level)
    intercept = np.sqrt(2 * share) * rng.normal(size=n_environments)
    x = level[codes] + rng.normal(size=len(codes))
    noise = np.sqrt(2 * (1 - share))[codes] * rng.normal(size=len(codes))
    return x, x + intercept[codes] + noise, codes


def pvalues(dependence: float, trials: int) -> np.ndarray:
    found = []
    for seed in range(trials):
        cause, effect, pair = arranged(*blind_pair(seed, dependence))
        statement = three_row_statement(cause, effect, pair)
        found.append(flip_tests([statement], np.random.default_rng(seed), n_flips=199)[0].pvalue)
    return np.array(found)


def test_level() -> None:
    assert np.sum(pvalues(0.0, 100) <= 0.05) <= binom.ppf(0.9999, 100, 0.08)


def test_a_shared_part_that_depends_on_the_cause_is_seen() -> None:
    assert np.sum(pvalues(1.5, 20) <= 0.05) >= 15
