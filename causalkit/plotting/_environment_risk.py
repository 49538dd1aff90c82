"""Risk by environment of the picked subset, the whole stable set, the pooled fit and the constant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from causalkit.plotting._learner import table_with
from causalkit.plotting._style import BLUE, GREY, ORANGE, axes_for, finish

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_STYLES: dict[str, dict[str, Any]] = {
    "picked subset": {"marker": "o", "color": BLUE, "markersize": 9},
    "whole stable set": {
        "marker": "s",
        "color": ORANGE,
        "markersize": 13,
        "markerfacecolor": "none",
        "markeredgewidth": 2,
    },
    "pooled fit": {"marker": "x", "color": GREY, "markersize": 7, "markeredgewidth": 2},
    "constant": {"marker": "|", "color": GREY, "markersize": 16, "markeredgewidth": 2},
}
# Beyond so many environments their names could not be read.
_MOST_NAMED = 40


def plot_environment_risk(
    estimator: Any,
    X: Any = None,
    y: Any = None,
    environments: Any = None,
    *,
    graph: Any = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the risk of four predictors in each environment, that with the pick's largest risk on top.

    Risks are mean squared errors divided by the variance of the training outcomes, also in environments that
    were not trained on: none is scaled with its own outcomes.

    Parameters
    ----------
    estimator : fitted MinimaxSubsetRegressor or MinimaxSubsetClassifier, or DataFrame
        A table with a row for each environment, as ``environment_risks`` returns it.
    X, y, environments : table of shape (n, d), array-like of shape (n,), array-like of shape (n,), optional
        Rows to score, of any environments. Without them the training rows, out of fold.
    graph : Network, optional
        Links between the rows of X, for an estimator that was fitted with some.
    ax : matplotlib Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError, ValueError
        If there is no such table, it lacks a predictor, rows are given with a table, or ``environment_risks``
        refuses them.

    Examples
    --------
    >>> import pandas as pd
    >>> from causalkit.plotting import plot_environment_risk
    >>> risks = pd.DataFrame({"picked subset": [0.50, 0.52], "whole stable set": [0.1, 0.8]})
    >>> risks = risks.assign(**{"pooled fit": [0.1, 0.75], "constant": [1.0, 1.01]})
    >>> ax = plot_environment_risk(risks.set_axis(["north", "south"]))
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['south', 'north']
    >>> ax.figure.clear()
    """
    table = _risks(estimator, X, y, environments, graph)
    order = np.lexsort((np.arange(len(table)), -table["picked subset"].to_numpy(dtype=np.float64)))
    table = table.iloc[order]
    n = len(table)
    ax = axes_for(ax, (6.4, 1.7 + 0.3 * min(n, _MOST_NAMED)))
    places = np.arange(n, dtype=np.float64)
    risks = table[list(_STYLES)].astype(np.float64)
    ax.hlines(places, risks.min(axis=1), risks.max(axis=1), color=GREY, linewidth=0.8, alpha=0.5, zorder=1)
    for depth, (name, style) in enumerate(_STYLES.items()):
        ax.plot(risks[name], places, linestyle="none", label=name, zorder=3 - 0.1 * depth, **style)
    ax.set_ylim(n - 0.4, -0.6)
    ax.set_xlim(left=0.0)
    named = n <= _MOST_NAMED
    ax.set_yticks(places if named else [], [str(label) for label in table.index] if named else [])
    word = "environment" if n == 1 else "environments"
    return finish(
        ax,
        title=f"Risk in {n:,} {word}",
        x="Risk, MSE / Var(y) of training",
        y="" if named else "Environments, the pick's largest risk on top",
        grid="x",
        legend=True,
    )


def _risks(estimator: Any, X: Any, y: Any, environments: Any, graph: Any) -> pd.DataFrame:
    if hasattr(estimator, "environment_risks"):
        check_is_fitted(estimator, "risk_table_")
        return estimator.environment_risks(X, y, environments, graph=graph)
    given = {"X": X, "y": y, "environments": environments, "graph": graph}
    unused = [name for name, value in given.items() if value is not None]
    if unused and isinstance(estimator, pd.DataFrame):
        raise ValueError(f"{unused[0]} needs a fitted estimator, which a table of risks is not")
    return table_with(estimator, list(_STYLES), "estimator", source="fitted MinimaxSubsetRegressor")
