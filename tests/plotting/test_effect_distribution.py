"""The distribution of estimated effects."""

import numpy as np
import pytest
from matplotlib.axes import Axes
from sklearn.exceptions import NotFittedError

from causalkit.estimators import GraphRLearner
from causalkit.plotting import plot_effect_distribution


class TestPlotEffectDistribution:
    def test_bars_count_every_effect(self, ax: Axes) -> None:
        effects = np.random.default_rng(0).normal(size=200)
        assert plot_effect_distribution(effects, ax=ax) is ax
        assert sum(bar.get_height() for bar in ax.patches) == 200
        assert ax.get_legend() is None

    def test_constant_and_interval_are_named(self, ax: Axes) -> None:
        plot_effect_distribution([0.1, 0.2, 0.6], constant=0.3, interval=(0.2, 0.4), unit="days", ax=ax)
        words = [text.get_text() for text in ax.get_legend().get_texts()]
        assert words == ["one effect for all: 0.3", "its interval: 0.2 to 0.4"]
        assert ax.get_xlabel() == "Estimated effect (days)"

    @pytest.mark.parametrize("interval", [None, (0.4, 0.5)])
    def test_equal_effects_are_one_bar(self, ax: Axes, interval: tuple[float, float] | None) -> None:
        plot_effect_distribution(np.full(50, 0.45), interval=interval, ax=ax)
        bar = ax.patches[0]
        assert bar.get_height() == 50
        assert bar.get_x() < 0.45 < bar.get_x() + bar.get_width()

    def test_learner_shows_its_observed_units(self, learner: GraphRLearner) -> None:
        ax = plot_effect_distribution(learner)
        assert "298 units" in ax.get_title("left")
        constant = learner.overlap_weighted_effect().estimate
        assert ax.lines[0].get_xdata()[0] == pytest.approx(constant)

    def test_bad_input(self) -> None:
        with pytest.raises(ValueError, match=r"effects must have shape \(n,\).*got shape \(0,\)"):
            plot_effect_distribution([])
        with pytest.raises(ValueError, match="effects must be finite numbers; got 1 that are not"):
            plot_effect_distribution([1.0, np.nan])
        with pytest.raises(NotFittedError):
            plot_effect_distribution(GraphRLearner())
