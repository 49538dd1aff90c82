"""A causal graph with the evidence on its arrows, and the pairs that stay open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import pandas as pd

from causalkit.plotting._discovery import SHARE, check_column, evidence_of, has_numbers, variables
from causalkit.plotting._style import BLUE, GREY, ORANGE, axes_for, finish

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Places = Mapping[Any, tuple[float, float]]

_OPEN = {
    "not orientable": (GREY, "dependent, direction open"),
    "assumption violated": (ORANGE, "dependent, assumption violated"),
}
_NOTES = {
    SHARE: "on the arrows: share of resampled environments with the arrow",
    "score_gap": "on the arrows: nats that the best graph loses without the arrow",
    "pvalue_reverse": "on the arrows: p-value of what the reverse arrow would imply",
}
# Where along a line its label can stand, best first: from its tail (0) to its head (1).
_ALONG = (0.5, 0.4, 0.6, 0.3, 0.7)


def plot_causal_graph(
    discovery: Any,
    *,
    label: str | None = "auto",
    positions: Places | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the arrows that were kept, with their evidence, and the dependent pairs without a direction.

    Variables stand on an ellipse in a causal order, clockwise from the left, so that no line runs through
    another variable. A dashed grey line joins two that are dependent but whose direction stays open, an
    orange one two whose evidence contradicts both directions. No line: no dependence was found.

    Parameters
    ----------
    discovery : fitted CausalDeFinetti or DataFrame
        A table with columns ``cause``, ``effect``, ``arrow``, ``verdict`` and a row for each ordered pair, as
        in ``evidence_``. Of a fitted search, intraclass correlations stand below the names.
    label : str or None, default="auto"
        Column of numbers that stands on the arrows, or None for none. "auto" is the first that is known of
        ``bootstrap_share``, ``score_gap`` and ``pvalue_reverse``.
    positions : mapping of names to (x, y), optional
        Where the variables stand; a place for each of them.
    ax : matplotlib Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError, ValueError
        If there is no such table, it lacks a column, its arrows form a cycle, or a variable has no place.

    Examples
    --------
    >>> import pandas as pd
    >>> from causalkit.plotting import plot_causal_graph
    >>> evidence = pd.DataFrame({"cause": ["dose", "pain"], "effect": ["pain", "dose"]})
    >>> evidence = evidence.assign(arrow=[True, False], verdict=["arrow", "reverse arrow"])
    >>> ax = plot_causal_graph(evidence.assign(bootstrap_share=[0.93, 0.07]))
    >>> [text.get_text() for text in ax.texts]
    ['dose', 'pain', '93 %']
    >>> ax.figure.clear()
    """
    evidence = evidence_of(discovery)
    names, arrows = variables(evidence), evidence[evidence["arrow"].astype(bool)]
    column = _label_column(evidence, label)
    places = _ellipse(_causal_order(names, arrows)) if positions is None else _check_places(positions, names)
    ax = axes_for(ax, (6.4, 4.4))
    _draw_variables(ax, places, getattr(discovery, "intraclass_correlations_", {}))
    taken = list(places.values())
    for row in arrows.to_dict("records"):
        ends, share = (places[row["cause"]], places[row["effect"]]), row.get(SHARE, np.nan)
        width = 2.0 if np.isnan(share) else 1.0 + 2.0 * share
        _draw_line(ax, ends, color=BLUE, width=width, head=True)
        if column is not None and not np.isnan(row[column]):
            _write_on_line(ax, ends, _text(row[column], column), taken)
    for verdict, (color, _) in _OPEN.items():
        for pair in _pairs(evidence, verdict):
            _draw_line(ax, (places[pair[0]], places[pair[1]]), color=color, width=1.5, head=False)
    return _finish(ax, evidence, len(arrows), len(names), _NOTES.get(column or "", ""))


def _label_column(evidence: pd.DataFrame, label: str | None) -> str | None:
    if label == "auto":
        return next((column for column in _NOTES if has_numbers(evidence, column)), None)
    return label if label is None else check_column(evidence, label, "label")


def _causal_order(names: list[Any], arrows: pd.DataFrame) -> list[Any]:
    """Causes before effects; ties, and variables without an arrow, as the columns stand."""
    graph = nx.DiGraph()
    graph.add_nodes_from(names)
    graph.add_edges_from(zip(arrows["cause"], arrows["effect"], strict=True))
    if not nx.is_directed_acyclic_graph(graph):
        cycle = [cause for cause, _ in nx.find_cycle(graph)]
        raise ValueError(f"discovery must have arrows without a cycle; got one through {cycle}")
    return list(nx.lexicographical_topological_sort(graph, key=names.index))


