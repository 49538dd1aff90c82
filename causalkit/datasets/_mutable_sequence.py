"""Two mutable variables in sequence on a discrete world: exact risks by backward induction."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

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

Integers = NDArray[np.int64]

# Where M1 is 0: how much blurrier X1 is, and the chance that X2 is y rather than any level. Averaged over M2
# this is worse than M1 = 1, so that an adversary who does not look ahead to M2 takes the harmless M1 = 0.
_BLUR = 1.1
_KEPT = 0.7

# Gains of a policy below this are rounding: the lowest of equally bad values is taken.
_DECIMALS = 12


@dataclass(frozen=True)
class Policy:
    """What the two mutable variables do: M1 given y, shape (K,); M2 given y, M1 and X1, shape (K, 2, K)."""

    first: Integers
    second: Integers


@dataclass(frozen=True)
class SequenceWorld(MutableWorld):
    """M1 = 1 sharpens X1 and X2, and lets M2 cut X2 off from Y.

    Tables have their axes in the order (y, M1, X1, M2, X2, Z), of length 1 where a variable does not enter.
    """

    n_levels: int = 5
    noise: float = 1.8

    stable = ("X1", "X2", "Z")
    mutable = ("M1", "M2")
    arrows = (
        (OUTCOME, "M1"),
        (OUTCOME, "X1"),
        ("M1", "X1"),
        (OUTCOME, "M2"),
        ("M1", "M2"),
        ("X1", "M2"),
        (OUTCOME, "X2"),
        ("M1", "X2"),
        ("M2", "X2"),
        (OUTCOME, "Z"),
    )
    formula = (
        "y uniform on 0, ..., K - 1; M1 in {0, 1} and M2 in {0, ..., K - 1} each take the value that is "
        "worst for {X1, X2, Z} given their parents with probability follow, else any value; Z and X1 are "
        "v = 0, ..., K - 1 with weights exp(-(v - y)^2 / (2 s^2)), s = noise, but s = 1.1 noise for X1 where "
        "M1 = 0; X2 is uniform where M1 = 1 and M2 = y, y elsewhere where M1 = 1, and y with probability .7, "
        "else uniform, where M1 = 0"
    )

    def draw(self, follow: Floats, streams: Sequence[np.random.Generator]) -> Columns:
        n, policy = len(follow), self.worst_policy(frozenset(self.stable))
        y = streams[0].integers(self.n_levels, size=n)
        m1 = np.where(streams[1].random(n) < follow, policy.first[y], streams[2].integers(2, size=n))
        x1 = _sample(self.p_x1[:, :, :, 0, 0, 0][y, m1], streams[3])
        free = streams[5].integers(self.n_levels, size=n)
        m2 = np.where(streams[4].random(n) < follow, policy.second[y, m1, x1], free)
        x2 = _sample(self.p_x2[:, :, 0, :, :, 0][y, m1, m2], streams[6])
        z = _sample(self.p_z[:, 0, 0, 0, 0][y], streams[7])
        return {OUTCOME: y, "M1": m1, "X1": x1, "M2": m2, "X2": x2, "Z": z}

    def worst_case_risk(self) -> Risks:
        return {subset: self._risk(subset, self.worst_policy(subset), 1.0) for subset in subsets(self.stable)}

    def environment_risk(self, follow: Floats) -> EnvironmentRisks:
        policy = self.worst_policy(frozenset(self.stable))
        return {
            subset: np.array([self._risk(subset, policy, float(p)) for p in follow])
            for subset in subsets(self.stable)
        }

    def worst_policy(self, subset: Subset) -> Policy:
        """Return the deterministic policy with the largest risk of the subset's predictor.

        What M2 sees contains what M1 saw, so that going backward finds the maximum over all policies.
        """
        loss = self.expected_loss(subset)
        later = (self.p_x1[:, :, :, 0, 0, 0] * loss.max(axis=3)).sum(axis=2)
        first, second = (np.round(table, _DECIMALS).argmax(axis=-1) for table in (later, loss))
        return Policy(first, second)

    def expected_loss(self, subset: Subset) -> Floats:
        """Return E (y - f_S)^2 given (y, M1, X1, M2), shape (K, 2, K, K)."""
        error = (self._levels(0) - self.predictor(subset)) ** 2
        return np.asarray((error * self.p_x2 * self.p_z).sum(axis=(4, 5)))

    def predictor(self, subset: Subset) -> Floats:
        """Return E[y | x_S, do(M1, M2)] with an axis of length 1 for y and for every variable outside."""
        joint = self.p_x1 * self.p_x2 * self.p_z / self.n_levels
        outside = tuple(axis for axis, name in ((2, "X1"), (4, "X2"), (5, "Z")) if name not in subset)
        seen = joint.sum(axis=outside, keepdims=True)
        return np.asarray(
            (self._levels(0) * seen).sum(axis=0, keepdims=True) / seen.sum(axis=0, keepdims=True)
        )

    def _risk(self, subset: Subset, policy: Policy, follow: float) -> float:
        """Risk where mutable variables follow the policy with this probability, and take any value else."""
        k = self.n_levels
        first = follow * np.eye(2)[policy.first] + (1 - follow) / 2
        second = follow * np.eye(k)[policy.second] + (1 - follow) / k
        p_x1 = self.p_x1[:, :, :, 0, 0, 0]
        return float(np.einsum("ya,yab,yabc,yabc->", first, p_x1, second, self.expected_loss(subset)) / k)

    @cached_property
    def p_x1(self) -> Floats:
        """P(X1 | y, M1)."""
        both = [_near(self.n_levels, scale) for scale in (_BLUR * self.noise, self.noise)]
        return np.stack(both, axis=1)[:, :, :, None, None, None]

    @cached_property
    def p_x2(self) -> Floats:
        """P(X2 | y, M1, M2)."""
        y, m1, m2, x2 = (
            self._levels(0),
            np.arange(2).reshape(1, 2, 1, 1, 1, 1),
            self._levels(3),
            self._levels(4),
        )
        kept = np.where(m1 == 0, _KEPT, np.where(m2 == y, 0.0, 1.0))
        return np.asarray(kept * (x2 == y) + (1 - kept) / self.n_levels)

    @cached_property
    def p_z(self) -> Floats:
        """P(Z | y)."""
        return _near(self.n_levels, self.noise)[:, None, None, None, None, :]

    def _levels(self, axis: int) -> Integers:
        return np.arange(self.n_levels).reshape([-1 if i == axis else 1 for i in range(6)])


def _near(n_levels: int, scale: float) -> Floats:
    """Probabilities of levels (columns) around each level (rows) that fall like a normal density."""
    levels = np.arange(n_levels)
    weights = np.exp(-(((levels[:, None] - levels) / scale) ** 2) / 2)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _sample(probabilities: Floats, rng: np.random.Generator) -> Integers:
    """Draw a level for each row of probabilities, shape (n, K)."""
    steps = probabilities.cumsum(axis=1)[:, :-1]
    return np.asarray((rng.random(len(steps))[:, None] >= steps).sum(axis=1))
