"""A child of the outcome that a mutable variable can cut off: exact risks as integrals over smooth pieces."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

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

_NODES_PER_PIECE = 8
_NOISE_NODES = 48


@dataclass(frozen=True)
class Interaction(MutableWorld):
    """Y uniform on (0, 1); M one of K levels; X = Y unless M is the level of Y; Z = Y plus noise."""

    n_levels: int = 10
    noise: float = 0.3

    stable = ("X", "Z")
    mutable = ("M",)
    arrows = ((OUTCOME, "M"), (OUTCOME, "X"), ("M", "X"), (OUTCOME, "Z"))
    formula = (
        "y ~ U(0, 1); M = floor(K y) with probability follow, else uniform on 0, ..., K - 1; X = y if "
        "floor(K y) differs from M, else fresh U(0, 1); Z = y + noise N(0, 1)"
    )

    def draw(self, follow: Floats, streams: Sequence[np.random.Generator]) -> Columns:
        n = len(follow)
        y = streams[0].random(n)
        level = np.floor(self.n_levels * y).astype(np.int64)
        m = np.where(streams[1].random(n) < follow, level, streams[2].integers(self.n_levels, size=n))
        x = np.where(level == m, streams[3].random(n), y)
        return {OUTCOME: y, "M": m, "X": x, "Z": y + self.noise * streams[4].normal(size=n)}

    def worst_case_risk(self) -> Risks:
        weights, losses = _losses(self.n_levels, self.noise)
        return {subset: float(weights @ loss.max(axis=1)) for subset, loss in losses.items()}

    def environment_risk(self, follow: Floats) -> EnvironmentRisks:
        weights, losses = _losses(self.n_levels, self.noise)
        matched = _matched_level(self.n_levels, len(weights))
        answer = {}
        for subset, loss in losses.items():
            spread = float(weights @ loss.mean(axis=1))
            followed = float(weights @ loss[np.arange(len(weights)), matched])
            answer[subset] = (1 - follow) * spread + follow * followed
        return answer


@lru_cache(maxsize=32)
def _losses(n_levels: int, noise: float) -> tuple[Floats, dict[Subset, Floats]]:
    """Weights of nodes y (q,), and E (y - f_S)^2 given y and do(M = m) for every subset, shape (q, K).

    Only whether m is the level of y decides how X comes about; all pieces between levels are smooth.
    """
    nodes, weights = _uniform_nodes(n_levels, noise)
    predict = _Predictors(n_levels, noise)
    levels = np.arange(n_levels)
    matched = _matched_level(n_levels, len(nodes))[:, None] == levels
    y = nodes[:, None]
    noise_nodes, noise_weights = _normal_nodes()
    z = nodes[:, None] + noise * noise_nodes
    losses = {}
    for subset in subsets(("X", "Z")):
        if "X" not in subset:
            loss = (y - (predict.with_z(z) if "Z" in subset else 0.5)) ** 2
            mean = loss @ noise_weights if "Z" in subset else loss[:, 0]
            losses[subset] = np.repeat(mean[:, None], n_levels, axis=1)
        elif "Z" not in subset:
            kept = (y - predict.with_x(y, levels)) ** 2
            fresh = (y[:, :, None] - predict.with_x(nodes, levels[:, None])) ** 2 @ weights
            losses[subset] = np.where(matched, fresh, kept)
        else:
            kept = (y[:, :, None] - predict.with_both(y[:, :, None], z[:, None], levels[:, None])) ** 2
            cut_off = _loss_of_fresh_x(predict, nodes, weights, z, noise_weights)
            losses[subset] = np.where(matched, cut_off[:, None], kept @ noise_weights)
    return weights, losses


def _loss_of_fresh_x(
    predict: "_Predictors", nodes: Floats, weights: Floats, z: Floats, noise_weights: Floats
) -> Floats:
    """E (y - f(X, Z, m))^2 for every node y where m is the level of y, so that X is independent of y."""
    own = _matched_level(predict.n_levels, len(nodes))
    per_level = len(nodes) // predict.n_levels
    answer = []
    # One level at a time: all nodes y by all x by all z at once would not fit for many levels.
    for start in range(0, len(nodes), per_level):
        part = slice(start, start + per_level)
        f = predict.with_both(nodes[None, None], z[part, :, None], own[part, None, None])
        answer.append(np.einsum("yzx,z,x->y", (nodes[part, None, None] - f) ** 2, noise_weights, weights))
    return np.concatenate(answer)


@dataclass(frozen=True)
class _Predictors:
    """E[Y | x_S, do(M = m)] of the subsets; x may be anything in (0, 1), z any number, m a level."""

    n_levels: int
    noise: float

    def with_z(self, z: Floats) -> Floats:
        mass, moment = self._window(z, 0.0, 1.0)
        return moment / mass

    def with_x(self, x: Floats, m: Integers) -> Floats:
        centre = (m + 0.5) / self.n_levels
        trusted = (self.n_levels * x + centre) / (self.n_levels + 1)
        return np.where(np.floor(self.n_levels * x) == m, centre, trusted)

    def with_both(self, x: Floats, z: Floats, m: Integers) -> Floats:
        """Either Y is x, or Y is anywhere in level m: both by their likelihood given z."""
        mass, moment = self._window(z, m / self.n_levels, (m + 1) / self.n_levels)
        same = np.where(np.floor(self.n_levels * x) == m, 0.0, _density((z - x) / self.noise) / self.noise)
        return (same * x + moment) / (same + mass)

    def _window(self, z: Floats, low: Floats | float, high: Floats | float) -> tuple[Floats, Floats]:
        """Integrals over u in (low, high) of the density of z given u, and of u times it."""
        a, b = (low - z) / self.noise, (high - z) / self.noise
        # Of two equal differences of the distribution function, the one in the lower tail keeps its digits.
        mass = np.where(a > 0, ndtr(-a) - ndtr(-b), ndtr(b) - ndtr(a))
        return mass, z * mass + self.noise * (_density(a) - _density(b))


def _density(u: Floats) -> Floats:
    return np.exp(-(u**2) / 2) / np.sqrt(2 * np.pi)


def _uniform_nodes(n_levels: int, noise: float) -> tuple[Floats, Floats]:
    """Gauss-Legendre nodes and weights on (0, 1): equal pieces of a level, none wider than the noise."""
    pieces = n_levels * int(np.ceil(1 / (n_levels * noise)))
    points, weights = np.polynomial.legendre.leggauss(_NODES_PER_PIECE)
    nodes = (np.arange(pieces)[:, None] + (points + 1) / 2) / pieces
    return nodes.ravel(), np.tile(weights / 2 / pieces, pieces)


def _normal_nodes() -> tuple[Floats, Floats]:
    points, weights = np.polynomial.hermite_e.hermegauss(_NOISE_NODES)
    return points, weights / weights.sum()


def _matched_level(n_levels: int, n_nodes: int) -> Integers:
    return np.repeat(np.arange(n_levels), n_nodes // n_levels)
