"""Mechanisms with parameters that are drawn anew for each environment: one sampler for each kind of data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

T_DEGREES_OF_FREEDOM = 5


@dataclass(frozen=True)
class Drawn:
    """Values of all variables in a topological order, and the parameters that made them."""

    values: Floats | Integers
    parameters: dict[str, Any] = field(default_factory=dict)


def published_continuous(arrows: Integers, codes: Integers, rng: np.random.Generator) -> Drawn:
    """Two variables: Laplace noises with own locations, a quadratic mechanism in half of the environments."""
    n_environments = int(codes[-1]) + 1
    locations = rng.uniform(-1, 1, size=(n_environments, 2))
    noise = rng.laplace(locations[codes])
    a, c, k = rng.integers(1, 10, size=3)
    quadratic = np.zeros(n_environments, dtype=bool)
    quadratic[rng.permutation(n_environments)[: n_environments // 2]] = True
    values = noise.copy()
    if arrows[0, 1]:
        curve = k * (a * noise[:, 0] ** 2 + (c - 1) * noise[:, 1] ** 2)
        values[:, 1] = a * noise[:, 0] + c * noise[:, 1] + quadratic[codes] * curve
    parameters = {"locations": locations, "a": int(a), "c": int(c), "k": int(k), "quadratic": quadratic}
    return Drawn(values, parameters)


def published_binary(arrows: Integers, codes: Integers, rng: np.random.Generator, *, parity: bool) -> Drawn:
    """Bernoulli noises with own Beta(1, 3) parameters, XOR the product (or the parity) of the parents."""
    n_environments, n_variables = int(codes[-1]) + 1, len(arrows)
    theta = rng.beta(1, 3, size=(n_environments, n_variables))
    values = (rng.random((len(codes), n_variables)) < theta[codes]).astype(np.int64)
    for v in range(n_variables):
        parents = np.flatnonzero(arrows[:, v])
        if len(parents):
            seen = values[:, parents]
            values[:, v] ^= seen.sum(axis=1) % 2 if parity else seen.prod(axis=1)
    return Drawn(values, {"theta": theta})


@dataclass(frozen=True)
class LocationModel:
    """Settings of :func:`location`."""

    icc: Floats
    varying: tuple[str, ...]
    slope_sd: float
    scale_sd: float
    correlation: float
    noise: str
    levels: Mapping[int, int]


def location(arrows: Integers, codes: Integers, rng: np.random.Generator, *, model: LocationModel) -> Drawn:
    """Linear mechanisms whose intercepts, slopes or noise scales vary by environment."""
    n_environments, n_variables = int(codes[-1]) + 1, len(arrows)
    signs = rng.choice([-1.0, 1.0], size=arrows.shape)
    coefficients = arrows * signs * rng.uniform(0.5, 1.5, size=arrows.shape)
    shared = np.sqrt(model.correlation) * rng.normal(size=(n_environments, 1, 1))
    # One standard normal for each intercept, slope and log scale; any two correlate as stated.
    own = rng.normal(size=(n_environments, n_variables, n_variables + 2))
    deviations = shared + np.sqrt(1 - model.correlation) * own
    noise = _unit_noise(model.noise, (len(codes), n_variables), rng)
    moves = _what_moves(arrows, model.varying)
    share = np.where(moves["intercept"], model.icc, 0.0)
    intercepts = np.sqrt(share) * deviations[:, :, -2]
    scales = np.sqrt(1 - share) * np.exp(model.scale_sd * moves["scale"] * deviations[:, :, -1])
    slopes = coefficients.T + model.slope_sd * (arrows.T * moves["slope"][:, None]) * deviations[:, :, :-2]
    values = np.zeros((len(codes), n_variables))
    for v in range(n_variables):
        own_part = intercepts[codes, v] + scales[codes, v] * noise[:, v]
        latent = (slopes[codes, v] * values).sum(axis=1) + own_part
        values[:, v] = _cut(latent, model.levels[v]) if v in model.levels else latent
    parameters = {
        "coefficients": coefficients,
        "icc": share,
        "intercepts": intercepts,
        "slopes": slopes.transpose(0, 2, 1),
        "noise_scales": scales,
    }
    return Drawn(values, parameters)


def categorical(
    arrows: Integers, codes: Integers, rng: np.random.Generator, *, n_levels: int, concentration: float
) -> Drawn:
    """Conditional tables from a Dirichlet around a base table, drawn anew for each environment."""
    n_environments, n_variables = int(codes[-1]) + 1, len(arrows)
    values = np.zeros((len(codes), n_variables), dtype=np.int64)
    base, tables = {}, {}
    for v in range(n_variables):
        parents = np.flatnonzero(arrows[:, v])
        base[v] = rng.dirichlet(np.ones(n_levels), size=n_levels ** len(parents))
        tables[v] = _dirichlet_around(base[v], concentration, n_environments, rng)
        pattern = values[:, parents] @ n_levels ** np.arange(len(parents))
        steps = tables[v][codes, pattern].cumsum(axis=1)[:, :-1]
        values[:, v] = (rng.random(len(codes))[:, None] > steps).sum(axis=1)
    return Drawn(values, {"base_tables": base, "tables": tables})


def _dirichlet_around(base: Floats, concentration: float, n: int, rng: np.random.Generator) -> Floats:
    # The floor keeps gammas of tiny shape from being all zero.
    gammas = np.maximum(rng.standard_gamma(concentration * base, size=(n, *base.shape)), 1e-300)
    return gammas / gammas.sum(axis=-1, keepdims=True)


def _unit_noise(kind: str, shape: tuple[int, int], rng: np.random.Generator) -> Floats:
    if kind == "laplace":
        return rng.laplace(size=shape) / np.sqrt(2)
    if kind == "t":
        df = T_DEGREES_OF_FREEDOM
        return rng.standard_t(df, size=shape) * np.sqrt((df - 2) / df)
    return rng.normal(size=shape)


def _what_moves(arrows: Integers, varying: tuple[str, ...]) -> dict[str, NDArray[np.bool_]]:
    """For each variable whether its intercept, slopes and scale vary; of a root always the intercept."""
    root = arrows.sum(axis=0) == 0
    moves = {name: ~root & (name in varying) for name in ("slope", "scale")}
    return {"intercept": root | ("intercept" in varying), **moves}


def _cut(latent: Floats, n_levels: int) -> Floats:
    """Codes 0, 1, ... of equally likely slices of a normal variable with the same mean and variance."""
    cuts = latent.mean() + latent.std() * ndtri(np.arange(1, n_levels) / n_levels)
    return np.searchsorted(cuts, latent).astype(np.float64)
