"""Fits of all families worth a look: first from sums, then row by row where no smaller family is better."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations

from causalkit.estimators._minimax._discovery_features import Features
from causalkit.estimators._minimax._discovery_levels import level_family
from causalkit.estimators._minimax._discovery_rows import RowFit, fit_rows
from causalkit.estimators._minimax._discovery_scores import Mechanism, NumberFamilies, number_families

Parents = tuple[int, ...]
Fits = tuple[RowFit, RowFit]

MAX_PARENTS = 3
# Each variable chooses its parents among this many others: those that say most about it.
_MAX_CANDIDATES = 11
# A changing mechanism that is worse than the stable one by this much stays so, row by row.
_CLEARLY_WORSE = 3.0


def fit_families(features: Features, v: int, *, is_outcome: bool) -> Iterator[tuple[Parents, Fits]]:
    """Yield parent sets of ``v`` with its best stable and its best changing mechanism.

    Left out are sets that are worse than without one of their parents, unless that parent says something
    about the spread. The outcome gets all, as the smallest change matters there.
    """
    if features.is_level[v]:
        yield from _level_families(features, v)
        return
    family = _NumberFamily(features, v, is_outcome)
    others = [j for j in range(features.n_variables) if j != v]
    small = [*family.fits([()]), *family.fits([(j,) for j in others])]
    yield from small
    candidates = _closest(small)
    for size in range(2, min(MAX_PARENTS, len(candidates)) + 1):
        yield from family.fits(list(combinations(candidates, size)))


def fit_family(features: Features, v: int, parents: Parents) -> Fits:
    """Return the best stable and the best changing mechanism of ``v`` with these parents."""
    if features.is_level[v]:
        return level_family(features, v, parents)
    return next(_NumberFamily(features, v, is_outcome=True).fits([parents]))[1]


def _level_families(features: Features, v: int) -> Iterator[tuple[Parents, Fits]]:
    """Leave out sets of three in which no two are better than each of them alone."""
    others = [j for j in range(features.n_variables) if j != v]
    found = {own: level_family(features, v, own) for own in [(), *((j,) for j in others)]}
    scores = {own: max(fit.score for fit in fits) for own, fits in found.items()}
    yield from found.items()
    candidates = _closest(list(found.items()))
    for size in range(2, min(MAX_PARENTS, len(candidates)) + 1):
        for own in combinations(candidates, size):
            if size > 2 and not any(_is_improved(scores, less) for less in _one_fewer(own)):
                continue
            fits = level_family(features, v, own)
            scores[own] = max(fit.score for fit in fits)
            yield own, fits


def _is_improved(scores: dict[Parents, float], own: Parents) -> bool:
    """Whether parents are better than without any one of them."""
    return own in scores and scores[own] > max(scores[less] for less in _one_fewer(own))


def _one_fewer(own: Parents) -> list[Parents]:
    return [tuple(i for i in own if i != j) for j in own]


def _closest(small: Sequence[tuple[Parents, Fits]]) -> list[int]:
    ranked = sorted(small[1:], key=lambda item: -max(fit.score for fit in item[1]))
    return sorted(parents[0] for parents, _ in ranked[:_MAX_CANDIDATES])


class _NumberFamily:
    """Fits of one number, smaller parent sets first."""

    def __init__(self, features: Features, v: int, is_outcome: bool) -> None:
        self._features, self._v, self._fits_all = features, v, is_outcome
        self._from_sums: dict[Parents, float] = {}
        # What each parent alone adds when rows are looked at one by one.
        self._beyond_sums: dict[Parents, float] = {}

    def fits(self, sets: list[Parents]) -> Iterator[tuple[Parents, Fits]]:
        kept = number_families(self._features, self._v, sets)
        scores = [max(m.score for m in each) for each in _by_set(kept)]
        self._from_sums |= dict(zip(sets, scores, strict=True))
        for own, each in zip(sets, _by_set(kept), strict=True):
            if self._is_worth_it(own):
                fits = self._fit(own, *each)
                if len(own) < 2:
                    self._beyond_sums[own] = max(fit.score for fit in fits) - self._from_sums[own]
                yield own, fits

    def _is_worth_it(self, own: Parents) -> bool:
        if self._fits_all or len(own) < 2:
            return True
        score, nothing = self._from_sums[own], self._beyond_sums[()]
        for j, less in zip(own, _one_fewer(own), strict=True):
            rest = self._from_sums[less]
            if score + max(self._beyond_sums[(j,)] - nothing, 0.0) < rest:
                return False
        return True

    def _fit(self, own: Parents, stable: Mechanism, *changing: Mechanism) -> Fits:
        fit = fit_rows(self._features, self._v, own, stable)
        possible = [m for m in changing if math.isfinite(m.score)]
        if not self._fits_all and abs(fit.score - stable.score) < 1.0:
            # The rows say no more than the sums.
            possible = [m for m in possible if m.score > stable.score - _CLEARLY_WORSE]
        others = [fit_rows(self._features, self._v, own, m) for m in possible]
        never = RowFit.impossible(len(fit.rows))
        return fit, max(others, key=lambda fit: fit.score, default=never)


def _by_set(kept: NumberFamilies) -> list[tuple[Mechanism, Mechanism, Mechanism]]:
    return list(zip(kept.stable, kept.mutable, kept.rescaled, strict=True))
