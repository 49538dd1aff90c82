"""What networks are trained on: standard columns, and sparse matrices against their formulas."""

import warnings

import numpy as np
import pytest
import torch
from scipy import sparse

from causalkit.graphs import Network
from causalkit.nuisance._graph_inputs import InputLayout, csr_tensor, graph_inputs

N = 50


@pytest.fixture
def network():
    """Fifty nodes of different degrees; the last two have no neighbours."""
    edges = np.random.default_rng(0).integers(0, N - 2, (100, 2))
    return Network.from_edges(edges[edges[:, 0] != edges[:, 1]], n_nodes=N)


@pytest.fixture
def weighted(network):
    upper = sparse.triu(network.adjacency).tocoo()
    weight = np.random.default_rng(1).uniform(0.2, 3, upper.nnz)
    half = sparse.csr_array((weight, (upper.row, upper.col)), shape=(N, N))
    return Network(half + half.T)


@pytest.fixture
def X():
    return np.random.default_rng(2).normal(3, 2, (N, 3))


def lay_out(X, network, **changes):
    settings = {
        "n_hops": 2,
        "own": (),
        "decoupled": True,
        "with_degree": True,
        "rows": np.arange(len(X)),
        **changes,
    }
    return InputLayout.of(X, network, ["a", "b", "c"][: X.shape[1]], **settings)


def standard(columns, rows=slice(None)):
    return (columns - columns[rows].mean(axis=0)) / columns[rows].std(axis=0)


class TestColumns:
    def test_hop_groups_side_by_side(self, X, network):
        """By hand: own columns, means over neighbours, means of those; a lone node has the medians."""
        _, columns = lay_out(X, network)
        walk = network.random_walk().toarray()
        centred = X - np.median(X, axis=0)
        expected = np.hstack([centred, walk @ centred, walk @ walk @ centred])
        np.testing.assert_allclose(columns[:, :9], standard(expected), atol=1e-4)
        degree = np.column_stack([np.log1p(network.degrees), network.degrees == 0])
        np.testing.assert_allclose(columns[:, 9:], standard(degree), atol=1e-4)
        assert columns.dtype == np.float32

    def test_networks_on_links_see_own_columns(self, X, network):
        _, columns = lay_out(X, network, decoupled=False)
        np.testing.assert_allclose(columns[:, :3], standard(X), atol=1e-4)
        assert columns.shape == (N, 5)
        _, without = lay_out(X, network, decoupled=False, with_degree=False)
        np.testing.assert_array_equal(without, columns[:, :3])

    @pytest.mark.parametrize("decoupled", [True, False])
    def test_own_columns_come_last_and_do_not_travel(self, X, network, decoupled):
        layout, columns = lay_out(X, network, own=(1,), decoupled=decoupled)
        np.testing.assert_allclose(columns[:, -1], standard(X)[:, 1], atol=1e-4)
        assert layout.n_own == 1
        assert columns.shape[1] == (2 * 3 if decoupled else 2) + 2 + 1
        moved = X.copy()
        moved[:, 1] = np.random.default_rng(3).normal(size=N)
        np.testing.assert_array_equal(layout.columns(moved, network)[:, :-1], columns[:, :-1])

    @pytest.mark.parametrize("decoupled", [True, False])
    def test_missing_flags_of_own_columns_do_not_travel_either(self, X, network, decoupled):
        X[[1, 4], 1] = np.nan
        X[[5, 6], 2] = np.nan
        layout, columns = lay_out(X, network, own=(1,), decoupled=decoupled)
        assert layout.n_own == 2
        flag = np.isnan(X).astype(float)
        np.testing.assert_allclose(columns[:, -1], standard(flag[:, 1]), atol=1e-4)
        np.testing.assert_allclose(columns[:, -3], standard(flag[:, 2]), atol=1e-4)

    def test_scales_are_those_of_the_given_rows(self, X, network):
        rows = np.arange(0, N, 3)
        _, columns = lay_out(X, network, decoupled=False, rows=rows)
        np.testing.assert_allclose(columns[:, :3], standard(X, rows), atol=1e-4)

    def test_new_nodes_get_the_scales_of_the_fit(self, X, network):
        layout, columns = lay_out(X, network)
        np.testing.assert_array_equal(layout.columns(X, network), columns)
        some = np.arange(10)
        alone = layout.columns(X[some], Network.from_edges([], n_nodes=10))
        np.testing.assert_allclose(alone[:, :3], columns[some, :3], atol=1e-6)

    def test_missing_values_become_the_mean_and_a_flag(self, X, network):
        X[[2, 7], 0] = np.nan
        layout, columns = lay_out(X, network, decoupled=False)
        assert (columns[[2, 7], 0] == 0).all()
        np.testing.assert_allclose(columns[:, -1], standard(np.isnan(X[:, 0])), atol=1e-4)
        later = X.copy()
        later[3, 1] = np.nan  # was complete in the fit
        assert layout.columns(later, network)[3, 1] == 0

    def test_a_column_that_is_missing_everywhere(self, X, network):
        X[:, 0] = np.nan
        _, columns = lay_out(X, network)
        assert np.isfinite(columns).all() and (columns[:, 0] == 0).all()

    @pytest.mark.parametrize("value", [0.0, 5.0, 1e30, -1e300])
    def test_a_constant_column_is_zero_whatever_comes_later(self, X, network, value):
        X[:, 0] = value
        layout, columns = lay_out(X, network, decoupled=False)
        assert (columns[:, 0] == 0).all()
        later = X.copy()
        later[:, 0] += 1
        assert (layout.columns(later, network)[:, 0] == 0).all()

    @pytest.mark.parametrize(("shift", "scale"), [(0.0, 1e-200), (0.0, 1e300), (1e12, 1.0), (0.0, 1e30)])
    def test_units(self, X, network, shift, scale):
        _, columns = lay_out(X, network)
        _, moved = lay_out(X * scale + shift, network)
        np.testing.assert_allclose(moved, columns, atol=1e-3)

    def test_far_values_are_brought_near(self, X, network):
        layout, _ = lay_out(X, network)
        far = layout.columns(np.full((N, 3), 1e200), network)
        assert far.max() == 10 and np.isfinite(far).all()

    def test_one_wild_value_leaves_the_other_columns_alone(self, X, network):
        _, columns = lay_out(X, network, decoupled=False)
        X[5, 2] = 1e30
        _, wild = lay_out(X, network, decoupled=False)
        np.testing.assert_array_equal(wild[:, :2], columns[:, :2])
        assert np.isfinite(wild).all() and np.abs(wild).max() <= 10


