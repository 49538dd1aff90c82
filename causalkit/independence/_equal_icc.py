"""The gate: are rows i.i.d. or of equal intraclass correlation, so that no direction can be known?"""

from __future__ import annotations

import numpy as np

from causalkit.independence._pairs import Pair
from causalkit.independence._rows import Rows
from causalkit.independence._sign_flips import Contributions
from causalkit.independence._variables import Floats, Variable

_LARGEST_SHARE = 0.95
_LARGEST_CORRELATION = 0.99
_N_ROWS = 1000
_TAIL = 0.005
_LEVELS = np.linspace(-4.2, 4.2, 25)


def intraclass_correlations(pair: Pair) -> tuple[float, float]:
    """Return for both variables the share of variance between environments, from pairs of rows."""
    return intraclass_correlation(pair.first, pair), intraclass_correlation(pair.second, pair)


def intraclass_correlation(variable: Variable, rows: Rows) -> float:
    """Return the share of variance between environments; every environment has two rows or more."""
    z = variable.score - variable.score.mean()
    n_ordered = rows.sizes * (rows.sizes - 1)
    covariance = (n_ordered @ rows.across(z, z)) / n_ordered.sum()
    variance = np.mean(z**2)
    return float(np.clip(covariance / variance, -1, 1)) if variance else 0.0


def equal_icc_statement(pair: Pair) -> Contributions:
    """Return what each environment adds to the hypothesis of equal intraclass correlation.

    Under it rows are an environment's level plus i.i.d. noise, and the covariance of the levels is a multiple
    of that of the noise. That is so for i.i.d. rows, and for linear models in which all parts have the same
    intraclass correlation. The first column compares the two correlations, the second the covariance across
    rows with that in a row, the others the moments of squares across rows with what the hypothesis implies;
    nested groups of columns put most weight on the first. Both variables are continuous, and every
    environment has two rows or more.
    """
    x, y = (_standardised(variable.score) for variable in (pair.first, pair.second))
    xx, yy, xy = pair.across(x, x), pair.across(y, y), pair.across(x, y)
    vx, vy, vxy = pair.means(np.column_stack([x * x, y * y, x * y])).T
    r, share = np.mean(x * y), (xx.mean() + yy.mean()) / 2
    ratio = (xx - share * vx) - (yy - share * vy)
    shared = (xy - r / 2 * (xx + yy)) - share * (vxy - r / 2 * (vx + vy))
    squares = []
    for a, b, plain in ((x, x, xx), (y, y, yy), (x, y, xy)):
        level = plain.mean()
        # What a normal law with these second moments implies is level^2; the rest of the line makes the
        # difference insensitive to the estimate of the level.
        squares.append(pair.across(_square(a), _square(b)) - 2 * level * plain + level**2)
    observed = np.column_stack(
        [ratio, shared, np.column_stack(squares) - _implied_excess(pair, float(share))]
    )
    return Contributions(observed, observed, tuple((np.arange(k),) for k in (1, 2, 5)))


def _implied_excess(pair: Pair, share: float) -> Floats:
    """Excess of the three moments of squares over the normal law's, for this noise and normal levels.

    Noise with heavy tails makes squares of two rows less alike than normal noise would. Levels are normal
    with variance ``share``, the noise is a row of the data shrunk to variance ``1 - share``; both are mapped
    to normal scores, and averaged over a grid of levels and over rows.
    """
    share = float(np.clip(share, 0, _LARGEST_SHARE))
    x, y = (_robustly_standardised(variable.key) for variable in (pair.first, pair.second))
    weights = _normal_weights(float(np.mean(_winsorised(x) * _winsorised(y))))
    sides = ((x, pair.first, weights.sum(axis=1)), (y, pair.second, weights.sum(axis=0)))
    (lx, sx), (ly, sy) = (_given_level(value, variable, share, weight) for value, variable, weight in sides)
    moments = []
    for (la, sa), (lb, sb), joint in (
        ((lx, sx), (lx, sx), np.diag(weights.sum(axis=1))),
        ((ly, sy), (ly, sy), np.diag(weights.sum(axis=0))),
        ((lx, sx), (ly, sy), weights),
    ):
        moments.append(sa @ joint @ sb - (la @ joint @ lb) ** 2)
    return np.array(moments)


def _given_level(value: Floats, variable: Variable, share: float, weight: Floats) -> tuple[Floats, Floats]:
    """Means of the normal score and of its square, scaled like a normal score's, at each level."""
    rows = np.linspace(0, len(value) - 1, min(len(value), _N_ROWS)).astype(np.intp)
    moved = np.sqrt(share) * _LEVELS[:, None] + np.sqrt(1 - share) * value[rows]
    order = np.argsort(value, kind="stable")
    z = np.interp(moved, value[order], variable.score[order])
    z = z - weight @ z.mean(axis=1)
    z = z / np.sqrt(weight @ (z**2).mean(axis=1))
    return z.mean(axis=1), _square(z).mean(axis=1)


def _normal_weights(correlation: float) -> Floats:
    """Probabilities of a grid of pairs of levels under a bivariate normal law."""
    r = float(np.clip(correlation, -_LARGEST_CORRELATION, _LARGEST_CORRELATION))
    one, two = _LEVELS[:, None], _LEVELS
    density = np.exp(-(one**2 - 2 * r * one * two + two**2) / (2 * (1 - r**2)))
    return np.asarray(density / density.sum())


def _robustly_standardised(values: Floats) -> Floats:
    inner = _winsorised(values)
    return (values - inner.mean()) / inner.std()


def _winsorised(values: Floats) -> Floats:
    return np.clip(values, *np.quantile(values, [_TAIL, 1 - _TAIL]))


def _standardised(values: Floats) -> Floats:
    return (values - values.mean()) / values.std()


def _square(z: Floats) -> Floats:
    """Second Hermite polynomial, of variance one for a standard normal variable."""
    return (z**2 - 1) / np.sqrt(2)
