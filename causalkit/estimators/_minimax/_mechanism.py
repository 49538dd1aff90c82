"""How a mutable variable depends on its parents in each environment: p_e(m | parents) and its marginal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from scipy.special import ndtr

from causalkit.estimators._minimax._boosting import boost_classes, predict
from causalkit.estimators._minimax._levels import Levels
from causalkit.estimators._minimax._smooth import SmoothRidge, cross_fit_smooth
from causalkit.estimators._minimax._types import Floats, Index

_FEWEST_ROWS = 50  # smaller environments share one mechanism
_TRIAL_FOLDS = 2
_LEAST_PROBABILITY = 1e-6
_INNER_FOLDS = 3
_MARGINAL_ROWS = 400


class _Form(Protocol):
    def level_probability(self, parents: Floats) -> Floats: ...

    def density(self, values: Floats, parents: Floats, probability: Floats) -> Floats: ...

    def marginal(self, values: Floats, parents: Floats, share: Floats, probability: Floats) -> Floats: ...


@dataclass(frozen=True)
class _LevelClasses:
    """Probabilities of the levels from boosted trees on the parents and the environment."""

    model: Any
    levels: Levels
    n_environments: int

    def level_probability(self, parents: Floats) -> Floats:
        each = [_with_environment(parents, np.full(len(parents), e)) for e in range(self.n_environments)]
        stacked = _as_rows(predict(self.model, np.vstack(each)), self.levels.n_levels)
        return stacked.reshape(self.n_environments, len(parents), -1).swapaxes(0, 1)

    def density(self, values: Floats, parents: Floats, probability: Floats) -> Floats:
        own = self.levels.codes(values)[:, None, None]
        return np.take_along_axis(probability, own, axis=2)[:, :, 0]

    def marginal(self, values: Floats, parents: Floats, share: Floats, probability: Floats) -> Floats:
        return (share @ probability.mean(axis=0))[self.levels.codes(values)]


@dataclass(frozen=True)
class _LocationScale:
    """A normal law around a smooth mean, with a mean and a scale for each environment."""

    means: tuple[SmoothRidge, ...]
    scales: Floats
    levels: Levels

    def level_probability(self, parents: Floats) -> Floats:
        z = (self.levels.edges - self._centres(parents)[:, :, None]) / self.scales[:, None]
        return np.diff(ndtr(z), axis=2, prepend=0.0, append=1.0)

    def density(self, values: Floats, parents: Floats, probability: Floats) -> Floats:
        return _normal(values[:, None] - self._centres(parents), self.scales)

    def marginal(self, values: Floats, parents: Floats, share: Floats, probability: Floats) -> Floats:
        # The mean over parents is a mean over evenly spaced rows of the sorted centres: linear in the rows.
        centres = self._centres(parents)
        places = ((np.arange(_MARGINAL_ROWS) + 0.5) / _MARGINAL_ROWS * len(parents)).astype(np.intp)
        total = np.zeros(len(values))
        for e, part in enumerate(share):
            some = np.sort(centres[:, e])[places]
            total += part * _normal(values[:, None] - some, self.scales[e]).mean(axis=1)
        return total

    def _centres(self, parents: Floats) -> Floats:
        return np.column_stack([mean.predict(parents) for mean in self.means])


@dataclass(frozen=True)
class Mechanism:
    """A mutable variable's conditional law in each environment, and the law q that interventions draw from.

    Attributes
    ----------
    share : ndarray, shape (n_groups,)
        Share of the rows in each group of environments that has its own law.
    probability : ndarray, shape (n, n_groups, n_levels)
        p_e(level | parents) of each row's parents under each group's law.
    density : ndarray, shape (n, n_groups)
        p_e(m | parents) at the observed value.
    level_marginal : ndarray, shape (n_levels,)
        q(level), the mean of p_e over environments and rows.
    marginal : ndarray, shape (n,)
        q(m) at the observed value.
    """

    share: Floats
    probability: Floats
    density: Floats
    level_marginal: Floats
    marginal: Floats


def fit_mechanism(
    values: Floats, parents: Floats, environments: Index, levels: Levels, rng: np.random.Generator
) -> Mechanism:
    """Fit p_e(m | parents): boosted classes of levels or, for a continuous m, normal laws if they fit better.

    Parameters
    ----------
    values : ndarray, shape (n,)
    parents : ndarray, shape (n, k)
        No column stands for a variable without parents.
    environments : ndarray of int, shape (n,)
        Codes of the environments; those with fewer than 50 rows share one law.
    levels : Levels
    rng : Generator
        Splits the rows on which the two forms are compared.
    """
    groups = _law_groups(environments)
    if not parents.shape[1]:
        parents = np.zeros((len(values), 1))
    if levels.is_binned:
        form = _better_form(values, parents, groups, levels, rng)
    else:
        form = _fit_classes(values, parents, groups, levels)
    share = np.bincount(groups) / len(groups)
    probability = form.level_probability(parents)
    return Mechanism(
        share,
        probability,
        form.density(values, parents, probability),
        share @ probability.mean(axis=0),
        form.marginal(values, parents, share, probability),
    )


def _law_groups(environments: Index) -> Index:
    sizes = np.bincount(environments)
    small = sizes < _FEWEST_ROWS
    if 0 < sizes[small].sum() < _FEWEST_ROWS and not small.all():  # still too few together
        label = np.where(small[environments], sizes.argmax(), environments)
    else:
        label = np.where(small[environments], -1, environments)
    return np.unique(label, return_inverse=True)[1].astype(np.intp)


def _better_form(
    values: Floats, parents: Floats, groups: Index, levels: Levels, rng: np.random.Generator
) -> _Form:
    """The form with the greater log-likelihood of the levels on a held-out half."""
    held = rng.permutation(len(values)) % _TRIAL_FOLDS == 0
    codes = levels.codes(values)[held]
    scores = []
    for fit in (_fit_classes, _fit_location_scale):
        form = fit(values[~held], parents[~held], groups[~held], levels, int(groups.max()) + 1)
        p = form.level_probability(parents[held])[np.arange(len(codes)), groups[held], codes]
        scores.append(np.log(p + _LEAST_PROBABILITY).mean())
    return (_fit_classes if scores[0] >= scores[1] else _fit_location_scale)(values, parents, groups, levels)


def _fit_classes(
    values: Floats, parents: Floats, groups: Index, levels: Levels, n_groups: int | None = None
) -> _Form:
    n_groups = n_groups or int(groups.max()) + 1
    x = _with_environment(parents, groups)
    model = boost_classes(x, levels.codes(values), levels.n_levels, [parents.shape[1]])
    return _LevelClasses(model, levels, n_groups)


def _fit_location_scale(
    values: Floats, parents: Floats, groups: Index, levels: Levels, n_groups: int | None = None
) -> _Form:
    means, scales, no_bending = [], [], np.empty(0, dtype=np.intp)
    for e in range(n_groups or int(groups.max()) + 1):
        rows = groups == e
        fold = (np.arange(rows.sum()) % _INNER_FOLDS).astype(np.intp)
        mean = cross_fit_smooth(parents[rows], values[rows], np.ones(rows.sum()), fold, no_bending)
        means.append(mean)
        scales.append((values[rows] - mean.out_of_fold).std())
    floor = 1e-6 * values.std()
    return _LocationScale(tuple(means), np.maximum(scales, floor), levels)


def _normal(residual: Floats, scale: Any) -> Floats:
    return np.exp(-((residual / scale) ** 2) / 2) / (np.sqrt(2 * np.pi) * scale)


def _with_environment(parents: Floats, groups: Any) -> Floats:
    return np.column_stack([parents, groups])


def _as_rows(predicted: Floats, n_levels: int) -> Floats:
    return predicted.reshape(-1, n_levels)
