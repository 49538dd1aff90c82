import networkx as nx
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from causalkit.graphs import Network, as_network

MATRIX = np.array([[0, 1, 0], [1, 0, 2], [0, 2, 0]])


def _pyg():
    torch = pytest.importorskip("torch")
    data = pytest.importorskip("torch_geometric.data")
    return data.Data(
        edge_index=torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]]),
        edge_weight=torch.tensor([1.0, 1.0, 2.0, 2.0]),
        num_nodes=3,
    )


def _networkx():
    graph = nx.Graph()
    graph.add_weighted_edges_from([(1, 2, 2.0), (0, 1, 1.0)])
    return graph


@pytest.mark.parametrize(
    "make",
    [
        lambda: Network(MATRIX),
        lambda: MATRIX,
        lambda: sparse.csr_matrix(MATRIX),
        lambda: sparse.coo_array(MATRIX),
        lambda: sparse.csc_array(np.triu(MATRIX)),
        lambda: pd.DataFrame({"source": [0, 2], "target": [1, 1], "weight": [1, 2]}),
        _networkx,
        lambda: _networkx().to_directed(),
        _pyg,
    ],
)
def test_every_kind_of_graph_gives_the_same_network(make):
    network = as_network(make(), n_nodes=3)
    np.testing.assert_array_equal(network.adjacency.toarray(), MATRIX)


def test_none_is_a_network_without_edges():
    assert as_network(None, n_nodes=3).degrees.tolist() == [0, 0, 0]
    assert as_network(None, node_ids=["a", "b"]).n_nodes == 2
    with pytest.raises(ValueError, match="n_nodes must be given when graph is None"):
        as_network(None)


def test_a_network_is_returned_itself(line):
    assert as_network(line) is line
    assert as_network(line, n_nodes=4, node_ids=["d", "c", "b", "a"]) is line


def test_asymmetric_matrix_takes_the_larger_entry():
    network = as_network(np.array([[0, 1], [3, 0]]))
    np.testing.assert_array_equal(network.adjacency.toarray(), [[0, 3], [3, 0]])


def test_the_callers_matrix_can_still_be_changed():
    matrix = sparse.csr_array(MATRIX.astype(np.float32))
    as_network(matrix)
    matrix.data[0] = 9


@pytest.mark.parametrize(
    "graph",
    [Network(MATRIX), MATRIX, sparse.csr_array(MATRIX), nx.path_graph(3)],
    ids=["network", "dense", "sparse", "networkx"],
)
def test_other_number_of_rows(graph):
    with pytest.raises(
        ValueError, match="graph must have one node for each row of X; got 3 nodes and 7 rows"
    ):
        as_network(graph, n_nodes=7)


class TestEdgeTables:
    def test_rows_of_x_without_an_edge_are_nodes(self):
        ties = pd.DataFrame({"source": ["a"], "target": ["d"]})
        network = as_network(ties, node_ids=pd.Index(["d", "c", "a"]))
        np.testing.assert_array_equal(network.edges(), [[0, 2]])

    def test_positions_without_names(self):
        assert as_network(pd.DataFrame({"source": [0], "target": [4]}), n_nodes=6).degrees[4] == 1

    def test_default_index_names_the_rows_by_position(self):
        ties = pd.DataFrame({"source": [0], "target": [2]})
        np.testing.assert_array_equal(as_network(ties, node_ids=pd.RangeIndex(3)).edges(), [[0, 2]])

    def test_unknown_name(self):
        ties = pd.DataFrame({"source": [1, 2], "target": [2, 3]})
        with pytest.raises(
            ValueError,
            match=r"edges must only name known nodes; got 3 unknown: \[1, 2, 3\].*such as \['1', '2'\]",
        ):
            as_network(ties, node_ids=["1", "2", "3"])

    def test_other_columns(self):
        with pytest.raises(
            ValueError,
            match=r"edge table with columns 'source' and 'target'; got the columns \['from', 'to'\]",
        ):
            as_network(pd.DataFrame({"from": [0], "to": [1]}), n_nodes=2)


class TestNamedNetworkxGraphs:
    def test_put_in_the_order_of_the_rows(self):
        graph = nx.Graph([("cy", "ann"), ("ann", "bo")])
        network = as_network(graph, node_ids=pd.Index(["ann", "bo", "cy"]))
        np.testing.assert_array_equal(network.edges(), [[0, 1], [0, 2]])
        assert network.node_ids.tolist() == ["ann", "bo", "cy"]

    def test_a_shuffled_index_names_the_rows(self):
        network = as_network(nx.path_graph(3), node_ids=pd.Index([2, 0, 1]))
        np.testing.assert_array_equal(network.edges(), [[0, 2], [1, 2]])

    def test_numbered_nodes_go_by_position_where_the_rows_have_other_names(self):
        network = as_network(nx.path_graph(3), node_ids=pd.Index(["a", "b", "c"]))
        np.testing.assert_array_equal(network.edges(), [[0, 1], [1, 2]])

    @pytest.mark.parametrize("names", [None, pd.RangeIndex(2), pd.Index(["x", "y"])])
    def test_names_that_no_row_has(self, names):
        with pytest.raises(
            ValueError,
            match=r"graph has named nodes, such as \['ann', 'bo'\], but the rows of X have no such names",
        ):
            as_network(nx.Graph([("ann", "bo")]), n_nodes=2, node_ids=names)

    def test_names_that_only_some_rows_have(self):
        with pytest.raises(ValueError, match=r"graph must only name known nodes; got 1 unknown: \['bo'\]"):
            as_network(nx.Graph([("ann", "bo")]), node_ids=["ann", "cy"])

    def test_without_rows_the_order_of_the_graph_is_kept(self):
        assert as_network(nx.Graph([("b", "a")])).node_ids.tolist() == ["b", "a"]


@pytest.mark.parametrize(
    ("graph", "error", "message"),
    [
        ([(0, 1)], TypeError, "graph must be a Network, a networkx.Graph, .*; got list"),
        ("edges.csv", TypeError, "graph must be a Network, .*; got str"),
        (
            np.array([[0, 1], [1, 2], [2, 3]]),
            ValueError,
            r"graph must be a square matrix; got shape \(3, 2\).*from_edges",
        ),
        (np.array([[0, -1], [-1, 0]]), ValueError, "edge weights must be positive and finite; got -1"),
    ],
)
def test_not_a_graph(graph, error, message):
    with pytest.raises(error, match=message):
        as_network(graph)


def test_self_loops_warn():
    with pytest.warns(UserWarning, match="1 self-loop dropped from the graph"):
        as_network(nx.Graph([(0, 1), (1, 1)]))
