"""The statement about two rows of an environment: what one row holds says nothing more about another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causalkit.independence._conditions import Condition, condition_on
from causalkit.independence._levels import level_contributions
from causalkit.independence._rows import TYPICAL_ICC, Rows
from causalkit.independence._sign_flips import Contributions
from causalkit.independence._variables import Floats, Variable

_LARGEST_LEVERAGE = 0.7
_SMALLEST_FREEDOM = 0.1

Groups = tuple[tuple[NDArray[np.intp], ...], ...]


@dataclass(frozen=True)
class _Products:
    """Products of functions of another row's column and of an effect, summed over pairs of rows.

    ``sums`` has shape (E, k); ``shape`` is how its columns are numbered: functions of the effect, weights,
    functions of the other row's column.
    """

    sums: Floats
    shape: tuple[int, int, int]
    continuous: bool


def cross_statement(
    cause: Variable, effect: Variable, rows: Rows, given: Sequence[Variable] = ()
) -> Contributions:
    """Return what each environment adds to the statement C_i indep E_j | C_j, Z_j, for all rows i != j.

    Where there are columns Z, what Z_i leaves of functions of C_i enters beside them: it has less noise.
    """
    condition = condition_on((cause, *given), len(rows.codes))
    others = [cause.features]
    if given:
        others.append(condition_on(given, len(rows.codes)).residuals(cause.features))
    continuous = not (cause.categorical or effect.categorical)
    here = _effect_functions(effect, condition)
    parts = [_products(other, here, cause.weights, condition, rows, continuous) for other in others]
    places = _numbered(parts)
    everything = tuple(place.ravel() for place in places)
    table = _contributions(parts, (everything,), condition, rows)
    if not continuous:
        return table
    triples = [_focused(place) for place in places]
    levels = level_contributions(_levels_of(others), effect.features[:, :1], condition.basis, rows)
    return _with_focused(table, triples, levels, _inflation(condition, rows))


def level_statement(
    cause: Variable, effect: Variable, rows: Rows, given: Sequence[Variable] = ()
) -> Contributions:
    """Return the part of the statement about C_i, E_j that is about levels of environments alone."""
    condition = condition_on((cause, *given), len(rows.codes))
    others = [cause.features]
    if given:
        others.append(condition_on(given, len(rows.codes)).residuals(cause.features))
    observed, reference = level_contributions(
        _levels_of(others), effect.features[:, :1], condition.basis, rows
    )
    rivals = tuple(np.arange(i, i + 1) for i in range(observed.shape[1]))
    return Contributions(observed, reference * _inflation(condition, rows), (rivals,))


def _levels_of(others: Sequence[Floats]) -> Floats:
    return np.hstack([other[:, :1] for other in others])


def _with_focused(
    table: Contributions,
    triples: Sequence[NDArray[np.intp]],
    levels: tuple[Floats, Floats],
    inflation: Floats,
) -> Contributions:
    """Add forms of few columns, of which the one furthest out counts.

    They have more power against parameters that depend on each other than the table of all products, whose
    power is spread. Contributions of few columns are centred before random signs are put on them, as the mean
    that is to be found would widen what it is compared with; many columns would then fit the noise.
    """
    focused = table.observed[:, np.concatenate(triples)]
    freedom = 1 - len(triples[0]) / len(focused)
    centred = (focused - focused.mean(axis=0)) * inflation / np.sqrt(max(freedom, _SMALLEST_FREEDOM))
    observed = np.hstack([table.observed, levels[0], focused])
    reference = np.hstack([table.reference, levels[1] * inflation, centred])
    level = table.observed.shape[1] + np.arange(levels[0].shape[1])
    places = level[-1] + 1 + np.arange(focused.shape[1]).reshape(len(triples), -1)
    rivals = [level[i : i + 1] for i in range(len(level))]
    for place in places:
        rivals += [place[1:2], place[2:3], place]
    return Contributions(observed, reference, (*table.groups, tuple(rivals)))


def cross_row_statement(
    others: Sequence[Variable], effects: Sequence[Variable], given: Sequence[Variable], rows: Rows
) -> Contributions:
    r"""Return what each environment adds to the statement A_i indep B_j | C_j, for all rows i != j.

    With residuals r_f and r_g of regressions on functions of C_j, the mean over j of

    .. math::

        w(C_j) \; r_f\Big(\tfrac{1}{n_e - 1} \sum_{i \ne j} f(A_i)\Big) \; r_g(g(B_j))

    has expectation zero for all functions f, g and weights w. The other rows enter by their mean, which
    covers all pairs in time linear in the rows. Weights are functions of a column of A where that column is
    also in C. Every environment needs two rows or more.
    """
    condition = condition_on(given, len(rows.codes))
    here = [_effect_functions(effect, condition) for effect in effects]
    parts = []
    for other in others:
        shared = any(other is variable for variable in given)
        weights = other.weights if shared else np.ones((len(rows.codes), 1))
        for effect, functions in zip(effects, here, strict=True):
            continuous = not (other.categorical or effect.categorical)
            parts.append(_products(other.features, functions, weights, condition, rows, continuous))
    return _contributions(parts, _joint_groups(parts), condition, rows)


def _products(
    other: Floats, here: Floats, weights: Floats, condition: Condition, rows: Rows, continuous: bool
) -> _Products:
    away = condition.residuals(_mean_of_others(other, rows))
    weighted = here[:, :, None] * weights[:, None, :]
    sums = rows.product_sums(away, weighted.reshape(len(weighted), -1))
    return _Products(sums, (here.shape[1], weights.shape[1], other.shape[1]), continuous)


def _mean_of_others(values: Floats, rows: Rows) -> Floats:
    """For each row the mean over the other rows of its environment."""
    return (rows.sums(values)[rows.codes] - values) / (rows.sizes[rows.codes][:, None] - 1)


def _effect_functions(effect: Variable, condition: Condition) -> Floats:
    """What the condition leaves of the features of an effect, and of its spread."""
    here = condition.residuals(effect.features)
    if effect.categorical:
        return here
    return np.hstack([here, condition.residuals(np.abs(here[:, :1]))])


def _contributions(
    parts: Sequence[_Products], groups: Groups, condition: Condition, rows: Rows
) -> Contributions:
    observed = np.hstack([part.sums for part in parts]) * _size_weights(rows.sizes)[:, None]
    return Contributions(observed, observed * _inflation(condition, rows), groups)


def _inflation(condition: Condition, rows: Rows) -> Floats:
    """Make up for the degrees of freedom that regressions take from an environment, shape (E, 1)."""
    leverage = rows.sums(condition.leverage())
    return ((1 - np.minimum(leverage, _LARGEST_LEVERAGE)) ** -0.25)[:, None]


def _numbered(parts: Sequence[_Products]) -> list[NDArray[np.intp]]:
    """Columns of each part among those of all parts, in the shape of the part."""
    starts = np.cumsum([0, *(part.sums.shape[1] for part in parts)])
    return [
        start + np.arange(np.prod(part.shape)).reshape(part.shape)
        for start, part in zip(starts[:-1], parts, strict=True)
    ]


def _focused(place: NDArray[np.intp]) -> NDArray[np.intp]:
    """Columns that move with an intercept, with slopes, and with a noise scale."""
    effect, spread = 0, -1
    constant, slope = 0, 1
    intercept, slopes = place[effect, constant, :1], place[effect, slope:, 0]
    return np.concatenate([intercept, slopes, place[spread, constant, :1]])


def _joint_groups(parts: Sequence[_Products]) -> Groups:
    """One form of everything; beside it the focused columns of all parts together.

    Columns of several parts in one form see what is left of one column once the others are accounted for.
    """
    places = _numbered(parts)
    everything = np.concatenate([place.ravel() for place in places])
    chosen = [
        (place[0, 0, :1], _focused(place)) if part.continuous else (place[:, 0].ravel(), place.ravel())
        for place, part in zip(places, parts, strict=True)
    ]
    intercepts, focused = (np.concatenate(columns) for columns in zip(*chosen, strict=True))
    return (everything,), (intercepts, focused)


def _size_weights(sizes: Floats) -> Floats:
    """Inverse variance of a mean over pairs of rows, divided by the number of rows."""
    return 1 / (TYPICAL_ICC + (1 - TYPICAL_ICC) / sizes) ** 2 / sizes
