"""A child of the outcome whose slope is a mutable variable: exact risks as one-dimensional integrals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.integrate import quad

from causalkit.datasets._mutable_world import (
    OUTCOME,
    Columns,
    EnvironmentRisks,
    Floats,
    MutableWorld,
    Risks,
    Subset,
    subsets,
)

# Beyond so many standard deviations a normal variable does not matter.
_TAIL = 12.0


@dataclass(frozen=True)
class Multiplicative(MutableWorld):
    """Y ~ N(0, 1); M bounded, a function of Y or uniform; X = M Y + N(0, 1); Z = Y plus noise."""

    noise: float = 2.0
    bound: float = 2.0

    stable = ("X", "Z")
    mutable = ("M",)
    arrows = ((OUTCOME, "M"), (OUTCOME, "X"), ("M", "X"), (OUTCOME, "Z"))
    formula = (
        "y ~ N(0, 1); M = the value in [0, bound] that is worst for {X, Z} given y with probability follow, "
        "else U(-bound, bound); X = M y + N(0, 1); Z = y + noise N(0, 1)"
    )

    def draw(self, follow: Floats, streams: Sequence[np.random.Generator]) -> Columns:
        n = len(follow)
        y = streams[0].normal(size=n)
        free = streams[2].uniform(-self.bound, self.bound, size=n)
        m = np.where(streams[1].random(n) < follow, self.worst_value(y), free)
        x = m * y + streams[3].normal(size=n)
        return {OUTCOME: y, "M": m, "X": x, "Z": y + self.noise * streams[4].normal(size=n)}

    def worst_value(self, y: Floats) -> Floats:
        """Return the m in [0, bound] with the largest E (y - f_{X,Z})^2 given y."""
        precision = _precision(frozenset("XZ"), self.noise)
        return np.sqrt(np.clip(1 - 2 * y**2 - precision, 0, self.bound**2))

    def worst_case_risk(self) -> Risks:
        return {subset: self._worst(subset) for subset in subsets(self.stable)}

    def environment_risk(self, follow: Floats) -> EnvironmentRisks:
        answer = {}
        for subset in subsets(self.stable):
            free = _spread_loss(subset, self.noise, self.bound)
            answer[subset] = (1 - follow) * free + follow * self._followed(subset)
        return answer

    def _worst(self, subset: Subset) -> float:
        precision = _precision(subset, self.noise)
        if "X" not in subset:
            return 1 / (1 + precision)
        return _normal_mean(lambda y: _loss(y, np.clip(1 - 2 * y**2, precision, precision + self.bound**2)))

    def _followed(self, subset: Subset) -> float:
        precision = _precision(subset, self.noise)
        if "X" not in subset:
            return 1 / (1 + precision)
        return _normal_mean(lambda y: _loss(y, precision + self.worst_value(y) ** 2))


def _precision(subset: Subset, noise: float) -> float:
    """What Z adds to the precision of Y."""
    return 1 / noise**2 if "Z" in subset else 0.0


def _loss(y: Floats, precision: Floats) -> Floats:
    """E (y - f)^2 given y where the predictor is a mean of normal evidence of this precision and N(0, 1)."""
    return (y**2 + precision) / (1 + precision) ** 2


def _spread_loss(subset: Subset, noise: float, bound: float) -> float:
    """Average over y and a uniform m: E 1 / (1 + m^2 + c), the posterior variance of Y."""
    total = 1 + _precision(subset, noise)
    if "X" not in subset:
        return 1 / total
    return float(np.arctan(bound / np.sqrt(total)) / (bound * np.sqrt(total)))


def _normal_mean(function: Callable[[Floats], Floats]) -> float:
    """Mean of an even function of a standard normal variable."""

    def integrand(y: Floats) -> Floats:
        return function(y) * np.sqrt(2 / np.pi) * np.exp(-(y**2) / 2)

    # The functions have kinks where the worst m reaches an end of its range, which takes more pieces.
    return float(quad(integrand, 0, _TAIL, epsabs=1e-12, limit=200)[0])