class TestInputs:
    def test_sage_takes_means(self, X, network):
        inputs = graph_inputs(X.astype(np.float32), 0, network, "sage")
        degrees = network.degrees[:, None]
        mean = np.divide(network.adjacency.toarray(), degrees, out=np.zeros((N, N)), where=degrees > 0)
        np.testing.assert_allclose(inputs.matrix.to_dense(), mean, atol=1e-6)
        np.testing.assert_allclose(inputs.transposed.to_dense(), mean.T, atol=1e-6)
        np.testing.assert_allclose(inputs.neighbours, mean @ X, atol=1e-5)
        assert (inputs.neighbours[-2:] == 0).all() and inputs.edge_index is None

    @pytest.mark.parametrize("which", ["network", "weighted"])
    def test_gcn_is_the_symmetric_normalisation(self, X, which, request):
        from torch_geometric.nn.conv.gcn_conv import gcn_norm

        links = request.getfixturevalue(which)
        inputs = graph_inputs(X.astype(np.float32), 0, links, "gcn")
        looped = links.adjacency.toarray() + np.eye(N)
        root = 1 / np.sqrt(looped.sum(axis=1))
        expected = root[:, None] * looped * root
        np.testing.assert_allclose(inputs.matrix.to_dense(), expected, atol=1e-6)
        np.testing.assert_allclose(inputs.transposed.to_dense(), expected.T, atol=1e-6)
        edges = torch.from_numpy(np.stack(links.adjacency.nonzero()).astype(np.int64))
        index, weight = gcn_norm(edges, torch.from_numpy(links.adjacency.data.copy()), N)
        theirs = torch.zeros(N, N).index_put((index[1], index[0]), weight)
        torch.testing.assert_close(inputs.matrix.to_dense(), theirs)

    def test_own_columns_are_split_off(self, X, network):
        columns = X.astype(np.float32)
        for kind in ("gcn", "gat"):
            inputs = graph_inputs(columns, 2, network, kind)
            np.testing.assert_array_equal(inputs.x, columns[:, :1])
            np.testing.assert_array_equal(inputs.own, columns[:, 1:])

    @pytest.mark.parametrize("kind", ["gat", "own"])
    def test_edges_go_both_ways(self, X, weighted, kind):
        inputs = graph_inputs(X.astype(np.float32), 0, weighted, kind)
        assert inputs.edge_index.dtype == torch.int64 and inputs.matrix is None
        if kind == "gat":
            assert inputs.edge_weight is None
            return
        dense = torch.zeros(N, N).index_put(tuple(inputs.edge_index), inputs.edge_weight)
        np.testing.assert_array_equal(dense, weighted.adjacency.toarray())

    @pytest.mark.parametrize("kind", ["sage", "gcn", "gat", "own"])
    def test_no_edges(self, X, kind):
        inputs = graph_inputs(X.astype(np.float32), 0, Network.from_edges([], n_nodes=N), kind)
        if kind in ("gat", "own"):
            assert inputs.edge_index.shape == (2, 0)
        else:
            expected = X if kind == "gcn" else np.zeros_like(X)
            np.testing.assert_allclose(inputs.neighbours, expected, rtol=1e-6)


class TestCsrTensor:
    def test_same_matrix_with_short_positions(self):
        matrix = sparse.random_array((20, 20), density=0.2, rng=np.random.default_rng(4), format="csr")
        ours = csr_tensor(matrix)
        np.testing.assert_allclose(ours.to_dense(), matrix.toarray(), rtol=1e-6)
        assert ours.crow_indices().dtype == ours.col_indices().dtype == torch.int32
        assert ours.dtype == torch.float32

    def test_filters_of_warnings_stay(self, network):
        before = list(warnings.filters)
        csr_tensor(network.adjacency)
        assert warnings.filters == before

    def test_the_network_is_not_shared(self, network):
        """A network never changes, and torch warns of memory that must not be written."""
        csr_tensor(network.adjacency).values().zero_()
        assert (network.adjacency.data == 1).all()
