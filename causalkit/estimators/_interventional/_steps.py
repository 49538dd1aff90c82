"""Mechanisms of one new row, and what they make of an outcome together: exact sums or evenly spread draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from causalkit.estimators._interventional._companions import joint_codes
from causalkit.estimators._interventional._tables import Factor, law_of

Floats = NDArray[np.float64]
Values = Mapping[int, Floats]

N_DRAWS = 2**13


@dataclass(frozen=True)
class TableStep:
    """A categorical variable: chances of its levels, an axis for each parent and a last one of its own."""

    child: int
    parents: tuple[int, ...]
    table: Floats

    def factor(self) -> Factor:
        """The table with the names of its axes."""
        return Factor((*self.parents, self.child), self.table)

    def chances(self, values: Values, n_draws: int) -> Floats:
        """Chances of the levels in each draw, shape (n_draws, n_levels)."""
        codes = joint_codes([values[parent] for parent in self.parents], self.table.shape[:-1], n_draws)
        return self.table.reshape(-1, self.table.shape[-1])[codes]

    def draw(self, values: Values, normal: Floats) -> Floats:
        """Turn standard normal numbers into codes of levels."""
        return _level(self.chances(values, len(normal)), normal)


@dataclass(frozen=True)
class LevelStep:
    """A categorical variable: chances of its levels given its parents' values, shape (n, n_parents)."""

    child: int
    parents: tuple[int, ...]
    predict: Callable[[Floats], Floats]

    def chances(self, values: Values, n_draws: int) -> Floats:
        """Chances of the levels in each draw, shape (n_draws, n_levels)."""
        return self.predict(_stacked(values, self.parents, n_draws))

    def draw(self, values: Values, normal: Floats) -> Floats:
        """Turn standard normal numbers into codes of levels."""
        return _level(self.chances(values, len(normal)), normal)


@dataclass(frozen=True)
class NumberStep:
    """A continuous variable: its mean and variance given its parents' values, shape (n, n_parents)."""

    child: int
    parents: tuple[int, ...]
    predict: Callable[[Floats], tuple[Floats, Floats]]

    def moments(self, values: Values, n_draws: int) -> tuple[Floats, Floats]:
        """Mean and variance in each draw."""
        return self.predict(_stacked(values, self.parents, n_draws))

    def draw(self, values: Values, normal: Floats) -> Floats:
        """Turn standard normal numbers into values."""
        mean, variance = self.moments(values, len(normal))
        return mean + np.sqrt(variance) * normal


Step = TableStep | LevelStep | NumberStep


def outcome_law(steps: Sequence[Step], fixed: Mapping[int, float]) -> Floats:
    """Chances of the last step's levels, or its mean and standard deviation, with some variables held fixed.

    Parameters
    ----------
    steps : sequence of TableStep, LevelStep or NumberStep
        The mechanisms in play, causes before effects, the outcome's last.
    fixed : mapping of int to float
        Intervened variables and their codes or numbers.
    """
    tables = [step for step in steps if isinstance(step, TableStep)]
    if len(tables) == len(steps):
        positions = {v: int(value) for v, value in fixed.items()}
        return law_of([step.factor() for step in tables], steps[-1].child, positions)
    *before, last = steps
    n_draws = N_DRAWS if before else 1
    values = {v: np.full(n_draws, value) for v, value in fixed.items()}
    for step, normal in zip(before, normal_points(n_draws, len(before)).T, strict=True):
        values[step.child] = step.draw(values, normal)
    if not isinstance(last, NumberStep):
        return last.chances(values, n_draws).mean(axis=0)
    mean, variance = last.moments(values, n_draws)
    return np.array([mean.mean(), np.sqrt(variance.mean() + mean.var())])


def how_computed(steps: Sequence[Step]) -> str:
    """How :func:`outcome_law` comes to its answer, in words."""
    if all(isinstance(step, TableStep) for step in steps):
        return "exact sum over levels"
    if len(steps) == 1:
        return "prediction of the outcome at fixed values of its causes"
    return f"{N_DRAWS} evenly spread draws (exact where all mechanisms are linear)"


def change(before: Step, after: Step, fixed: Mapping[int, float], at: Values, n_points: int) -> float:
    """How far a mechanism has moved: of a chance, or of a mean in standard deviations, where it moved most.

    Tables are compared at all patterns that the fixed variables leave, other mechanisms at given values.
    """
    if isinstance(before, TableStep) and isinstance(after, TableStep):
        positions = {v: int(value) for v, value in fixed.items()}
        tables = [step.factor().fixed(positions).table for step in (before, after)]
        return float(np.abs(tables[0] - tables[1]).max())
    if isinstance(before, NumberStep) and isinstance(after, NumberStep):
        (mean, variance), (moved, _) = before.moments(at, n_points), after.moments(at, n_points)
        return float((np.abs(moved - mean) / np.sqrt(variance)).max())
    assert isinstance(before, LevelStep) and isinstance(after, LevelStep)
    return float(np.abs(after.chances(at, n_points) - before.chances(at, n_points)).max())


def _stacked(values: Values, parents: tuple[int, ...], n_draws: int) -> Floats:
    return np.column_stack([np.empty((n_draws, 0)), *(values[parent] for parent in parents)])


def _level(chances: Floats, normal: Floats) -> Floats:
    steps = chances.cumsum(axis=1)[:, :-1]
    return (ndtr(normal)[:, None] > steps).sum(axis=1).astype(np.float64)


def normal_points(n_points: int, n_columns: int) -> Floats:
    """Evenly spread points of independent standard normal variables, always the same ones.

    They form a Kronecker sequence with the steps of the generalised golden ratio. Their means, variances and
    covariances are exactly 0, 1 and 0, so that linear mechanisms get the mean and variance of the formula.
    """
    if not n_columns:
        return np.empty((n_points, 0))
    ratio = 2.0
    for _ in range(64):
        ratio = (1 + ratio) ** (1 / (n_columns + 1))
    steps = ratio ** -np.arange(1.0, n_columns + 1)
    normal = ndtri((0.5 + np.arange(1, n_points + 1)[:, None] * steps) % 1)
    normal -= normal.mean(axis=0)
    root = np.linalg.cholesky(normal.T @ normal / n_points)
    return np.linalg.solve(root, normal.T).T
