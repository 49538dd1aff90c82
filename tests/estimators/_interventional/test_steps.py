"""Mechanisms of a new row put together: exact sums, formulas for linear mechanisms, quadrature for others."""

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import norm

from causalkit.estimators._interventional._steps import (
    LevelStep,
    NumberStep,
    TableStep,
    change,
    how_computed,
    normal_points,
    outcome_law,
)

Array = np.ndarray


def linear(child: int, parents: tuple[int, ...], *weights: float, constant: float, sd: float) -> NumberStep:
    def predict(values: Array) -> tuple[Array, Array]:
        return constant + values @ np.array(weights), np.full(len(values), sd**2)

    return NumberStep(child, parents, predict)


def coin(child: int, chance: float) -> TableStep:
    return TableStep(child, (), np.array([1 - chance, chance]))


class TestNormalPoints:
    """Points that behave like independent standard normal draws, only better."""

    @pytest.mark.parametrize("n_columns", [1, 2, 6])
    def test_moments(self, n_columns: int) -> None:
        points = normal_points(4096, n_columns)
        np.testing.assert_allclose(points.mean(axis=0), 0, atol=1e-14)
        np.testing.assert_allclose(points.T @ points / 4096, np.eye(n_columns), atol=1e-12)
        for column in points.T:
            reached = norm.cdf(np.sort(column))
            assert np.abs(reached - (np.arange(4096) + 0.5) / 4096).max() < 0.02
        assert np.array_equal(points, normal_points(4096, n_columns))

    def test_no_columns(self) -> None:
        assert normal_points(8, 0).shape == (8, 0)


class TestLinearMechanisms:
    """Mean and standard deviation of the formula, to rounding."""

    def test_chain_and_fork(self) -> None:
        """0 is set; 1 = 1 + 2 x0 + e1, 2 = -x0 + 0.5 x1 + e2, 3 = x1 - x2 + e3."""
        steps = [
            linear(1, (0,), 2.0, constant=1, sd=0.5),
            linear(2, (0, 1), -1.0, 0.5, constant=0, sd=1.5),
            linear(3, (1, 2), 1.0, -1.0, constant=0, sd=1.0),
        ]
        mean, sd = outcome_law(steps, {0: 3.0})
        # 3 = 0.5 x1 + x0 - e2 + e3, x1 = 7 + e1.
        assert mean == pytest.approx(6.5, abs=1e-10)
        assert sd == pytest.approx(np.sqrt(0.25 * 0.25 + 2.25 + 1), abs=1e-10)

    def test_slopes_that_are_uncertain(self) -> None:
        """A variance that grows with the square of the parent averages to its formula as well."""
        effect = NumberStep(2, (1,), lambda values: (values[:, 0], 1 + 0.3 * values[:, 0] ** 2))
        mean, sd = outcome_law([linear(1, (), constant=2, sd=0.7), effect], {0: 1.0})
        assert mean == pytest.approx(2, abs=1e-10)
        assert sd == pytest.approx(np.sqrt(1 + 0.3 * (4 + 0.49) + 0.49), abs=1e-10)

    def test_only_the_outcome_in_play(self) -> None:
        steps = [linear(1, (0,), 2.0, constant=1, sd=0.5)]
        assert outcome_law(steps, {0: 3.0}).tolist() == [7, 0.5]
        assert how_computed(steps) == "prediction of the outcome at fixed values of its causes"

    def test_outcome_without_causes(self) -> None:
        assert outcome_law([linear(1, (), constant=1, sd=0.5)], {0: 3.0}).tolist() == [1, 0.5]


class TestLevels:
    """Categorical variables among the mechanisms."""

    def test_tables_are_summed_exactly(self) -> None:
        child = TableStep(2, (0, 1), np.array([[[0.9, 0.1], [0.5, 0.5]], [[0.2, 0.8], [0.3, 0.7]]]))
        steps = [coin(1, 0.25), child]
        assert outcome_law(steps, {0: 1.0})[1] == pytest.approx(0.75 * 0.8 + 0.25 * 0.7, abs=1e-15)
        assert how_computed(steps) == "exact sum over levels"

    def test_number_after_a_table(self) -> None:
        steps = [coin(1, 0.3), linear(2, (0, 1), 1.0, 2.0, constant=0, sd=0.5)]
        mean, sd = outcome_law(steps, {0: 1.0})
        assert mean == pytest.approx(1.6, abs=1e-3)
        assert sd == pytest.approx(np.sqrt(0.25 + 4 * 0.21), abs=1e-3)
        assert how_computed(steps) == "8192 evenly spread draws (exact where all mechanisms are linear)"

    def test_table_at_the_end_of_draws(self) -> None:
        """1 is a level that a number decides, 2 a table of it."""
        threshold = LevelStep(1, (0,), lambda values: np.column_stack([1 - expit(values), expit(values)]))
        last = TableStep(2, (1,), np.array([[0.9, 0.1], [0.2, 0.8]]))
        chance = expit(0.4)
        law = outcome_law([threshold, last], {0: 0.4})
        np.testing.assert_allclose(law, [0.9 - 0.7 * chance, 0.1 + 0.7 * chance], atol=1e-3)

    def test_level_after_a_number_against_quadrature(self) -> None:
        nodes, weights = np.polynomial.hermite_e.hermegauss(60)
        expected = expit(0.5 + 0.8 * nodes) @ weights / weights.sum()
        level = LevelStep(1, (0,), lambda values: np.column_stack([1 - expit(values), expit(values)]))
        law = outcome_law([linear(0, (), constant=0.5, sd=0.8), level], {7: 0.0})
        assert law[1] == pytest.approx(expected, abs=1e-4)
        assert law.sum() == pytest.approx(1, abs=1e-12)


class TestChange:
    """How far companions moved a mechanism."""

    def test_tables_at_the_patterns_that_are_left(self) -> None:
        before = TableStep(1, (0,), np.array([[0.5, 0.5], [0.5, 0.5]]))
        after = TableStep(1, (0,), np.array([[0.9, 0.1], [0.4, 0.6]]))
        assert change(before, after, {0: 1.0}, {}, 0) == pytest.approx(0.1)
        assert change(before, after, {}, {}, 0) == pytest.approx(0.4)

    def test_numbers_in_standard_deviations(self) -> None:
        before, after = (linear(1, (0,), 1.0, constant=c, sd=2) for c in (0, 3))
        assert change(before, after, {}, {0: np.array([1.0, 5.0])}, 2) == pytest.approx(1.5)

    def test_levels(self) -> None:
        before, after = (LevelStep(1, (0,), lambda _, p=p: np.array([[1 - p, p]])) for p in (0.5, 0.75))
        assert change(before, after, {}, {0: np.array([1.0])}, 1) == pytest.approx(0.25)
