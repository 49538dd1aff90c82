"""How the estimated effects of the units are distributed, beside the best constant effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from causalkit.plotting._learner import finite_column, is_learner, observed
from causalkit.plotting._style import BLUE, ORANGE, axes_for, finish, with_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_effect_distribution(
    effects: Any,
    *,
    constant: float | None = None,
    interval: tuple[float, float] | None = None,
    unit: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw a histogram of the units' effects, with the best constant effect and its interval.

    Effects that lie within the interval of the constant are not yet a finding: that needs a test.

    Parameters
    ----------
    effects : fitted learner, or array-like of shape (n,)
        Effect of each unit, in units of the outcome; of a learner, its out-of-fold effects.
    constant : float, optional
        One effect for all; of a learner, its overlap-weighted effect.
    interval : (low, high), optional
        Interval of the constant; of a learner, the 95 % interval.
    unit : str, default=""
        Unit of the effects, for the axis.
    ax : matplotlib Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If the effects are not of shape (n,), not finite, or an end of the interval is missing.

    Examples
    --------
    >>> from causalkit.plotting import plot_effect_distribution
    >>> ax = plot_effect_distribution([0.1, 0.2, 0.2, 0.4], constant=0.22, interval=(0.1, 0.3))
    >>> ax.get_xlabel()
    'Estimated effect'
    >>> ax.figure.clear()
    """
    if is_learner(effects):
        average = effects.overlap_weighted_effect()
        constant = average.estimate if constant is None else constant
        interval = average.conf_int() if interval is None else interval
        effects = observed(effects, effects.out_of_fold_cate_)
    values = finite_column(effects, "effects")
    ax = axes_for(ax)
    ax.hist(values, bins=_bins(values, interval).tolist(), color=BLUE)
    if constant is not None:
        ax.axvline(constant, color=ORANGE, linewidth=2, label=f"one effect for all: {constant:.3g}")
    if interval is not None:
        low, high = interval
        words = f"its interval: {low:.3g} to {high:.3g}"
        ax.axvspan(low, high, color=ORANGE, alpha=0.2, linewidth=0, zorder=0, label=words)
    title = f"Estimated effects of {len(values):,} units"
    named = constant is not None or interval is not None
    return finish(ax, title=title, x=with_unit("Estimated effect", unit), y="Units", grid="y", legend=named)


def _bins(values: NDArray[np.float64], interval: tuple[float, float] | None) -> NDArray[np.float64]:
    """Edges of 30 bins over the effects; effects that are all equal become a narrow bar."""
    spread = float(np.ptp(values))
    if spread <= 1e-9 * max(1.0, float(np.abs(values).max())):
        width = (interval[1] - interval[0] if interval else max(1.0, abs(values[0]))) / 25
        return np.array([values[0] - width / 2, values[0] + width / 2])
    return np.linspace(values.min(), values.max(), 31)