def _ellipse(names: list[Any]) -> Places:
    angles = np.pi - 2 * np.pi * np.arange(len(names)) / len(names)
    return {
        name: (1.5 * float(np.cos(angle)), float(np.sin(angle)))
        for name, angle in zip(names, angles, strict=True)
    }


def _check_places(positions: Places, names: list[Any]) -> Places:
    lacking = [name for name in names if name not in positions]
    if lacking:
        raise ValueError(f"positions must have a place for each variable; got none for {lacking}")
    return {name: (float(positions[name][0]), float(positions[name][1])) for name in names}


def _draw_variables(ax: Axes, places: Places, correlations: Mapping[Any, float]) -> None:
    """Dots with names on the side that faces away from the centre."""
    points = np.array(list(places.values()))
    centre, spread = points.mean(axis=0), np.maximum(np.ptp(points, axis=0), 1.0)
    ax.scatter(points[:, 0], points[:, 1], s=110, color=BLUE, zorder=3)
    for name, point in zip(places, points, strict=True):
        right, up = (point - centre) / spread
        words = f"{name}\nICC {correlations[name]:.2f}" if name in correlations else str(name)
        ax.annotate(
            words,
            tuple(point),
            xytext=(12 * np.sign(right) * (abs(right) > 0.2), 14 * (1 if up >= -1e-9 else -1)),
            textcoords="offset points",
            ha="center" if abs(right) <= 0.2 else "left" if right > 0 else "right",
            va="bottom" if up >= -1e-9 else "top",
            fontsize="medium",
            zorder=4,
        )
    low, high = points.min(axis=0) - 0.3 * spread, points.max(axis=0) + 0.3 * spread
    ax.set_xlim(low[0], high[0])
    ax.set_ylim(low[1], high[1])


def _draw_line(
    ax: Axes, ends: tuple[tuple[float, float], tuple[float, float]], *, color: str, width: float, head: bool
) -> None:
    from matplotlib.patches import FancyArrowPatch

    style, dashes = ("-|>", "solid") if head else ("-", "dashed")
    line = FancyArrowPatch(
        *ends,
        arrowstyle=style,
        mutation_scale=10 + 4 * width,
        shrinkA=8,
        shrinkB=8,
        color=color,
        linewidth=width,
        linestyle=dashes,
        zorder=2 if head else 1,
    )
    ax.add_patch(line)


def _write_on_line(
    ax: Axes,
    ends: tuple[tuple[float, float], tuple[float, float]],
    words: str,
    taken: list[tuple[float, float]],
) -> None:
    """Write on a line where it is farthest from what is there already, near its middle if all are far."""
    tail, head = np.array(ends[0]), np.array(ends[1])
    candidates = [tail + along * (head - tail) for along in _ALONG]
    room = [min(float(np.hypot(*(spot - other))) for other in np.array(taken)) for spot in candidates]
    spot = candidates[int(np.argmax(np.minimum(room, 0.35)))]
    taken.append((float(spot[0]), float(spot[1])))
    background: dict[str, Any] = {"facecolor": ax.get_facecolor(), "edgecolor": "none", "pad": 1.5}
    ax.text(
        float(spot[0]),
        float(spot[1]),
        words,
        ha="center",
        va="center",
        fontsize="small",
        bbox=background,
        zorder=5,
    )


def _text(value: float, column: str) -> str:
    if column == SHARE:
        return f"{100 * value:.0f} %"
    if "pvalue" in column:
        return "p < 0.001" if value < 0.001 else f"p = {value:.3f}" if value < 0.1 else f"p = {value:.2f}"
    return f"{value:.1f}" if column == "score_gap" else f"{value:.3g}"


def _pairs(evidence: pd.DataFrame, verdict: str) -> list[tuple[Any, Any]]:
    """Unordered pairs with a verdict, once each."""
    found = evidence[evidence["verdict"] == verdict]
    pairs = [tuple(pair) for pair in found[["cause", "effect"]].itertuples(index=False)]
    return list({frozenset(pair): pair for pair in reversed(pairs)}.values())[::-1]


def _finish(ax: Axes, evidence: pd.DataFrame, n_arrows: int, n_names: int, note: str) -> Axes:
    from matplotlib.lines import Line2D

    for verdict, (color, words) in _OPEN.items():
        count = len(_pairs(evidence, verdict))
        if count:
            line = Line2D([], [], color=color, linestyle="dashed", linewidth=1.5, label=f"{words} ({count})")
            ax.add_line(line)
    ax.set_xticks([])
    ax.set_yticks([])
    arrows = "1 arrow" if n_arrows == 1 else f"{n_arrows} arrows" if n_arrows else "No arrow"
    legend = any(len(_pairs(evidence, verdict)) for verdict in _OPEN)
    finish(ax, title=f"{arrows} among {n_names} variables", x=note if n_arrows else "", y="", legend=legend)
    ax.spines[:].set_visible(False)
    return ax
