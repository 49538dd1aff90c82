"""Worst-case risk of every class of subsets against its risk in the training mix."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from causalkit.plotting._learner import table_with
from causalkit.plotting._style import BLUE, GREY, ORANGE, axes_for, finish

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_RISKS = ["risk", "risk_low", "risk_high", "lower_bound", "training_risk"]
_NEEDED = ["subset", "free", *_RISKS, "tied", "picked"]
# Beyond so many points names would cover each other, and beyond so many intervals the points.
_MOST_NAMED = 8
_MOST_SOLID = 40
# Beyond this ratio of the largest to the smallest risk most points would lie on one line.
_LARGEST_RATIO = 20.0
# Room for one name, as shares of the picture's sides.
_NAME_WIDTH, _NAME_HEIGHT = 0.3, 0.06

_Style = dict[str, Any]
_OTHER: _Style = {"marker": "o", "color": GREY, "markersize": 5}
_TIED: _Style = {"marker": "o", "color": BLUE, "markersize": 7, "markerfacecolor": "none"}
_PICK: _Style = {"marker": "o", "color": BLUE, "markersize": 9}
_WHOLE: _Style = {"marker": "s", "color": ORANGE, "markersize": 14, "markerfacecolor": "none"}
_BOUND: _Style = {"marker": "^", "markersize": 6, "markerfacecolor": "none", "clip_on": False}


def plot_risk_tradeoff(
    estimator: Any, *, training_variance: float | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the worst-case risk of every class, with its interval, against its risk in the training mix.

    Both are mean squared errors divided by the variance of the training outcomes: 1 is what the mean of these
    outcomes reaches on them. Above the dashed diagonal a class loses where mechanisms change, and the pick is
    the lowest. Of a class that was pruned only a lower bound of the worst-case risk is known: it stands at
    the right edge, where its risk in the training mix is not known either.

    Parameters
    ----------
    estimator : fitted MinimaxSubsetRegressor or MinimaxSubsetClassifier, or DataFrame
        A table with a row for each class, as in ``risk_table_``.
    training_variance : float, optional
        Variance of the training outcomes, in squared units of y, for a table of risks in these units. Without
        it that of the estimator, and 1 for a table.
    ax : matplotlib Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError, ValueError
        If there is no such table, it lacks a column, no class has a risk, or the variance is not positive.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from causalkit.plotting import plot_risk_tradeoff
    >>> table = pd.DataFrame({"subset": [("z",), ("x", "z"), ()], "free": [(), (), ()]})
    >>> table = table.assign(risk=[0.5, 0.8, np.nan], risk_low=[0.4, 0.7, np.nan])
    >>> table = table.assign(risk_high=[0.6, 0.9, np.nan], lower_bound=[np.nan, np.nan, 0.9])
    >>> table = table.assign(training_risk=[0.5, 0.1, np.nan], tied=[True, False, False])
    >>> ax = plot_risk_tradeoff(table.assign(picked=[True, False, False]))
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['pick: {z}', 'whole stable set', 'pruned, lower bound (1)', 'constant', 'no loss under change']
    >>> ax.figure.clear()
    """
    table = _shares(estimator, training_variance)
    known = table[table["risk"].notna()]
    if not len(known):
        raise ValueError("estimator must have a class with a risk; got none")
    ax = axes_for(ax, (6.4, 4.8))
    ax.margins(x=0.1)
    _draw_intervals(ax, known)
    _draw_points(ax, known)
    _draw_bounds(ax, table[table["risk"].isna() & table["lower_bound"].notna()])
    _draw_references(ax, table)
    if 1 < len(known) <= _MOST_NAMED:
        _name_points(ax, known)
    classes = "1 class" if len(table) == 1 else f"{len(table):,} classes"
    return finish(
        ax,
        title=f"Worst case against training mix: {classes}, {len(known):,} fitted",
        x="Risk in the training mix, MSE / Var(y)",
        y="Worst-case risk, MSE / Var(y)",
        grid="both",
        legend=True,
    )


def _shares(estimator: Any, training_variance: float | None) -> pd.DataFrame:
    """Return the table with its risks divided by the variance, and whether a row is the whole stable set."""
    if hasattr(estimator, "fit"):
        check_is_fitted(estimator, "risk_table_")
        if training_variance is None:
            training_variance = estimator.training_variance_
        estimator = estimator.risk_table_
    table = table_with(estimator, _NEEDED, "estimator", source="fitted MinimaxSubsetRegressor")
    scale = 1.0 if training_variance is None else float(training_variance)
    if not scale > 0:
        raise ValueError(f"training_variance must be positive; got {training_variance!r}")
    members = zip(table["subset"], table["free"], strict=True)
    largest = [frozenset((*subset, *free)) for subset, free in members]
    whole = frozenset().union(*largest)
    risks = table[_RISKS].astype(np.float64) / scale
    return table.assign(**risks, whole=[names == whole for names in largest])


