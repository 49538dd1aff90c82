"""The targeting curve."""

import numpy as np
import pytest
from matplotlib.axes import Axes

from causalkit.estimators import GraphRLearner
from causalkit.metrics import toc_curve
from causalkit.plotting import plot_uplift


class TestPlotUplift:
    def test_line_and_band_are_those_of_the_table(self, ax: Axes) -> None:
        rng = np.random.default_rng(0)
        curve = toc_curve(rng.normal(size=60), rng.normal(size=60))
        assert plot_uplift(curve, unit="days", ax=ax) is ax
        np.testing.assert_allclose(ax.lines[-1].get_xydata(), curve[["share", "estimate"]])
        band = ax.collections[0].get_paths()[0].vertices[:, 1]
        assert band.max() == pytest.approx(curve["conf_high"].max())
        assert band.min() == pytest.approx(curve["conf_low"].min())
        assert ax.get_ylabel() == "Gain (days)"

    def test_learner_uses_out_of_fold_effects_of_observed_units(self, learner: GraphRLearner) -> None:
        ax = plot_uplift(learner)
        rows = learner.observed_
        effects, network = learner.out_of_fold_cate_[rows], learner.network_[rows]
        curve = toc_curve(effects, learner.aipw_scores(), network=network)
        np.testing.assert_allclose(ax.lines[-1].get_ydata(), curve["estimate"])
        assert ax.lines[-1].get_ydata()[0] > 0

    def test_bad_input(self) -> None:
        with pytest.raises(TypeError, match="curve must be a fitted learner or a DataFrame; got tuple"):
            plot_uplift((1, 2))
