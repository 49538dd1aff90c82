"""The published world: names, arrows, and how little the stable variables explain."""

import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import LinearRegression

from causalkit.datasets import make_mutable_scm
from causalkit.datasets._mutable_published import Published


def test_names_and_arrows() -> None:
    world = Published()
    assert set(world.stable) | set(world.mutable) == {f"X{i}" for i in range(1, 11)}
    assert {child for parent, child in world.arrows if parent == "y"} == {"X1", "X9"}
    assert {parent for parent, child in world.arrows if child == "X10"} == {"X5", "X3", "X8"}


def test_the_mutable_child_is_noise_where_its_amplitude_is_zero() -> None:
    data = make_mutable_scm("published", n_rows=4000, follow=[0.0, 5.0], random_state=0)
    for code, largest in ((0, 0.07), (1, 1.0)):
        rows = data.environments == code
        assert abs(np.corrcoef(data.X.loc[rows, "X9"], data.y[rows])[0, 1]) < largest
    assert np.corrcoef(data.X.loc[rows, "X9"], data.y[rows])[0, 1] > 0.9


def test_stable_variables_explain_little() -> None:
    """Where X9 does not depend on y, X1 alone tells of it: slope .63 s'(.565), noise as large as y."""
    data = make_mutable_scm("published", n_rows=[50_000], follow=[0.0], random_state=0)
    share = LinearRegression().fit(data.X, data.y).score(data.X, data.y)
    slope = 0.63 * expit(0.565) * expit(-0.565)
    assert share == pytest.approx(slope**2 / (1 + slope**2), abs=4 * 2 * 0.144 / np.sqrt(50_000))
