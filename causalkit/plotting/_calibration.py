"""Whether units with a higher predicted effect have a higher effect, in groups of similar prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from causalkit.plotting._learner import is_learner, table_with
from causalkit.plotting._style import BLUE, GREY, ORANGE, axes_for, finish, with_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_calibration(groups: Any, *, unit: str = "", ax: Axes | None = None) -> Axes:
    """Draw the effect estimated in groups of similar predicted effect against the predicted effect.

    Points on the diagonal: the predictions mean what they say. Points on a level line: they say nothing about
    who benefits.

    Parameters
    ----------
    groups : fitted learner, CalibrationResult or DataFrame
        A table with columns ``predicted``, ``estimate`` and the interval's ends ``low`` and ``high`` (or
        ``conf_low`` and ``conf_high``), such as ``group_effects()`` of a learner or the ``table`` of
        :func:`causalkit.metrics.calibration`; of a learner, its quintiles.
    unit : str, default=""
        Unit of the effects, for the axes.
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
    >>> import pandas as pd
    >>> from causalkit.plotting import plot_calibration
    >>> groups = pd.DataFrame({"predicted": [0.1, 0.3], "estimate": [0.15, 0.25]})
    >>> groups = groups.assign(low=[0.1, 0.2], high=[0.2, 0.3])
    >>> ax = plot_calibration(groups)
    >>> ax.get_ylabel()
    'Estimated effect'
    >>> ax.figure.clear()
    """
    if is_learner(groups):
        groups = groups.group_effects()
    groups = getattr(groups, "table", groups)
    if hasattr(groups, "rename"):
        groups = groups.rename(columns={"conf_low": "low", "conf_high": "high"})
    table = table_with(groups, ["predicted", "estimate", "low", "high"], "groups")
    predicted, estimate = table["predicted"].to_numpy(), table["estimate"].to_numpy()
    ends = np.array([estimate - table["low"].to_numpy(), table["high"].to_numpy() - estimate])
    ax = axes_for(ax)
    ax.axhline(0, color=GREY, linewidth=1)
    low, high = min(predicted.min(), estimate.min()), max(predicted.max(), estimate.max())
    ax.axline((low, low), slope=1, color=ORANGE, linewidth=1.5, linestyle="--", label="predicted = estimated")
    ax.errorbar(
        predicted, estimate, yerr=ends, fmt="o", color=BLUE, elinewidth=2, markersize=7, label="group, 95 %"
    )
    pad = 0.15 * max(high - low, float(ends.max()))
    ax.set_xlim(predicted.min() - pad, predicted.max() + pad)
    ax.set_ylim(min(0, (estimate - ends[0]).min()) - pad, max(0, (estimate + ends[1]).max()) + pad)
    title = f"Predicted and estimated effect in {len(table)} group{'s' if len(table) > 1 else ''}"
    x, y = with_unit("Mean predicted effect", unit), with_unit("Estimated effect", unit)
    return finish(ax, title=title, x=x, y=y, grid="y", legend=True)
