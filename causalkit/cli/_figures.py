"""Figures of a report: each drawn for a light and for a dark page."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from causalkit._optional import require

_DARK = {
    **dict.fromkeys(
        ("text.color", "axes.labelcolor", "xtick.color", "ytick.color", "axes.edgecolor"), "#e4e7ec"
    ),
    **dict.fromkeys(("figure.facecolor", "axes.facecolor", "savefig.facecolor"), "#1a1d23"),
}
_LIGHT = dict.fromkeys(("figure.facecolor", "axes.facecolor", "savefig.facecolor"), "white")
_DOTS_PER_INCH = 160
_WIDTH = 5.2


@dataclass(frozen=True)
class Figure:
    """A picture with how to read it; PNG bytes for both kinds of page."""

    name: str
    caption: str
    light: bytes
    dark: bytes


def draw_figure(name: str, caption: str, height: float, draw: Callable[..., Any]) -> Figure:
    """Call ``draw(ax=axes)`` on Axes of so many inches, once for each kind of page."""
    light, dark = (_png(draw, height, theme) for theme in (_LIGHT, _DARK))
    return Figure(name, caption, light, dark)


def _png(draw: Callable[..., Any], height: float, theme: dict[str, str]) -> bytes:
    matplotlib = require("matplotlib", extra="plot", purpose="figures of the causalkit command")
    figures = require("matplotlib.figure", extra="plot", purpose="figures of the causalkit command")
    # A figure of its own, not of pyplot: no window system is asked for, and none stays open.
    with matplotlib.rc_context(theme):
        figure = figures.Figure(figsize=(_WIDTH, height), layout="constrained")
        figure.get_layout_engine().set(w_pad=0.1, h_pad=0.1)
        draw(ax=figure.subplots())
        out = BytesIO()
        # Without the version of matplotlib in the file, the same picture is the same file.
        figure.savefig(out, format="png", dpi=_DOTS_PER_INCH, metadata={"Software": None})
    return out.getvalue()


def write_figures(figures: Mapping[str, Figure], possible: Iterable[str], directory: Path) -> None:
    """Write the light version of each figure; possible ones of an earlier run, not drawn now, are removed."""
    folder = directory / "figures"
    for name in possible:
        (folder / f"{name}.png").unlink(missing_ok=True)
    if figures:
        folder.mkdir(exist_ok=True)
    for name, figure in figures.items():
        (folder / f"{name}.png").write_bytes(figure.light)
