"""Average effects side by side."""

import numpy as np
import pytest
from matplotlib.axes import Axes

from causalkit.estimators import GraphRLearner
from causalkit.inference import EffectEstimate
from causalkit.plotting import plot_estimates

EFFECTS = {"ours": EffectEstimate(0.5, 0.1, 100), "plain": EffectEstimate(-0.2, 0.2, 90)}


def points(ax: Axes) -> np.ndarray:
    return next(line for line in ax.lines if line.get_marker() == "o").get_xydata()


class TestPlotEstimates:
    def test_points_stand_from_top_to_bottom(self, ax: Axes) -> None:
        assert plot_estimates(EFFECTS, ax=ax) is ax
        np.testing.assert_allclose(points(ax), [[0.5, 0], [-0.2, 1]])
        assert ax.yaxis_inverted()

    @pytest.mark.parametrize("alpha", [0.05, 0.5])
    def test_lines_are_the_intervals(self, ax: Axes, alpha: float) -> None:
        plot_estimates(EFFECTS, alpha=alpha, ax=ax)
        drawn = [segment[:, 0] for segment in ax.collections[0].get_segments()]
        np.testing.assert_allclose(drawn, [effect.conf_int(alpha) for effect in EFFECTS.values()])
        assert f"{100 * (1 - alpha):g} %" in ax.get_title("left")

    def test_numbers_are_written_as_asked(self, ax: Axes) -> None:
        plot_estimates(EFFECTS, number_format=".1f", unit="points", ax=ax)
        assert ax.texts[0].get_text() == "ours: 0.5 (0.3 to 0.7)"
        assert ax.get_xlabel() == "Effect (points)"

    def test_learner(self, learner: GraphRLearner) -> None:
        ax = plot_estimates(learner)
        expected = [learner.ate().estimate, learner.overlap_weighted_effect().estimate]
        np.testing.assert_allclose(points(ax)[:, 0], expected)

    def test_bad_input(self) -> None:
        with pytest.raises(TypeError, match=r"estimates must be a fitted learner or a mapping.*; got list"):
            plot_estimates([1.0])
        with pytest.raises(ValueError, match="at least one effect; got none"):
            plot_estimates({})
        with pytest.raises(TypeError, match="ax must be a matplotlib Axes; got str"):
            plot_estimates(EFFECTS, ax="here")
