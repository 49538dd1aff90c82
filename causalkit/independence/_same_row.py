"""The statement that there is no arrow: variables are independent in the same row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from causalkit.independence._conditions import condition_on
from causalkit.independence._pairs import Pair
from causalkit.independence._rows import TYPICAL_ICC, Index, Rows
from causalkit.independence._sign_flips import Contributions
from causalkit.independence._variables import Floats, Variable

_LARGEST_LEVERAGE = 0.7


def same_row_statement(pair: Pair) -> Contributions:
    """Return what each environment adds to the statement X_j indep Y_j; one row is enough.

    One group of products takes the values as they are; the other takes the values of one variable with the
    place of the other's within its environment, which levels and scales of environments do not touch.
    """
    first, second = pair.first, pair.second
    plain = pair.product_sums(first.features, second.features)
    plain /= _typical_variance(pair)[:, None]
    within = np.hstack(
        [
            pair.sums(first.features * place_within(second, pair)[:, None]),
            pair.sums(second.features * place_within(first, pair)[:, None]),
        ]
    )
    observed = np.hstack([plain, within])
    columns = np.arange(observed.shape[1])
    return Contributions(observed, observed, ((columns[: plain.shape[1]],), (columns[plain.shape[1] :],)))


def same_row_given_statement(
    xs: Sequence[Variable], ys: Sequence[Variable], given: Sequence[Variable], rows: Rows
) -> Contributions:
    """Return what each environment adds to the statement X_j indep Y_j | Z_j; one row is enough.

    Products of what regressions on Z_j leave of functions of X_j and Y_j; once as they are, once less their
    means in the environment, which levels of environments do not touch.
    """
    condition = condition_on(given, len(rows.codes))
    left = [condition.residuals(variable.features) for variable in xs]
    right = [condition.residuals(variable.features) for variable in ys]
    inside = [_less_means(part, rows) for part in right]
    blocks: list[Floats] = []
    groups: list[tuple[Index]] = []
    start = 0
    for one in left:
        for two, two_inside in zip(right, inside, strict=True):
            for block in (
                rows.product_sums(one, two) / _typical_variance(rows)[:, None],
                rows.product_sums(one, two_inside),
            ):
                blocks.append(block)
                groups.append((start + np.arange(block.shape[1]),))
                start += block.shape[1]
    observed = np.hstack(blocks)
    leverage = rows.sums(condition.leverage())
    inflation = (1 - np.minimum(leverage, _LARGEST_LEVERAGE)) ** -0.25
    return Contributions(observed, observed * inflation[:, None], tuple(groups))


def _typical_variance(rows: Rows) -> Floats:
    return 1 + TYPICAL_ICC * (rows.sizes - 1)


def _less_means(values: Floats, rows: Rows) -> Floats:
    return values - rows.means(values)[rows.codes]


def place_within(variable: Variable, rows: Rows) -> Floats:
    """Centred rank inside the environment over its size; of a category, its indicator less the mean there."""
    if variable.categorical:
        return _less_means(variable.features[:, :1], rows)[:, 0]
    order = np.lexsort((variable.key, rows.codes))
    rank = np.empty(len(order))
    rank[order] = _mid_ranks(variable.key[order], rows.codes[order])
    n = rows.sizes[rows.codes]
    return (rank - (n - 1) / 2) / n


def _mid_ranks(values: Floats, codes: Index) -> Floats:
    """Ranks from zero among equal codes, for rows sorted by code and value; ties share their mean rank."""
    position = np.arange(len(values), dtype=np.float64)
    starts_code = np.r_[True, codes[1:] != codes[:-1]]
    starts_value = starts_code | np.r_[True, values[1:] != values[:-1]]
    run = np.cumsum(starts_value) - 1
    middle = (np.bincount(run, position) / np.bincount(run))[run]
    return middle - position[starts_code][np.cumsum(starts_code) - 1]
