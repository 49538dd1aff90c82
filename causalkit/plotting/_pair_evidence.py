"""The evidence for every ordered pair of variables as a heat map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from causalkit.plotting._discovery import SHARE, check_column, evidence_of, has_numbers, variables
from causalkit.plotting._style import ORANGE, axes_for, finish

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]

# Title of the picture and words beside the colours.
_WORDS = {
    SHARE: ("Arrows in resampled environments", "share of resamples"),
    "score_gap": ("What the best graph loses", "nats without the arrow"),
    "pvalue_arrow": ("Evidence against arrows", "p-value (small: against)"),
    "pvalue_reverse": ("Evidence against reverse arrows", "p-value (small: for the arrow)"),
    "pvalue_no_edge": ("Evidence for edges", "p-value (small: dependent)"),
}
# Beyond so many variables numbers in the cells could not be read.
_MOST_WRITTEN = 12
_SMALLEST_PVALUE = 1e-3


def plot_pair_evidence(discovery: Any, *, value: str = "auto", ax: Axes | None = None) -> Axes:
    """Draw one kind of evidence for each ordered pair: causes in rows, effects in columns.

    Frames mark the arrows that were kept. A pair whose two cells look alike has no direction.

    Parameters
    ----------
    discovery : fitted CausalDeFinetti or DataFrame
        A table with columns ``cause``, ``effect``, ``arrow``, ``verdict`` and a row for each ordered pair, as
        in ``evidence_``.
    value : str, default="auto"
        Column of numbers to draw, p-values on a logarithmic scale. "auto" is ``bootstrap_share`` where
        environments were resampled, else ``pvalue_arrow``: small speaks against the arrow.
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
    >>> from causalkit.plotting import plot_pair_evidence
    >>> evidence = pd.DataFrame({"cause": ["dose", "pain"], "effect": ["pain", "dose"]})
    >>> evidence = evidence.assign(arrow=[True, False], verdict=["arrow", "reverse arrow"])
    >>> ax = plot_pair_evidence(evidence.assign(pvalue_arrow=[0.6, 0.002]))
    >>> [text.get_text() for text in ax.texts]
    ['0.60', '0.002']
    >>> ax.figure.clear()
    """
    evidence = evidence_of(discovery)
    names = variables(evidence)
    if value == "auto":
        value = SHARE if has_numbers(evidence, SHARE) else "pvalue_arrow"
    column = check_column(evidence, value, "value")
    grid = _grid(evidence, column, names)
    side = 0.55 * len(names) + 1.6
    ax = axes_for(ax, (side + 1.2, side))
    image = ax.imshow(grid, cmap="viridis", norm=_norm(column, grid))
    if len(names) <= _MOST_WRITTEN:
        _write(ax, grid, column, image)
    _frame(ax, evidence, names)
    labels = [str(name) for name in names]
    ax.set_xticks(range(len(names)), labels, rotation=30, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(len(names)), labels)
    ax.tick_params(length=0)
    title, words = _WORDS.get(column, ("Evidence for each pair", column.replace("_", " ")))
    bar = ax.figure.colorbar(image, ax=ax, shrink=0.8, label=words)
    if "pvalue" in column:
        bar.set_ticks([0.001, 0.01, 0.1, 1], labels=["0.001", "0.01", "0.1", "1"])
    finish(ax, title=title, x="Effect", y="Cause")
    ax.spines[:].set_visible(False)
    return ax


def _grid(evidence: pd.DataFrame, column: str, names: list[Any]) -> Floats:
    """Values with causes in rows and effects in columns; NaN where there is none."""
    place = pd.Series(range(len(names)), index=pd.Index(names, dtype=object))
    rows, columns = place[evidence["cause"]].to_numpy(), place[evidence["effect"]].to_numpy()
    grid = np.full((len(names), len(names)), np.nan)
    grid[rows, columns] = evidence[column].to_numpy(dtype=np.float64)
    return grid


def _norm(column: str, grid: Floats) -> Any:
    from matplotlib.colors import LogNorm, Normalize

    if "pvalue" in column:
        return LogNorm(_SMALLEST_PVALUE, 1, clip=True)
    if column == SHARE:
        return Normalize(0, 1)
    known = grid[np.isfinite(grid)]
    return Normalize(min(0.0, known.min(initial=0.0)), known.max(initial=1e-9))


def _write(ax: Axes, grid: Floats, column: str, image: Any) -> None:
    for row, column_index in np.argwhere(np.isfinite(grid)):
        cell = grid[row, column_index]
        red, green, blue, _ = image.cmap(image.norm(cell))
        light = 0.3 * red + 0.59 * green + 0.11 * blue > 0.5
        ax.text(
            column_index,
            row,
            _text(cell, column),
            ha="center",
            va="center",
            fontsize="small",
            color="black" if light else "white",
        )


def _text(value: float, column: str) -> str:
    if "pvalue" in column:
        return "<.001" if value < 0.001 else f"{value:.3f}" if value < 0.1 else f"{value:.2f}"
    return f"{value:.2f}" if column == SHARE else f"{value:.3g}"


def _frame(ax: Axes, evidence: pd.DataFrame, names: list[Any]) -> None:
    from matplotlib.patches import Rectangle

    for cause, effect in evidence.loc[evidence["arrow"].astype(bool), ["cause", "effect"]].itertuples(
        index=False
    ):
        corner = (names.index(effect) - 0.47, names.index(cause) - 0.47)
        ax.add_patch(Rectangle(corner, 0.94, 0.94, fill=False, edgecolor=ORANGE, linewidth=2.5))
