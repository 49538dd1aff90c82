"""The multiplicative world: exact risks against a fine grid, and rows that have them."""

import numpy as np
import pytest

from causalkit.datasets import make_mutable_scm
from causalkit.datasets._mutable_multiplicative import Multiplicative
from causalkit.datasets._mutable_world import subsets

NONE, X, Z, XZ = frozenset(), frozenset("X"), frozenset("Z"), frozenset("XZ")


def linear_predictor(subset: frozenset[str], m: np.ndarray, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Weights of x and z in E[Y | x_S, do(m)] from the covariance of (x, z), shape of ``m`` each."""
    covariance = np.empty((*m.shape, 2, 2))
    covariance[..., 0, 0], covariance[..., 1, 1] = m**2 + 1, 1 + noise**2
    covariance[..., 0, 1] = covariance[..., 1, 0] = m
    shared = np.stack([m, np.ones_like(m)], axis=-1)
    keep = np.array(["X" in subset, "Z" in subset])
    # A variable that is not seen has no weight: no covariance with anything, and a variance of one.
    covariance = np.where(np.outer(keep, keep), covariance, np.eye(2))
    weights = np.linalg.solve(covariance, (shared * keep)[..., None])[..., 0]
    return weights[..., 0], weights[..., 1]


def losses(subset: frozenset[str], y: np.ndarray, m: np.ndarray, noise: float) -> np.ndarray:
    a, b = linear_predictor(subset, m, noise)
    y = y[:, None]
    return (y - a * m * y - b * y) ** 2 + a**2 + b**2 * noise**2


@pytest.mark.parametrize(("noise", "bound"), [(2.0, 2.0), (1.0, 2.0), (2.0, 0.5), (0.6, 1.0), (10.0, 3.0)])
def test_risks_against_a_grid(noise: float, bound: float) -> None:
    world = Multiplicative(noise, bound)
    y = np.linspace(-9, 9, 3601)
    weights = np.exp(-(y**2) / 2)
    m = np.linspace(-bound, bound, 801)
    worst, environment = world.worst_case_risk(), world.environment_risk(np.array([0.0, 1.0]))
    followed = world.worst_value(y)
    assert followed.min() >= 0
    assert followed.max() <= bound
    ends = np.where(np.isin(np.arange(801), [0, 800]), 0.5, 1.0)
    for subset in subsets(("X", "Z")):
        table = losses(subset, y, m, noise)
        assert worst[subset] == pytest.approx(np.average(table.max(axis=1), weights=weights), rel=1e-4)
        spread = np.average(table @ ends / ends.sum(), weights=weights)
        assert environment[subset][0] == pytest.approx(spread, rel=1e-4)
        single = np.array([losses(subset, y[[i]], followed[[i]], noise)[0, 0] for i in range(0, 3601, 4)])
        assert environment[subset][1] == pytest.approx(np.average(single, weights=weights[::4]), rel=1e-4)


def test_reference_values() -> None:
    """noise 2, bound 2, to three decimals: {Z} .800, {X, Z} .824, {X} 1.079."""
    risk = Multiplicative().worst_case_risk()
    found = [risk[subset] for subset in (NONE, Z, XZ, X)]
    np.testing.assert_allclose(found, [1.0, 0.8, 0.824, 1.079], atol=5e-4)


@pytest.mark.parametrize("noise", [0.1, 0.5, 1.0, 3.0])
def test_closed_form_of_z(noise: float) -> None:
    assert Multiplicative(noise).worst_case_risk()[Z] == pytest.approx(noise**2 / (1 + noise**2), rel=1e-12)


@pytest.mark.parametrize("follow", [0.0, 0.4, 1.0])
def test_rows_have_the_stated_risk(follow: float) -> None:
    data = make_mutable_scm("multiplicative", n_rows=40_000, follow=[follow], random_state=0)
    for subset in subsets(("X", "Z")):
        a, b = linear_predictor(subset, data.X["M"].to_numpy(), noise=2.0)
        loss = (data.y - a * data.X["X"] - b * data.X["Z"]) ** 2
        error = loss.std() / np.sqrt(len(loss))
        assert abs(loss.mean() - data.environment_risk[subset][0]) < 4 * error


def test_mechanisms() -> None:
    data = make_mutable_scm("multiplicative", n_rows=5000, follow=(0, 0.5), bound=1.5, random_state=3)
    X, y = data.X, data.y
    assert X["M"].abs().max() <= 1.5
    noises = np.column_stack([X["X"] - X["M"] * y, (X["Z"] - y) / 2, y])
    np.testing.assert_allclose(noises.std(axis=0), 1, atol=4 / np.sqrt(2 * len(y)))
    assert np.abs(np.corrcoef(noises.T) - np.eye(3)).max() < 4 / np.sqrt(len(y))
    follows = X["M"].to_numpy() == Multiplicative(2.0, 1.5).worst_value(y.to_numpy())
    share = follows[data.environments == 1].mean()
    assert not follows[data.environments == 0].any()
    assert abs(share - 0.5) < 4 * 0.5 / np.sqrt(5000)
    free = X["M"][~follows] / 1.5
    assert abs(free.mean()) < 4 / np.sqrt(3 * len(free))
    assert (free**2).mean() == pytest.approx(1 / 3, rel=0.03)
