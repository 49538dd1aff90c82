"""Small networks that many tests use."""

import pytest

from causalkit.graphs import Network


@pytest.fixture
def line() -> Network:
    """0 - 1 - 2 - 3"""
    return Network.from_edges([(0, 1), (1, 2), (2, 3)])


@pytest.fixture
def star_and_lone_node() -> Network:
    """0 linked with 1, 2 and 3; node 4 with nobody."""
    return Network.from_edges([(0, 1), (0, 2), (0, 3)], n_nodes=5)
