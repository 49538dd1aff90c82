"""Relevance by column and by hop."""

import pandas as pd
import pytest
from matplotlib.axes import Axes

from causalkit.estimators import GraphRLearner
from causalkit.plotting import plot_relevance


def labels(ax: Axes) -> list[str]:
    return [label.get_text() for label in ax.get_yticklabels()]


class TestPlotRelevance:
    def test_largest_first_and_none_without_a_share(self, ax: Axes) -> None:
        assert plot_relevance(pd.Series({"a": 0.3, "b": 0.0, "c": 0.7}), ax=ax) is ax
        assert labels(ax) == ["c", "a"]
        assert [bar.get_width() for bar in ax.patches] == [0.7, 0.3]

    def test_what_is_left_out_is_counted(self, ax: Axes) -> None:
        plot_relevance(pd.Series({"a": 0.5, "b": 0.3, "c": 0.2}), max_bars=2, ax=ax)
        assert labels(ax) == ["a", "b"]
        assert ax.get_title("left").endswith("(without 1 smaller ones)")

    def test_hops_keep_their_order_and_get_words(self, ax: Axes) -> None:
        plot_relevance(pd.Series([0.1, 0.6, 0.2, 0.1], index=["0", "1", "2", "3"]), by="hop", ax=ax)
        assert labels(ax) == ["the unit itself", "its neighbours", "their neighbours", "3 steps away"]

    def test_constant_effect_says_so(self, ax: Axes) -> None:
        plot_relevance(pd.Series({"a": 0.0, "b": 0.0}), ax=ax)
        assert ax.texts[-1].get_text() == "one effect for all: nothing to share out"

    def test_learner(self, learner: GraphRLearner) -> None:
        assert labels(plot_relevance(learner))[0] == "x0"
        assert labels(plot_relevance(learner, by="hop"))[0] == "the unit itself"

    def test_bad_input(self) -> None:
        with pytest.raises(ValueError, match="by must be one of 'feature', 'hop'; got 'column'"):
            plot_relevance(pd.Series({"a": 1.0}), by="column")
        with pytest.raises(ValueError, match=r"finite shares of at least zero; got \{'a': -1.0\}"):
            plot_relevance(pd.Series({"a": -1.0}))
        with pytest.raises(TypeError, match="relevance must be a fitted learner or a Series; got dict"):
            plot_relevance({"a": 1.0})
