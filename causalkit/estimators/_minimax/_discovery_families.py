"""Fits of all families worth a look: first from sums, then row by row where no smaller family is better."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations

from causalkit.estimators._minimax._discovery_features import Features
from causalkit.estimators._minimax._discovery_levels import level_family
from causalkit.estimators._minimax._discovery_rows import RowFit, fit_rows
from causalkit.estimators._minimax._discovery_scores import Mechanism, number_families

Parents = tuple[int, ...]
Fits = tuple[RowFit, RowFit]

MAX_PARENTS = 3
# Each variable chooses its parents among this many others: those that say most about it.
_MAX_CANDIDATES = 11
# Sets of three are made of this many: those in the best sets of two.
_MAX_IN_THREES = 9
# A changing mechanism that is worse than the stable one by this much stays so, row by row.
_CLEARLY_WORSE = 3.0


def fit_families(features: Features, v: int, *, is_outcome: bool) -> Iterator[tuple[Parents, Fits]]:
    """Yield parent sets of ``v`` with its best stable and its best changing mechanism.

    Sets of three are made of the variables in the best sets of two. Left out are sets that are worse than
    without one of their parents, unless that parent says something about the spread. The outcome gets all,
    as the smallest change matters there.
    """
    family = _LevelFamily(features, v) if features.is_level[v] else _NumberFamily(features, v, is_outcome)
    others = [j for j in range(features.n_variables) if j != v]
    yield from family.fits([(), *((j,) for j in others)])
    for size in range(2, min(MAX_PARENTS, len(others)) + 1):
        chosen = _candidates(family.scores, size - 1, _MAX_CANDIDATES if size == 2 else _MAX_IN_THREES)
        yield from family.fits(list(combinations(chosen, size)))


def fit_family(features: Features, v: int, parents: Parents) -> Fits:
    """Return the best stable and the best changing mechanism of ``v`` with these parents."""
    if features.is_level[v]:
        return level_family(features, v, parents)
    return next(_NumberFamily(features, v, is_outcome=True).fits([parents]))[1]


def _one_fewer(own: Parents) -> list[Parents]:
    return [tuple(i for i in own if i != j) for j in own]


def _candidates(scores: dict[Parents, float], size: int, limit: int) -> list[int]:
    """Variables in the best sets of one size."""
    best: dict[int, float] = {}
    for own, score in scores.items():
        for j in own if len(own) == size else ():
            best[j] = max(best.get(j, -math.inf), score)
    return sorted(sorted(best, key=lambda j: -best[j])[:limit])


class _LevelFamily:
    """Fits of one variable with levels, smaller parent sets first."""

    def __init__(self, features: Features, v: int) -> None:
        self._features, self._v = features, v
        self.scores: dict[Parents, float] = {}

    def fits(self, sets: list[Parents]) -> Iterator[tuple[Parents, Fits]]:
        for own in sets:
            # Sets of three are worth it where two of them are better than each alone.
            if len(own) < 3 or any(map(self._is_improved, _one_fewer(own))):
                fits = level_family(self._features, self._v, own)
                self.scores[own] = max(fit.score for fit in fits)
                yield own, fits

    def _is_improved(self, own: Parents) -> bool:
        return self.scores[own] > max(self.scores[less] for less in _one_fewer(own))


class _NumberFamily:
    """Fits of one number, smaller parent sets first."""

    def __init__(self, features: Features, v: int, is_outcome: bool) -> None:
        self._features, self._v, self._fits_all = features, v, is_outcome
        self._from_sums: dict[Parents, float] = {}
        # What rows one by one add to the sums.
        self._beyond_sums: dict[Parents, float] = {}

    @property
    def scores(self) -> dict[Parents, float]:
        """Scores so far, of sets that were left out from sums."""
        return {own: score + self._beyond_sums.get(own, 0.0) for own, score in self._from_sums.items()}

    def fits(self, sets: list[Parents]) -> Iterator[tuple[Parents, Fits]]:
        for size in sorted({len(own) for own in sets}):
            same = [own for own in sets if len(own) == size]
            kept = number_families(self._features, self._v, same)
            for own, *each in zip(same, kept.stable, kept.mutable, kept.rescaled, strict=True):
                self._from_sums[own] = max(m.score for m in each)
                if self._is_worth_it(own):
                    fits = self._fit(own, *each)
                    self._beyond_sums[own] = max(fit.score for fit in fits) - self._from_sums[own]
                    yield own, fits

    def _is_worth_it(self, own: Parents) -> bool:
        if self._fits_all or len(own) < 2:
            return True
        return not any(
            self._from_sums[own] + self._seen_beyond(j, less) < self._from_sums[less]
            for j, less in zip(own, _one_fewer(own), strict=True)
        )

    def _seen_beyond(self, j: int, others: Parents) -> float:
        """The least that ``j`` added beyond the sums, alone or to one of the others."""
        added = self._beyond_sums[(j,)] - self._beyond_sums[()]
        for i in others if len(others) > 1 else ():
            both = tuple(sorted((i, j)))
            if both in self._beyond_sums:
                added = min(added, self._beyond_sums[both] - self._beyond_sums[(i,)])
        return max(added, 0.0)

    def _fit(self, own: Parents, stable: Mechanism, *changing: Mechanism) -> Fits:
        fit = fit_rows(self._features, self._v, own, stable)
        possible = [m for m in changing if math.isfinite(m.score)]
        if not self._fits_all and abs(fit.score - stable.score) < 1.0:
            # The rows say no more than the sums.
            possible = [m for m in possible if m.score > stable.score - _CLEARLY_WORSE]
        others = [fit_rows(self._features, self._v, own, m) for m in possible]
        never = RowFit.impossible(len(fit.rows))
        return fit, max(others, key=lambda fit: fit.score, default=never)
