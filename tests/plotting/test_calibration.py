"""Predicted against estimated effects."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from causalkit.estimators import GraphRLearner
from causalkit.metrics import calibration
from causalkit.plotting import plot_calibration

GROUPS = pd.DataFrame(
    {"predicted": [0.1, 0.3], "estimate": [0.15, 0.25], "low": [0.05, 0.2], "high": [0.2, 0.35]}
)


def points(ax: Axes) -> np.ndarray:
    return next(line for line in ax.lines if line.get_marker() == "o").get_xydata()


class TestPlotCalibration:
    def test_points_and_their_intervals(self, ax: Axes) -> None:
        assert plot_calibration(GROUPS, unit="days", ax=ax) is ax
        np.testing.assert_allclose(points(ax), GROUPS[["predicted", "estimate"]])
        drawn = [segment[:, 1] for segment in ax.collections[0].get_segments()]
        np.testing.assert_allclose(drawn, GROUPS[["low", "high"]])
        assert ax.get_xlabel() == "Mean predicted effect (days)"

    def test_everything_is_inside_the_picture(self, ax: Axes) -> None:
        plot_calibration(GROUPS.assign(low=-9.0, high=12.0), ax=ax)
        low, high = ax.get_ylim()
        assert low < -9 < 12 < high

    def test_result_of_the_metric(self, ax: Axes) -> None:
        effect = np.random.default_rng(0).normal(size=100)
        answer = calibration(effect, effect)
        plot_calibration(answer, ax=ax)
        np.testing.assert_allclose(points(ax)[:, 1], answer.table["estimate"])

    def test_learner(self, learner: GraphRLearner) -> None:
        ax = plot_calibration(learner)
        np.testing.assert_allclose(points(ax)[:, 1], learner.group_effects()["estimate"])

    def test_one_group(self, ax: Axes) -> None:
        plot_calibration(GROUPS.head(1), ax=ax)
        assert ax.get_title("left").endswith("in 1 group")

    def test_bad_input(self) -> None:
        with pytest.raises(ValueError, match=r"groups must have .* the columns .*without \['high'\]"):
            plot_calibration(GROUPS.drop(columns="high"))
        with pytest.raises(ValueError, match=r"groups must have at least one row.*got 0 rows"):
            plot_calibration(GROUPS.head(0))
        with pytest.raises(TypeError, match="groups must be a fitted learner or a DataFrame; got list"):
            plot_calibration([1, 2])
