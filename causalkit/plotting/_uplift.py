"""What treating in order of the estimated effect gains: the targeting curve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from causalkit.metrics import toc_curve
from causalkit.plotting._learner import dependence, is_learner, observed, table_with
from causalkit.plotting._style import BLUE, GREY, axes_for, finish, with_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_uplift(curve: Any, *, unit: str = "", ax: Axes | None = None) -> Axes:
    """Draw how much more those with the highest estimated effects gain than everybody.

    A curve whose band stays above zero at small shares: the ranking finds people who benefit more.

    Parameters
    ----------
    curve : fitted learner or DataFrame
        A table with columns ``share``, ``estimate``, ``conf_low`` and ``conf_high``, such as that of
        :func:`causalkit.metrics.toc_curve`; of a learner, the curve of its out-of-fold effects.
    unit : str, default=""
        Unit of the effects, for the axis.
    ax : matplotlib Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError, ValueError
        If there is no such table, or it lacks a column.

    Examples
    --------
    >>> from causalkit.metrics import toc_curve
    >>> from causalkit.plotting import plot_uplift
    >>> ax = plot_uplift(toc_curve([4.0, 3.0, 2.0, 1.0], [5.0, 3.0, 1.0, -1.0], shares=[0.25, 0.5, 1.0]))
    >>> ax.get_xlabel()
    'Share treated, highest estimated effects first'
    >>> ax.figure.clear()
    """
    if is_learner(curve):
        curve = _curve_of(curve)
    table = table_with(curve, ["share", "estimate", "conf_low", "conf_high"], "curve")
    ax = axes_for(ax)
    ax.axhline(0, color=GREY, linewidth=1)
    ax.fill_between(
        table["share"],
        table["conf_low"],
        table["conf_high"],
        color=BLUE,
        alpha=0.2,
        linewidth=0,
        label="95 %, pointwise",
    )
    ax.plot(table["share"], table["estimate"], color=BLUE, linewidth=2, label="their effect less the average")
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    x, y = "Share treated, highest estimated effects first", with_unit("Gain", unit)
    return finish(ax, title="Gain from treating by estimated effect", x=x, y=y, grid="y", legend=True)


def _curve_of(learner: Any) -> pd.DataFrame:
    effects = observed(learner, learner.out_of_fold_cate_)
    return toc_curve(effects, learner.aipw_scores(), **dependence(learner))
