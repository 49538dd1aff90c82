"""Levels of environments: does the effect's level, beyond its cause's values, move with the cause's level?"""

from __future__ import annotations

import numpy as np

from causalkit.independence._rows import TYPICAL_ICC, Rows
from causalkit.independence._variables import Floats

_SMALLEST_SHARE = 1e-10
_TINY = 1e-300


def level_contributions(level_of: Floats, effect: Floats, basis: Floats, rows: Rows) -> tuple[Floats, Floats]:
    r"""Return what each environment adds to sums of products of a cause's level and an effect's.

    With the coefficients b of the regression of the effect on the basis **within** environments, the sums are

    .. math:: \sum_e w_e (\bar a_e - \bar a) (\bar g_e - \bar B_e b).

    If other rows' causes say nothing more about an effect, its regressions within and between environments
    agree and the sums have mean zero. A regression on all rows would take a part of what the levels share for
    the effect of the cause, and so hide it. Each environment's part of the error of b is taken from its term,
    which leaves the sums as they are.

    Parameters
    ----------
    level_of : ndarray, shape (n, k)
    effect : ndarray, shape (n, 1)
    basis : ndarray, shape (n, q)
    rows : Rows

    Returns
    -------
    observed, reference : ndarray, shape (E, k)
        In the reference the trend of the effect's level in the cause's is taken out: what is found must not
        widen what it is compared with.
    """
    mean_basis, mean_effect = rows.means(basis), rows.means(effect)
    inside, effect_inside = basis - mean_basis[rows.codes], effect - mean_effect[rows.codes]
    inverse = np.linalg.pinv(inside.T @ inside, rcond=_SMALLEST_SHARE, hermitian=True)
    slope = inverse @ (inside.T @ effect_inside)
    weights = 1 / (TYPICAL_ICC + (1 - TYPICAL_ICC) / rows.sizes)[:, None]
    intercepts = _centred(mean_effect - mean_basis @ slope, weights)
    levels = _centred(rows.means(level_of), weights)
    weighted = weights * levels
    errors = rows.sums(inside * (effect_inside - inside @ slope)) @ (inverse @ (mean_basis.T @ weighted))
    trend = (weighted * intercepts).sum(axis=0) / np.maximum((weighted * levels).sum(axis=0), _TINY)
    return weighted * intercepts - errors, weighted * (intercepts - trend * levels) - errors


def _centred(values: Floats, weights: Floats) -> Floats:
    return values - (weights * values).sum(axis=0) / weights.sum()
