"""Which columns, and how far along the network, the effect depends on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from causalkit._validation import check_choice, check_scalar_argument
from causalkit.plotting._learner import is_learner
from causalkit.plotting._style import BLUE, GREY, axes_for, finish

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TITLES = {
    "feature": "Columns that the effect depends on",
    "hop": "How far along the network the effect looks",
}


def plot_relevance(
    relevance: Any, *, by: Literal["feature", "hop"] = "feature", max_bars: int = 12, ax: Axes | None = None
) -> Axes:
    """Draw each column's, or each hop's, share of the variance of the effect as a bar.

    Parameters
    ----------
    relevance : fitted learner, or Series
        Shares by name; of a learner, its ``feature_relevance_`` or ``hop_relevance_``.
    by : {"feature", "hop"}, default="feature"
        What the bars stand for: columns, or hops (0 is the unit itself, 1 its neighbours, 2 theirs).
    max_bars : int, default=12
        The smallest shares beyond so many are left out, and the title says so.
    ax : matplotlib Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError, ValueError
        If ``relevance`` is neither a learner nor a Series with finite, non-negative values.

    Examples
    --------
    >>> import pandas as pd
    >>> from causalkit.plotting import plot_relevance
    >>> ax = plot_relevance(pd.Series({"age": 0.7, "distance": 0.3}))
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['age', 'distance']
    >>> ax.figure.clear()
    """
    check_choice(by, "by", ("feature", "hop"))
    check_scalar_argument(max_bars, "max_bars", integer=True, low=1)
    if is_learner(relevance):
        relevance = relevance.feature_relevance_ if by == "feature" else relevance.hop_relevance_
    shares, n_left_out = _shown(_check_shares(relevance), by, max_bars)
    ax = axes_for(ax, (6.4, 1.4 + 0.3 * len(shares)))
    places = np.arange(len(shares))
    ax.barh(places, shares.to_numpy(), color=BLUE, height=0.7)
    for place, share in zip(places, shares, strict=True):
        ax.text(share, float(place), f" {100 * share:.0f} %", va="center", fontsize="small")
    ax.set_yticks(places, [_label(name, by) for name in shares.index])
    ax.set_ylim(len(shares) - 0.4, -0.6)
    ax.set_xlim(0, max(1.12 * float(shares.max()), 0.01))
    ax.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    ax.tick_params(axis="y", length=0)
    if not shares.any():
        ax.set_xlim(0, 1)
        ax.text(0.5, places.mean(), "one effect for all: nothing to share out", ha="center", color=GREY)
    title = _TITLES[by] + (f" (without {n_left_out} smaller ones)" if n_left_out else "")
    return finish(ax, title=title, x="Share of the variance of the effect", y="")


def _check_shares(relevance: Any) -> pd.Series:
    if not isinstance(relevance, pd.Series):
        raise TypeError(f"relevance must be a fitted learner or a Series; got {type(relevance).__name__}")
    values = relevance.to_numpy(dtype=np.float64)
    if not len(values) or not np.isfinite(values).all() or values.min() < 0:
        raise ValueError(f"relevance must hold finite shares of at least zero; got {relevance.to_dict()}")
    return relevance


def _shown(shares: pd.Series, by: str, max_bars: int) -> tuple[pd.Series, int]:
    """Hops stay in their order; of the columns, the largest with a share."""
    if by == "hop":
        return shares, 0
    ranked = shares.sort_values(ascending=False, kind="stable")
    positive = ranked[ranked >= 0.005] if (ranked >= 0.005).any() else ranked
    return positive.iloc[:max_bars], int((ranked > 0).sum() - (positive.iloc[:max_bars] > 0).sum())


def _label(name: Any, by: str) -> str:
    if by == "feature":
        return str(name)
    return {"0": "the unit itself", "1": "its neighbours", "2": "their neighbours"}.get(
        str(name), f"{name} steps away"
    )
