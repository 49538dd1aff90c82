"""Mechanisms against the law that the data were drawn from."""

import numpy as np
import pytest
from scipy.stats import norm

from causalkit.estimators._minimax._levels import read_levels
from causalkit.estimators._minimax._mechanism import fit_mechanism


def fit(values, parents, environments):
    levels = read_levels(values)
    return fit_mechanism(values, parents, environments, levels, np.random.default_rng(0)), levels


@pytest.fixture(scope="module")
def levels_world():
    rng = np.random.default_rng(1)
    parent, environments = rng.integers(3, size=6000), rng.integers(2, size=6000)
    table = np.array([[[0.7, 0.2, 0.1], [0.2, 0.6, 0.2], [0.1, 0.1, 0.8]], np.full((3, 3), 1 / 3)])
    steps = table[environments, parent].cumsum(axis=1)[:, :-1]
    values = (rng.random(6000)[:, None] > steps).sum(axis=1).astype(float)
    return values, parent[:, None].astype(float), environments, table


def test_levels_have_their_probabilities_in_each_environment(levels_world):
    values, parents, environments, table = levels_world
    found, _ = fit(values, parents, environments)
    expected = table[:, parents[:, 0].astype(int)].swapaxes(0, 1)
    np.testing.assert_allclose(found.probability, expected, atol=0.06)
    np.testing.assert_allclose(found.share, np.bincount(environments) / 6000)


def test_the_marginal_is_the_mean_of_the_conditional_laws(levels_world):
    found, _ = fit(*levels_world[:3])
    np.testing.assert_allclose(found.level_marginal.sum(), 1)
    own = found.level_marginal[levels_world[0].astype(int)]
    np.testing.assert_allclose(found.marginal, own, rtol=1e-9)
    rows = np.arange(6000)
    np.testing.assert_allclose(
        found.density, found.probability[rows, :, levels_world[0].astype(int)], rtol=1e-9
    )


def test_a_normal_law_is_recognised():
    rng = np.random.default_rng(2)
    parent, environments = rng.normal(size=3000), rng.integers(2, size=3000)
    slope = np.where(environments == 0, 1.0, -1.0)
    values = slope * parent + 0.3 * rng.normal(size=3000)
    found, _ = fit(values, parent[:, None], environments)
    expected = np.stack([norm.pdf(values, s * parent, 0.3) for s in (1.0, -1.0)], axis=1)
    own = found.density[np.arange(3000), environments]
    assert np.median(np.abs(own / expected[np.arange(3000), environments] - 1)) < 0.1
    np.testing.assert_allclose(found.probability.sum(axis=2), 1, atol=1e-9)


def test_a_law_with_two_humps_is_left_to_levels():
    rng = np.random.default_rng(3)
    parent = rng.normal(size=3000)
    values = np.sign(rng.normal(size=3000)) * (2 + np.abs(parent)) + 0.1 * rng.normal(size=3000)
    found, levels = fit(values, parent[:, None], np.zeros(3000, dtype=np.intp))
    codes = levels.codes(values)
    likelihood = np.log(found.probability[np.arange(3000), 0, codes]).mean()
    assert likelihood > np.log(1 / levels.n_levels) + 0.3


def test_small_environments_share_a_law():
    rng = np.random.default_rng(4)
    environments = np.r_[np.repeat([0, 1], 200), np.repeat(np.arange(2, 12), 10)]
    found, _ = fit(rng.integers(2, size=500).astype(float), rng.normal(size=(500, 1)), environments)
    np.testing.assert_allclose(sorted(found.share), [0.2, 0.4, 0.4])


def test_a_tiny_remainder_joins_the_largest_environment():
    rng = np.random.default_rng(5)
    environments = np.r_[np.zeros(200), np.ones(100), np.full(5, 2)].astype(np.intp)
    found, _ = fit(rng.integers(2, size=305).astype(float), rng.normal(size=(305, 1)), environments)
    np.testing.assert_allclose(sorted(found.share), [100 / 305, 205 / 305])


def test_a_variable_without_parents_has_its_frequencies():
    rng = np.random.default_rng(6)
    values = (rng.random(2000) < 0.3).astype(float)
    found, _ = fit(values, np.zeros((2000, 0)), np.zeros(2000, dtype=np.intp))
    np.testing.assert_allclose(found.probability[:, 0, 1], values.mean(), atol=0.02)
