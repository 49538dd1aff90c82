"""The look that all pictures share: colours, axes, reference lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from causalkit._optional import require

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Both are told apart by people with any common colour blindness, and can be read on white and on black.
BLUE = "#3a7fc1"
ORANGE = "#d9782a"
GREY = "#8a8f98"

_SIZE = (6.4, 3.8)
_LEGEND_COLUMNS = 3


def axes_for(ax: Axes | None, size: tuple[float, float] = _SIZE) -> Axes:
    """Return the Axes to draw on: the given one, or that of a new figure."""
    if ax is None:
        pyplot = require("matplotlib.pyplot", extra="plot", purpose="plotting")
        figure, ax = pyplot.subplots(figsize=size, layout="constrained")
        figure.get_layout_engine().set(w_pad=0.1, h_pad=0.1)
        return ax
    if not hasattr(ax, "set_xlabel"):
        raise TypeError(f"ax must be a matplotlib Axes; got {type(ax).__name__}")
    return ax


def finish(ax: Axes, *, title: str, x: str, y: str, grid: str | None = None, legend: bool = False) -> Axes:
    """Write title and labels, take away what carries no information, and set the legend above the picture."""
    n_entries = len(ax.get_legend_handles_labels()[0]) if legend else 0
    # More than one row of three entries would not fit the width of a page.
    columns = _LEGEND_COLUMNS if n_entries <= _LEGEND_COLUMNS else _LEGEND_COLUMNS - 1
    rows = -(-n_entries // columns)
    ax.set_title(title, loc="left", fontsize="medium", fontweight="bold", pad=10 + 18 * rows)
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    ax.spines[["top", "right"]].set_visible(False)
    if grid is not None:
        ax.grid(axis=grid, color=GREY, alpha=0.25, linewidth=0.6)  # type: ignore[arg-type]
        ax.set_axisbelow(True)
    if legend:
        ax.legend(
            frameon=False,
            fontsize="small",
            ncols=columns,
            loc="lower left",
            bbox_to_anchor=(-0.01, 1.0),
            borderpad=0.2,
        )
    return ax


def with_unit(words: str, unit: str) -> str:
    """Return an axis label with its unit, where there is one."""
    return f"{words} ({unit})" if unit else words
