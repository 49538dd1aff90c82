"""The figures of a report."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from causalkit.cli._figures import Figure, draw_figure
from causalkit.plotting import plot_causal_graph, plot_pair_evidence

if TYPE_CHECKING:
    from causalkit.cli._discover._analysis import Answers

NAMES = ("causal_graph", "bootstrap_shares", "arrow_pvalues", "edge_pvalues")


def draw_figures(answers: Answers) -> dict[str, Figure]:
    """Draw the graph and the evidence for each pair."""
    evidence, n = answers.evidence, answers.study.X.shape[1]
    side = min(0.42 * n + 1.9, 6.0)
    maps = {
        "arrow_pvalues": (
            "pvalue_arrow",
            "Dark cells contradict an arrow from the row to the column. Where both cells of a pair are "
            "dark, an assumption is violated; where both are light, the direction is open or there is no "
            "edge.",
        ),
        "edge_pvalues": ("pvalue_no_edge", "Dark cells are pairs that are dependent inside a row."),
    }
    if answers.settings.n_bootstrap:
        shares = (
            "How often an arrow comes back when environments are drawn again. Frames: arrows that are kept."
        )
        maps = {"bootstrap_shares": ("bootstrap_share", shares), **maps}
    found = [
        draw_figure(
            "causal_graph",
            "Arrows that are kept, and dashed lines for dependent pairs without one. ICC: share of a "
            "variable's variance that lies between environments.",
            3.6,
            partial(plot_causal_graph, answers.discovery),
        )
    ]
    found += [
        draw_figure(name, caption, side, partial(plot_pair_evidence, evidence, value=column))
        for name, (column, caption) in maps.items()
    ]
    return {figure.name: figure for figure in found}