def _draw_intervals(ax: Axes, known: pd.DataFrame) -> None:
    many = len(known) > _MOST_SOLID
    for marked, rows in known.groupby(known["picked"].astype(bool) | known["whole"]):
        ax.vlines(
            rows["training_risk"],
            rows["risk_low"],
            rows["risk_high"],
            color=[BLUE if picked else ORANGE if whole else GREY for picked, whole in _flags(rows)],
            linewidth=2.0 if marked else 0.6 if many else 1.2,
            alpha=0.3 if many and not marked else 1.0,
            zorder=2.1 if marked else 1.5,
        )


def _flags(rows: pd.DataFrame) -> Iterable[tuple[bool, bool]]:
    return zip(rows["picked"].astype(bool), rows["whole"].astype(bool), strict=True)


def _draw_points(ax: Axes, known: pd.DataFrame) -> None:
    picked, tied, whole = (known[name].astype(bool) for name in ("picked", "tied", "whole"))
    tied &= ~picked
    others = ~(picked | tied | whole)
    name = "".join(f": {_braces(subset)}" for subset in known.loc[picked, "subset"])
    kinds = [
        (picked, f"pick{name}", _PICK, 2.5),
        (tied, f"tied with the pick ({tied.sum()})", _TIED, 2.4),
        (whole, "whole stable set", _WHOLE, 2.3),
        (others, f"other classes ({others.sum()})", _OTHER, 2.2),
    ]
    for rows, label, style, zorder in kinds:
        if rows.any():
            spots = known.loc[rows, ["training_risk", "risk"]].to_numpy()
            ax.plot(*spots.T, linestyle="none", label=label, zorder=zorder, markeredgewidth=1.6, **style)


def _draw_bounds(ax: Axes, pruned: pd.DataFrame) -> None:
    """Triangles at the lower bounds; at the right edge where the risk in the training mix is not known."""
    label = f"pruned, lower bound ({len(pruned)})"
    for whole, rows in pruned.groupby("whole", sort=False):
        at_edge = rows["training_risk"].isna()
        style = _BOUND | {"color": ORANGE if whole else GREY, "linestyle": "none"}
        for chosen, transform in ((rows[~at_edge], ax.transData), (rows[at_edge], ax.get_yaxis_transform())):
            if len(chosen):
                x = chosen["training_risk"].fillna(1.0)
                ax.plot(x, chosen["lower_bound"], label=label, transform=transform, **style)
                label = "_"


def _draw_references(ax: Axes, table: pd.DataFrame) -> None:
    """The constant at 1, and the diagonal on which a change costs nothing; a logarithm for wide ranges."""
    risks = table[["risk", "lower_bound"]].to_numpy().ravel()
    positive = risks[risks > 0]
    if len(positive) and positive.max() > _LARGEST_RATIO * positive.min():
        ax.set_yscale("log")
    ax.axhline(1.0, color=GREY, linewidth=1.2, label="constant", zorder=1)
    low, high = ax.get_xlim()
    along = np.linspace(max(low, 0.0), high, 50)
    ax.plot(along, along, color=GREY, linestyle="--", linewidth=0.9, label="no loss under change", zorder=1)
    ax.set_xlim(along[0], high)


def _name_points(ax: Axes, known: pd.DataFrame) -> None:
    """Write subsets but the pick beside their points, moved up where they would cover a name below."""
    spots = known[~known["picked"].astype(bool)].sort_values(["risk", "training_risk"])
    low, high = ax.get_xlim()
    ax.set_xlim(low, high + _NAME_WIDTH / 2 * (high - low))
    points = spots[["training_risk", "risk"]].to_numpy()
    shown = ax.transAxes.inverted().transform(ax.transData.transform(points))
    taken: list[tuple[float, float]] = []
    for subset, point, (right, up) in zip(spots["subset"], points, shown, strict=True):
        height = up
        while any(abs(right - x) < _NAME_WIDTH and abs(height - y) < _NAME_HEIGHT for x, y in taken):
            height += _NAME_HEIGHT / 4
        taken.append((right, height))
        ax.annotate(
            _braces(subset),
            tuple(point),
            xytext=(right + 0.025, height),
            textcoords="axes fraction",
            fontsize="small",
            va="center",
            zorder=3,
        )


def _braces(names: Iterable[Any]) -> str:
    return "{" + ", ".join(str(name) for name in names) + "}"
