"""Average effects side by side, with their intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from causalkit.plotting._learner import is_learner
from causalkit.plotting._style import BLUE, GREY, axes_for, finish, with_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_estimates(
    estimates: Any,
    *,
    alpha: float = 0.05,
    unit: str = "",
    number_format: str = ".3g",
    ax: Axes | None = None,
) -> Axes:
    """Draw average effects below each other, each as a point with its interval.

    Parameters
    ----------
    estimates : fitted learner, or mapping of str to EffectEstimate
        Names and effects from top to bottom; of a learner, its average and its overlap-weighted effect.
    alpha : float, default=0.05
        One less the confidence of the intervals.
    unit : str, default=""
        Unit of the effects, for the axis.
    number_format : str, default=".3g"
        How the numbers beside the names are written.
    ax : matplotlib Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError
        If ``estimates`` is neither a learner nor a mapping.
    ValueError
        If there is no estimate.

    Examples
    --------
    >>> from causalkit.inference import EffectEstimate
    >>> from causalkit.plotting import plot_estimates
    >>> effects = {"ours": EffectEstimate(0.45, 0.02, 2830), "plain": EffectEstimate(0.44, 0.03, 2830)}
    >>> ax = plot_estimates(effects, unit="share who came")
    >>> [text.get_text() for text in ax.texts]
    ['ours: 0.45 (0.411 to 0.489)', 'plain: 0.44 (0.381 to 0.499)']
    >>> ax.figure.clear()
    """
    if is_learner(estimates):
        estimates = {"average": estimates.ate(), "overlap-weighted": estimates.overlap_weighted_effect()}
    if not isinstance(estimates, Mapping):
        raise TypeError(
            "estimates must be a fitted learner or a mapping of names to effects; "
            f"got {type(estimates).__name__}"
        )
    if not estimates:
        raise ValueError("estimates must hold at least one effect; got none")
    ax = axes_for(ax, (6.4, 1.3 + 0.6 * len(estimates)))
    intervals = np.array([effect.conf_int(alpha) for effect in estimates.values()])
    points = np.array([effect.estimate for effect in estimates.values()])
    places = np.arange(len(points), dtype=np.float64)
    ax.axvline(0, color=GREY, linewidth=1)
    ends = np.abs(intervals.T - points)
    ax.errorbar(points, places, xerr=ends, fmt="o", color=BLUE, elinewidth=2.5, markersize=8)
    form = number_format
    for place, name, point, (low, high) in zip(places, estimates, points, intervals, strict=True):
        _write_above(ax, float(place), f"{name}: {point:{form}} ({low:{form}} to {high:{form}})")
    ax.set_ylim(len(points) - 0.6, -0.75)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    title = f"Average effect with {100 * (1 - alpha):g} % interval"
    return finish(ax, title=title, x=with_unit("Effect", unit), y="", grid="x")


def _write_above(ax: Axes, place: float, words: str) -> None:
    """Write at the left edge, clear of the lines behind."""
    background = {"facecolor": ax.get_facecolor(), "edgecolor": "none", "pad": 1.0}
    ax.text(
        0,
        place - 0.38,
        words,
        transform=ax.get_yaxis_transform(),
        va="center",
        fontsize="small",
        bbox=background,
    )
