"""A learner fitted once for all pictures, on a canvas that needs no screen."""

from collections.abc import Iterator

import matplotlib
import pytest
from matplotlib import pyplot
from matplotlib.axes import Axes

from causalkit.datasets import make_network_cate
from causalkit.estimators import GraphRLearner

matplotlib.use("Agg")


@pytest.fixture(scope="session")
def learner() -> GraphRLearner:
    """A quick fit to a world with a strong effect of each unit's first column; two outcomes are not known."""
    world = make_network_cate(300, effect="local", n_features=3, overlap=2.0, random_state=0)
    y = world.y.copy()
    y.iloc[[3, 8]] = float("nan")
    quick = GraphRLearner("additive", "additive", "additive", n_pairs=0, missing="flag", random_state=0)
    return quick.fit(world.X, y, treatment=world.treatment, graph=world.graph)


@pytest.fixture
def ax() -> Iterator[Axes]:
    """Empty Axes."""
    figure, axes = pyplot.subplots()
    yield axes
    pyplot.close(figure)


@pytest.fixture(autouse=True)
def no_open_figures() -> Iterator[None]:
    """Close what a test drew without Axes of its own."""
    yield
    pyplot.close("all")
