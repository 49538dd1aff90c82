"""The figures of a report."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from causalkit.cli._figures import Figure, draw_figure
from causalkit.plotting import plot_environment_risk, plot_risk_tradeoff

if TYPE_CHECKING:
    from causalkit.cli._subset._analysis import Answers

NAMES = ("risk_tradeoff", "environment_risk", "new_environment_risk")

_MOST_ENVIRONMENTS = 40


def draw_figures(answers: Answers) -> dict[str, Figure]:
    """Draw the risks of all classes, and risks by environment."""
    found = []
    if np.isfinite(answers.model.worst_case_risk_):
        found.append(
            draw_figure(
                "risk_tradeoff",
                "Each class of subsets: what it risks where mechanisms change, against what it risks in the "
                "training mix. Lines: intervals. Shares of the outcome's variance: 1 is predicting the mean.",
                4.6,
                partial(plot_risk_tradeoff, answers.model),
            )
        )
    pictures = {
        "environment_risk": (answers.environment_risks, "Training environments, out of fold."),
        "new_environment_risk": (answers.new_risks, "Environments that were not trained on."),
    }
    for name, (table, caption) in pictures.items():
        if table is not None:
            height = 1.9 + 0.3 * min(len(table), _MOST_ENVIRONMENTS)
            found.append(draw_figure(name, caption, height, partial(plot_environment_risk, table)))
    return {figure.name: figure for figure in found}
