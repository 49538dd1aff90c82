"""Scores of all families of a number: the best mechanisms that all environments share, and that change."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from causalkit.estimators._minimax._discovery_features import WIDTHS, Features, Floats, Ints
from causalkit.estimators._minimax._discovery_prices import environment_price
from causalkit.estimators._minimax._discovery_solve import Sums, solve

# How the mean of a mechanism may change between environments.
POOLED, INTERCEPTS, SLOPES, SEPARATE = range(4)


@dataclass(frozen=True)
class Mechanism:
    """How a number follows from its parents.

    Attributes
    ----------
    terms : ndarray of int, shape (t,)
        Columns of the mean, the constant first.
    moving : ndarray of int, shape (u,)
        Those among them whose coefficient may differ between environments.
    change : int
        POOLED, INTERCEPTS, SLOPES or SEPARATE.
    own_scale : bool
        Whether each environment has its own residual variance.
    score : float
        Log-likelihood minus the price of the parameters (half the logarithm of the rows for each).
    """

    terms: Ints
    moving: Ints
    change: int
    own_scale: bool
    score: float


@dataclass(frozen=True)
class NumberFamilies:
    """The best mechanisms of a number for each of several parent sets.

    Attributes
    ----------
    stable : list of Mechanism
        The same in all environments.
    mutable : list of Mechanism
        With another mean in each environment, and one residual variance.
    rescaled : list of Mechanism
        With a residual variance for each environment, and any mean.
    """

    stable: list[Mechanism]
    mutable: list[Mechanism]
    rescaled: list[Mechanism]


def number_families(features: Features, v: int, parent_sets: list[tuple[int, ...]]) -> NumberFamilies:
    """Return the best mechanisms of ``v`` for parent sets of one size; the score is -inf where none is."""
    search = _Search(features, v, len(parent_sets))
    sets = np.array(parent_sets, dtype=np.int64).reshape(len(parent_sets), -1)
    for width, crossed in _shapes(sets.shape[1]):
        terms, moving = _terms(features, sets, width, crossed)
        if (terms != 0).sum(axis=1).max() > features.sizes.sum() // 4:
            continue
        search.offer(terms, moving, POOLED)
        search.offer(terms, moving, INTERCEPTS)
    # Slopes and bends of each environment are looked at for the best shapes only: they cost most.
    if len(features.sizes) > 1:
        kept = search.kept
        for mechanisms in (list(kept.stable), list(kept.mutable)):
            search.offer_again(mechanisms)
    return search.kept


def _shapes(n_parents: int) -> list[tuple[int, tuple[tuple[int, int], ...]]]:
    pairs = tuple(combinations(range(n_parents), 2))
    crossings: list[tuple[tuple[int, int], ...]] = [(), *([pairs] if pairs else [])]
    if len(pairs) > 1:
        crossings += [(pair,) for pair in pairs]
    return [(width, crossed) for width in (WIDTHS if n_parents else WIDTHS[:1]) for crossed in crossings]


def _terms(
    features: Features, sets: Ints, width: int, crossed: tuple[tuple[int, int], ...]
) -> tuple[Ints, Ints]:
    """Columns of the mean of each family and those of them that may move: shapes (f, t) and (f, u)."""
    ones = np.ones((len(sets), 1), dtype=np.int64)
    curved = [np.stack([features.block(j, width) for j in own]) for own in sets.T]
    straight = [np.stack([features.straight(j) for j in own]) for own in sets.T]
    products = [np.stack([features.products[s[a], s[b]] for s in map(tuple, sets)]) for a, b in crossed]
    return _squeezed([ones, *curved, *products]), _squeezed([ones, *straight, *products])


def _squeezed(parts: list[Ints]) -> Ints:
    terms = np.hstack(parts)
    return terms[:, (terms != 0).any(axis=0)]


class _Search:
    """Keeps the best mechanisms of each family."""

    def __init__(self, features: Features, v: int, n_families: int) -> None:
        self._features, self._v = features, v
        nothing = np.zeros(0, dtype=np.int64)
        worst = Mechanism(nothing, nothing, POOLED, False, -math.inf)
        self.kept = NumberFamilies([worst] * n_families, [worst] * n_families, [worst] * n_families)

    def offer(self, terms: Ints, moving: Ints, change: int, families: Ints | None = None) -> None:
        """Score a shape for some families (all by default) and keep it where it is the best so far."""
        n_envs = len(self._features.sizes)
        if change != POOLED and n_envs == 1:
            return
        fit = _fitted(self._features, self._v, terms, moving, change)
        sizes = self._features.sizes
        n_rows = int(sizes.sum())
        n_terms, n_moving = ((part != 0).sum(axis=1) for part in (terms, own_columns(terms, moving, change)))
        for own_scale in (False, True)[:n_envs]:
            variances = _variances(fit.squared, sizes, own_scale)
            information = fit.own_gram / variances[:, :, None, None]
            n_parameters = n_terms + environment_price(fit.own, information, n_moving, n_rows) + 1
            if own_scale:
                n_parameters += _price_of_scales(variances, sizes)
            likelihood = -0.5 * (sizes[:, None] * (np.log(2 * np.pi * variances) + 1)).sum(axis=0)
            scores = likelihood - n_parameters * 0.5 * math.log(n_rows)
            kept = self._list_of(change, own_scale)
            for i, f in enumerate(range(len(terms)) if families is None else families):
                if scores[i] > kept[f].score:
                    kept[f] = Mechanism(terms[i], moving[i], change, own_scale, float(scores[i]))

    def offer_again(self, mechanisms: list[Mechanism]) -> None:
        """Let slopes, then all coefficients, differ between environments in the shape of each mechanism."""
        shapes = [(len(m.terms), len(m.moving)) for m in mechanisms]
        for shape in sorted(set(shapes)):
            families = np.array([i for i, own in enumerate(shapes) if own == shape])
            terms = np.stack([mechanisms[i].terms for i in families])
            moving = np.stack([mechanisms[i].moving for i in families])
            if shape[1] > 1:
                self.offer(terms, moving, SLOPES, families)
            if shape[0] > shape[1]:
                self.offer(terms, moving, SEPARATE, families)

    def _list_of(self, change: int, own_scale: bool) -> list[Mechanism]:
        if own_scale:
            return self.kept.rescaled
        return self.kept.stable if change == POOLED else self.kept.mutable


@dataclass(frozen=True)
class _Fit:
    """Least squares of many families.

    Attributes
    ----------
    squared : ndarray, shape (e, f)
        Sums of squared residuals in each environment.
    own : ndarray, shape (e, f, u)
        Coefficients of each environment.
    own_gram : ndarray, shape (e, f, u, u)
        Sums of products of their columns.
    """

    squared: Floats
    own: Floats
    own_gram: Floats


def _variances(squared: Floats, sizes: Ints, own_scale: bool) -> Floats:
    """Residual variance of each environment, or the common one, shape (e, f)."""
    if own_scale:
        return np.maximum(squared, 0) / sizes[:, None] + 1e-9
    return np.repeat(np.maximum(squared.sum(axis=0, keepdims=True), 0) / sizes.sum() + 1e-9, len(sizes), 0)


def _price_of_scales(variances: Floats, sizes: Ints) -> Floats:
    information = np.broadcast_to(sizes[:, None, None, None] / 2, (*variances.shape, 1, 1))
    once = np.ones(variances.shape[1], dtype=np.int64)
    return environment_price(np.log(variances)[..., None], information, once, int(sizes.sum()))


def _fitted(features: Features, v: int, terms: Ints, moving: Ints, change: int) -> _Fit:
    own = own_columns(terms, moving, change)
    # What each environment has for itself leaves the shared columns; the column of zeros takes its place.
    shared = np.where((terms[:, :, None] == own[:, None, :]).any(axis=-1), 0, terms)
    mixed, square = _products_of(features, own, shared), _products_of(features, own, own)
    total = _products_of(features, shared, shared)
    targets, own_targets = features.cross[:, shared, v], features.cross[:, own, v]
    b, c = solve(Sums(total.sum(axis=0), mixed, square, targets.sum(axis=0), own_targets))
    fitted = ((total @ b[..., None])[..., 0] * b).sum(axis=-1)
    fitted += (c * (2 * (mixed @ b[..., None]) + square @ c[..., None])[..., 0]).sum(axis=-1)
    explained = np.einsum("fs,efs->ef", b, targets) + np.einsum("efu,efu->ef", c, own_targets)
    return _Fit(features.squares[:, v, None] - 2 * explained + fitted, c, square)


def own_columns(terms: Ints, moving: Ints, change: int) -> Ints:
    """Return the columns whose coefficients differ between environments."""
    return {POOLED: moving[..., :0], INTERCEPTS: moving[..., :1], SLOPES: moving, SEPARATE: terms}[change]


def _products_of(features: Features, left: Ints, right: Ints) -> Floats:
    return features.gram[:, left[:, :, None], right[:, None, :]]
