"""Propensities of the two arms."""

import numpy as np
import pytest
from matplotlib.axes import Axes

from causalkit.estimators import GraphRLearner
from causalkit.plotting import plot_overlap


def heights(ax: Axes) -> list[np.ndarray]:
    return [patch.get_data().values for patch in ax.patches]


class TestPlotOverlap:
    def test_treated_stand_up_and_others_hang_down(self, ax: Axes) -> None:
        assert plot_overlap([0.1, 0.3, 0.3, 0.9], [0, 1, 1, 0], ax=ax) is ax
        treated, others = heights(ax)
        assert (treated.sum(), treated.max()) == (2, 2)
        assert (others.sum(), others.min()) == (-2, -1)

    def test_thresholds_are_drawn_and_named(self, ax: Axes) -> None:
        plot_overlap([0.1, 0.9], [0, 1], thresholds=(0.1, 0.8), ax=ax)
        dashed = [line.get_xdata()[0] for line in ax.lines if line.get_linestyle() == "--"]
        assert dashed == [0.1, 0.8]
        assert ax.get_legend().get_texts()[-1].get_text() == "0.1 and 0.8"

    def test_learner_shows_its_observed_units(self, learner: GraphRLearner) -> None:
        treated, others = heights(plot_overlap(learner))
        report = learner.overlap_report()
        assert (treated.sum(), -others.sum()) == (report.n_treated, report.n_control)

    def test_bad_input(self) -> None:
        with pytest.raises(ValueError, match="treatment must be given with propensities"):
            plot_overlap([0.1, 0.2])
        with pytest.raises(ValueError, match=r"one value for each propensity; got shape \(1,\) and 2"):
            plot_overlap([0.1, 0.2], [1])
        with pytest.raises(ValueError, match=r"treatment must be 0 or 1; got \[1, 2\]"):
            plot_overlap([0.1, 0.2], [1, 2])
        with pytest.raises(ValueError, match=r"propensity must be between 0 and 1; got 0.1 to 1.2"):
            plot_overlap([0.1, 1.2], [1, 0])
