"""The interaction world: reference values of exact risks, a world of grid points, and its mechanisms."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad

from causalkit.datasets import make_mutable_scm
from causalkit.datasets._mutable_interaction import Interaction

NONE, X, Z, XZ = frozenset(), frozenset("X"), frozenset("Z"), frozenset("XZ")

# Worst-case risks of the empty set, {Z}, {X} and {X, Z} by number of levels and noise, to four decimals.
REFERENCE = {
    (10, 0.3): (0.0833, 0.0423, 0.1378, 0.0685),
    (5, 0.3): (0.0833, 0.0423, 0.1163, 0.0527),
    (10, 0.2): (0.0833, 0.0256, 0.1378, 0.0373),
}


@pytest.mark.parametrize(("n_levels", "noise"), REFERENCE)
def test_reference_values(n_levels: int, noise: float) -> None:
    risk = Interaction(n_levels, noise).worst_case_risk()
    expected = REFERENCE[n_levels, noise]
    np.testing.assert_allclose([risk[subset] for subset in (NONE, Z, X, XZ)], expected, atol=5e-5)


def test_average_and_worst_case_choose_oppositely() -> None:
    """Values under a random M from the same source: .0091 for {X, Z}, .0423 for {Z}."""
    average = Interaction().environment_risk(np.zeros(1))
    np.testing.assert_allclose([average[XZ][0], average[Z][0]], [0.0091, 0.0423], atol=5e-5)


def grid_world(n_levels: int, noise: float, per_level: int) -> tuple[np.ndarray, np.ndarray]:
    """Worst case and average over m of E (y - E[y | x, z, do(m)])^2, y and x on a grid, z on another one.

    Bayes' rule over all points of the grid; nothing is integrated by hand.
    """
    n = n_levels * per_level
    y = (np.arange(n) + 0.5) / n
    level = np.arange(n) // per_level
    z = np.arange(-6 * noise, 1 + 6 * noise, noise / 8)
    p_z = np.exp(-(((z - y[:, None]) / noise) ** 2) / 2)
    p_z /= p_z.sum(axis=1, keepdims=True)
    losses = np.empty((n, n_levels))
    for m in range(n_levels):
        p_x = np.where((level == m)[:, None], 1 / n, np.eye(n))
        joint = p_x[:, :, None] * p_z[:, None, :]
        f = np.einsum("y,yxz->xz", y, joint) / np.maximum(joint.sum(axis=0), 1e-300)
        losses[:, m] = np.einsum("yxz,yxz->y", joint, (y[:, None, None] - f) ** 2)
    return losses.max(axis=1).mean(), losses.mean()


@pytest.mark.parametrize(("n_levels", "noise"), [*REFERENCE, (2, 0.5), (3, 0.15)])
def test_both_variables_against_a_grid(n_levels: int, noise: float) -> None:
    world = Interaction(n_levels, noise)
    # The error of the grid falls with its width, which two grids take off (Richardson).
    coarse, fine = (np.array(grid_world(n_levels, noise, per_level=n // n_levels)) for n in (30, 60))
    worst, average = 2 * fine - coarse
    assert worst == pytest.approx(world.worst_case_risk()[XZ], rel=0.01)
    assert average == pytest.approx(world.environment_risk(np.zeros(1))[XZ][0], rel=0.02)


@pytest.mark.parametrize("n_levels", [2, 3, 10])
def test_x_alone_by_adaptive_integration(n_levels: int) -> None:
    """With X only, the predictor is (K x + c_m) / (K + 1) outside level m and its centre c_m inside."""
    k = n_levels

    def f(x: float, m: int) -> float:
        centre = (m + 0.5) / k
        return centre if int(k * x) == m else (k * x + centre) / (k + 1)

    def loss(y: float, m: int) -> float:
        if int(k * y) != m:
            return (y - f(y, m)) ** 2
        pieces = pairwise(i / k for i in range(k + 1))
        return sum(quad(lambda x: (y - f(x, m)) ** 2, low + 1e-12, high - 1e-12)[0] for low, high in pieces)

    points = np.polynomial.legendre.leggauss(6)
    y = (np.arange(k)[:, None] + (points[0] + 1) / 2).ravel() / k
    worst = [max(loss(value, m) for m in range(k)) for value in y]
    expected = np.average(worst, weights=np.tile(points[1], k))
    assert Interaction(k).worst_case_risk()[X] == pytest.approx(expected, rel=1e-8)


def test_z_alone_by_adaptive_integration() -> None:
    """E Var(Y | Z) = E Y^2 - E (E[Y | Z])^2, with Z a uniform variable plus noise."""
    t = 0.3

    def integrand(z: float) -> float:
        density = quad(lambda u: np.exp(-(((z - u) / t) ** 2) / 2), 0, 1)[0] / np.sqrt(2 * np.pi) / t
        moment = quad(lambda u: u * np.exp(-(((z - u) / t) ** 2) / 2), 0, 1)[0] / np.sqrt(2 * np.pi) / t
        return moment**2 / density

    expected = 1 / 3 - quad(integrand, -2, 3)[0]
    assert Interaction(10, t).worst_case_risk()[Z] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("follow", [0.0, 0.3, 1.0])
def test_rows_have_the_stated_risk(follow: float) -> None:
    """The predictor of {X}, which is a formula of one line, scored on drawn rows."""
    data = make_mutable_scm(n_rows=40_000, follow=[follow], random_state=0)
    m, x, y = data.X["M"], data.X["X"], data.y
    centre = (m + 0.5) / 10
    f = np.where(np.floor(10 * x) == m, centre, (10 * x + centre) / 11)
    loss = (y - f) ** 2
    assert abs(loss.mean() - data.environment_risk[X][0]) < 4 * loss.std() / np.sqrt(len(loss))


def test_mechanisms() -> None:
    follow = (0, 0.1, 0.5, 1)
    data = make_mutable_scm(n_rows=5000, follow=follow, n_levels=4, random_state=1)
    level = np.floor(4 * data.y)
    matched = data.X["M"] == level
    assert set(data.X["M"]) == set(range(4))
    share = matched.groupby(data.environments).mean()
    expected = np.array(follow) + (1 - np.array(follow)) / 4
    assert (abs(share - expected) <= 4 * np.sqrt(expected * (1 - expected) / 5000)).all()
    assert (data.X["X"][~matched] == data.y[~matched]).all()
    assert not (data.X["X"][matched] == data.y[matched]).any()
    assert abs(np.corrcoef(data.X["X"][matched], data.y[matched])[0, 1]) < 4 / np.sqrt(matched.sum())
    noise = (data.X["Z"] - data.y) / 0.3
    assert abs(noise.mean()) < 4 / np.sqrt(len(noise))
    assert noise.std() == pytest.approx(1, rel=0.03)
