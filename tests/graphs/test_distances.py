import numpy as np
import pytest
from scipy import sparse

from causalkit.graphs import Network
from causalkit.graphs._distances import distance_blocks
from tests.oracles import path_distances


@pytest.mark.parametrize("block_rows", [1, 3, 7, 100])
def test_size_of_the_blocks_changes_nothing(block_rows):
    edges = np.random.default_rng(0).integers(0, 20, (18, 2))
    network = Network.from_edges(edges[edges[:, 0] != edges[:, 1]], n_nodes=20)
    blocks = list(distance_blocks(network.adjacency, 4, block_rows))
    oracle = path_distances(network.adjacency.toarray())
    oracle[oracle > 4] = 0
    np.testing.assert_array_equal(sparse.vstack(blocks).toarray(), oracle)
    assert all(block.shape[0] <= block_rows and block.has_sorted_indices for block in blocks)


def test_many_paths_between_two_nodes_do_not_overflow():
    # 300 two-step paths from node 0 to node 1: more than an int8 can count.
    edges = [(end, i) for i in range(2, 302) for end in (0, 1)]
    assert Network.from_edges(edges).path_distances(2)[0, 1] == 2
