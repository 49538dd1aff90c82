"""Which values an intervention may give a mutable variable: observed ones, a wider range or stated bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from causalkit.estimators._minimax._levels import Levels
from causalkit.estimators._minimax._types import Floats, Mask

MutableRange = str | float | Mapping[str, tuple[float, float]]

_SUPPORT = (
    0.2  # a value is observed for given parents if it is at least this fraction as likely as in general
)
_MOST_EXTRA = 12  # values beyond either end of the observed range
_ROUNDING = 1e-9


def check_range(mutable_range: Any, names: Sequence[str]) -> None:
    """Raise a ValueError unless the argument is "observed", a factor of at least 1 or bounds by name."""
    if isinstance(mutable_range, Mapping):
        _check_bounds(mutable_range, names)
        return
    is_factor = isinstance(mutable_range, Real) and not isinstance(mutable_range, bool)
    if mutable_range != "observed" and not (is_factor and 1 <= float(mutable_range) < np.inf):
        raise ValueError(
            "mutable_range must be 'observed', a widening factor of at least 1 or a dictionary of bounds "
            f"by name; got {mutable_range!r}"
        )


def _check_bounds(bounds: Mapping[str, Any], names: Sequence[str]) -> None:
    unknown = sorted(set(bounds) - set(names))
    if unknown:
        raise ValueError(f"mutable_range must name mutable variables among {sorted(names)}; got {unknown}")
    for name, pair in bounds.items():
        if not _are_bounds(pair):
            raise ValueError(f"mutable_range[{name!r}] must be finite bounds (low, high); got {pair!r}")


def _are_bounds(pair: Any) -> bool:
    if np.shape(pair) != (2,) or not all(isinstance(end, Real) for end in pair):
        return False
    return bool(np.isfinite(pair[0]) and np.isfinite(pair[1]) and pair[0] <= pair[1])


@dataclass(frozen=True)
class Reach:
    """The grid of values that an intervention may give one variable.

    Attributes
    ----------
    centres : ndarray, shape (n_values,)
        The levels, then values beyond the observed range.
    allowed : ndarray of bool, shape (n, n_values)
        What an intervention may choose for each row.
    supported : ndarray of bool, shape (n, n_values)
        What occurs often enough for a row's parents that data can correct its value.
    """

    centres: Floats
    allowed: Mask
    supported: Mask


def reach_of(
    values: Floats,
    levels: Levels,
    probability: Floats,
    marginal: Floats,
    wanted: str | float | tuple[float, float],
) -> Reach:
    """Return the grid for one variable.

    Parameters
    ----------
    values : ndarray, shape (n,)
    levels : Levels
    probability : ndarray, shape (n, n_levels)
        P(level | parents and earlier variables).
    marginal : ndarray, shape (n_levels,)
    wanted : "observed", a widening factor or bounds (low, high)
        "observed" allows what is at least a fifth as likely for a row's parents as in general; the others
        allow every value between bounds. Levels of a discrete variable are never added to.
    """
    supported = probability >= _SUPPORT * marginal
    supported[np.arange(len(values)), probability.argmax(axis=1)] = True
    if isinstance(wanted, str):
        return Reach(levels.centres, supported, supported)
    low, high = _bounds(values, wanted)
    extra = _beyond(values, levels, low, high)
    inside = _inside(values, levels, low, high)
    if not inside.any():
        raise ValueError(
            f"mutable_range must hold a value that the variable takes, or all would be extrapolated; "
            f"got ({low:g}, {high:g}) "
            f"for values between {values.min():g} and {values.max():g}"
        )
    n, beyond = len(values), np.ones((len(values), len(extra)), dtype=bool)
    return Reach(
        np.r_[np.clip(levels.centres, low, high) if levels.is_binned else levels.centres, extra],
        np.hstack([np.broadcast_to(inside, (n, len(inside))), beyond]),
        np.hstack([supported, ~beyond]),
    )


def _bounds(values: Floats, wanted: float | tuple[float, float]) -> tuple[float, float]:
    if isinstance(wanted, tuple):
        return wanted
    middle, half = (values.max() + values.min()) / 2, np.ptp(values) / 2
    return float(middle - wanted * half), float(middle + wanted * half)


def _inside(values: Floats, levels: Levels, low: float, high: float) -> Mask:
    """Levels between the bounds; bins that overlap them."""
    if not levels.is_binned:
        return (levels.centres >= low) & (levels.centres <= high)
    return (np.r_[levels.edges, values.max()] >= low) & (np.r_[values.min(), levels.edges] <= high)


def _beyond(values: Floats, levels: Levels, low: float, high: float) -> Floats:
    """Values outside the observed range in steps of a bin's average width, the bounds included."""
    if not levels.is_binned:
        return np.empty(0)
    step = np.ptp(values) / levels.n_levels
    below = np.linspace(low, values.min(), _n_steps(values.min() - low, step), endpoint=False)
    above = np.linspace(high, values.max(), _n_steps(high - values.max(), step), endpoint=False)
    return np.r_[below, above]


def _n_steps(gap: float, step: float) -> int:
    return int(min(np.ceil(max(gap, 0.0) / step - _ROUNDING), _MOST_EXTRA))
