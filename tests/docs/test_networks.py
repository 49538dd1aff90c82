"""The page on networks: its code runs, and its formulas hold in a world small enough to add up."""

from contextlib import redirect_stdout
from io import StringIO
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

PAGE = (Path(__file__).parents[2] / "docs" / "networks.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def ran() -> tuple[dict[str, Any], str]:
    """What the page's code defines, and what it prints."""
    blocks = [part.split("```")[0] for part in PAGE.split("```python\n")[1:]]
    assert blocks
    names: dict[str, Any] = {"__name__": "page"}
    printed = StringIO()
    with redirect_stdout(printed):
        for block in blocks:
            exec(compile(block, "networks.md", "exec"), names)
    return names, printed.getvalue()


def test_the_network_is_a_candidate_of_every_stage(ran: tuple[dict[str, Any], str]) -> None:
    learner, printed = ran[0]["learner"], ran[1]
    assert {"additive", "GraphRegressor"} <= set(learner.final_scores_.index)
    assert {"additive", "GraphRegressor"} <= set(learner.final_weights_.index)
    for name in ("GraphRegressor", "GraphClassifier", "additive"):
        assert name in printed
    assert np.isfinite(learner.predict(ran[0]["world"].X, graph=ran[0]["world"].graph)).all()


def test_every_figure_is_filled_in() -> None:
    assert "{{" not in PAGE


class World:
    """Every combination of an own column and two neighbours' columns, with its probability.

    Nodes with the same own column are alike to a blind model.
    """

    def __init__(self, *, neighbours_change_treatment: float = 0.7) -> None:
        cells = list(product((-1.0, 1.0), (-1.5, -0.5, 0.5, 1.5), (-1.0, 1.0)))
        self.own, C, H = np.array(cells).T
        self.p = np.full(len(cells), 1 / len(cells))
        self.e = expit(0.5 * self.own + neighbours_change_treatment * C)
        self.tau, self.b = 2 + H + 0.5 * C, C
        self.m = self.b + self.e * self.tau
        self.overlap = self.e * (1 - self.e)

    def blind(self, values: np.ndarray, weights: np.ndarray | float = 1.0) -> np.ndarray:
        """Mean among nodes with the same own column."""
        table = pd.DataFrame({"own": self.own, "v": values * weights * self.p, "w": weights * self.p})
        sums = table.groupby("own").transform("sum")
        return (sums["v"] / sums["w"]).to_numpy()

    def mean(self, values: np.ndarray) -> float:
        return float((self.p * values).sum())

    def moments(self, m: np.ndarray, e: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """E[Yr Tr] and E[Tr^2] of each combination, for nuisances m and e: both treatments in turn."""
        upper, lower = self.e * (1 - e), -(1 - self.e) * e
        top = upper * (self.b + self.tau - m) + lower * (self.b - m)
        return top, self.e * (1 - e) ** 2 + (1 - self.e) * e**2


class TestFormulas:
    """What the stages converge to."""

    def test_blind_final_stage(self) -> None:
        world = World()
        top, bottom = world.moments(world.m, world.e)
        found = world.blind(top / bottom, bottom)
        np.testing.assert_allclose(found, world.blind(world.tau, world.overlap))
        within = world.blind(world.tau**2) - world.blind(world.tau) ** 2
        assert world.mean((found - world.tau) ** 2) >= world.mean(within)

    def test_blind_nuisances(self) -> None:
        world = World()
        m, e = world.blind(world.m), world.blind(world.e)
        top, bottom = world.moments(m, e)
        d_m, d_e = world.m - m, world.e - e
        w = world.overlap / (world.overlap + d_e**2)
        np.testing.assert_allclose(top / bottom, w * world.tau + (1 - w) * d_m / d_e)
        constant = world.mean(top) / world.mean(bottom)
        expected = world.mean(world.overlap * world.tau + d_m * d_e) / world.mean(world.overlap + d_e**2)
        assert constant == pytest.approx(expected)
        # The missed parts move together: the effect comes out too large.
        assert constant > world.mean(world.overlap * world.tau) / world.mean(world.overlap) + 0.5

    def test_only_the_outcome_model_is_blind(self) -> None:
        world = World()
        top, bottom = world.moments(world.blind(world.m), world.e)
        np.testing.assert_allclose(top / bottom, world.tau)

    def test_only_the_propensity_is_blind(self) -> None:
        world = World()
        e = world.blind(world.e)
        top, bottom = world.moments(world.m, e)
        w = world.overlap / (world.overlap + (world.e - e) ** 2)
        assert w.max() < 1
        np.testing.assert_allclose(top / bottom, w * world.tau)

    def test_blind_nuisances_where_neighbours_do_not_change_the_treatment(self) -> None:
        world = World(neighbours_change_treatment=0.0)
        top, bottom = world.moments(world.blind(world.m), world.blind(world.e))
        np.testing.assert_allclose(top / bottom, world.tau)

    def test_blind_outcome_models_of_the_t_learner(self) -> None:
        world = World()
        treated, untreated = world.e, 1 - world.e
        found = world.blind(world.b + world.tau, treated) - world.blind(world.b, untreated)
        parts = (
            world.blind(world.tau, treated),
            world.blind(world.b, treated),
            world.blind(world.b, untreated),
        )
        np.testing.assert_allclose(found, parts[0] + parts[1] - parts[2])
        assert (found - world.blind(world.tau) > 0.5).all()

    @pytest.mark.parametrize("blind_outcome", [False, True])
    @pytest.mark.parametrize("blind_propensity", [False, True])
    def test_doubly_robust_score(self, blind_outcome: bool, blind_propensity: bool) -> None:
        world = World()
        mu_1, mu_0, u = world.b + world.tau, world.b, world.e
        model_1, model_0 = mu_1, mu_0
        if blind_outcome:
            model_1, model_0 = world.blind(mu_1, world.e), world.blind(mu_0, 1 - world.e)
        if blind_propensity:
            u = world.blind(u)
        score = model_1 - model_0
        score = score + world.e / u * (mu_1 - model_1) - (1 - world.e) / (1 - u) * (mu_0 - model_0)
        bias = (world.e - u) / u * (mu_1 - model_1) + (world.e - u) / (1 - u) * (mu_0 - model_0)
        np.testing.assert_allclose(score, world.tau + bias)
        assert (np.abs(bias).max() > 0.1) == (blind_outcome and blind_propensity)
