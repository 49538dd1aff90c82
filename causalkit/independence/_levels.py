"""Levels of environments: does the effect's level, beyond its cause's values, move with the cause's level?"""

from __future__ import annotations

import numpy as np

from causalkit.independence._rows import Rows
from causalkit.independence._variables import Floats

# Environments of different sizes are weighted for parameters with this intraclass correlation.
_TYPICAL_ICC = 0.2
_SMALLEST_SHARE = 1e-10


def level_contributions(level_of: Floats, effect: Floats, basis: Floats, rows: Rows) -> Floats:
    r"""Return what each environment adds to sums of products of a cause's level and an effect's, shape (E, k).

    With the coefficients b of the regression of the effect on the basis **within** environments, the sums are

    .. math:: \sum_e w_e (\bar a_e - \bar a) (\bar g_e - \bar B_e b).

    If other rows' causes say nothing more about an effect, its regressions within and between environments
    agree and the sums have mean zero. A regression on all rows would take a part of what the levels share for
    the effect of the cause, and so hide it. Each environment's part of the error of b is taken from its term,
    which leaves the sums as they are.
    """
    mean_basis, mean_effect = rows.means(basis), rows.means(effect)
    inside = basis - mean_basis[rows.codes]
    inverse = np.linalg.pinv(inside.T @ inside, rcond=_SMALLEST_SHARE, hermitian=True)
    scores = inside * (effect - mean_effect[rows.codes])
    slope = inverse @ scores.sum(axis=0)
    errors = rows.sums(inside * (effect - mean_effect[rows.codes] - inside @ slope[:, None]))
    weights = 1 / (_TYPICAL_ICC + (1 - _TYPICAL_ICC) / rows.sizes)
    intercepts = mean_effect[:, 0] - mean_basis @ slope
    intercepts = intercepts - np.average(intercepts, weights=weights)
    levels = rows.means(level_of)
    levels = weights[:, None] * (levels - np.average(levels, axis=0, weights=weights))
    return levels * intercepts[:, None] - errors @ (inverse @ (mean_basis.T @ levels))
