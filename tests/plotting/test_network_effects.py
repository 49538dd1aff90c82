"""A network coloured by effect."""

import numpy as np
import pytest
from matplotlib.axes import Axes

from causalkit.estimators import GraphRLearner
from causalkit.graphs import Network
from causalkit.plotting import plot_network_effects

TIES = [(0, 1), (1, 2), (3, 4)]


class TestPlotNetworkEffects:
    def test_dots_and_lines(self, ax: Axes) -> None:
        network = Network.from_edges(TIES, n_nodes=6)
        effects = np.arange(6.0)
        assert plot_network_effects(effects, network, ax=ax) is ax
        lines, dots = ax.collections
        np.testing.assert_array_equal(dots.get_array(), effects)
        places = np.asarray(dots.get_offsets())
        drawn = {tuple(map(tuple, np.round(segment, 9))) for segment in lines.get_segments()}
        assert drawn == {tuple(map(tuple, np.round(places[list(edge)], 9))) for edge in TIES}

    def test_no_two_nodes_share_a_place(self, ax: Axes) -> None:
        labels = np.random.default_rng(0).integers(0, 20, 100)
        plot_network_effects(np.zeros(100), Network.from_groups(labels), ax=ax)
        places = np.asarray(ax.collections[-1].get_offsets())
        assert len(np.unique(places.round(6), axis=0)) == 100

    def test_same_seed_same_picture(self) -> None:
        network = Network.from_edges(TIES)
        first, second = (plot_network_effects(np.ones(5), network, random_state=3) for _ in range(2))
        places = [np.asarray(ax.collections[-1].get_offsets()) for ax in (first, second)]
        np.testing.assert_array_equal(*places)

    def test_learner_shows_all_nodes(self, learner: GraphRLearner) -> None:
        ax = plot_network_effects(learner, unit="days")
        np.testing.assert_array_equal(ax.collections[-1].get_array(), learner.out_of_fold_cate_)
        assert ax.figure.axes[-1].get_ylabel() == "Estimated effect (days)"

    def test_bad_input(self, learner: GraphRLearner) -> None:
        with pytest.raises(ValueError, match=r"at most max_nodes=100 nodes to be readable; got 300"):
            plot_network_effects(learner, max_nodes=100)
        with pytest.raises(ValueError, match="network must be given with an array of effects"):
            plot_network_effects([1.0, 2.0])
        with pytest.raises(ValueError, match="5"):
            plot_network_effects([1.0, 2.0], Network.from_edges(TIES))
