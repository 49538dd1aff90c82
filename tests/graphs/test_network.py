import copy
import pickle

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.model_selection import KFold, cross_validate

from causalkit.graphs import Network
from tests.oracles import path_distances


@st.composite
def networks(draw, max_nodes=12):
    n_nodes = draw(st.integers(1, max_nodes))
    node = st.integers(0, n_nodes - 1)
    edges = draw(st.lists(st.tuples(node, node).filter(lambda ends: ends[0] != ends[1]), max_size=25))
    return Network.from_edges(edges, n_nodes=n_nodes)


def test_a_line_by_hand(line):
    assert (line.n_nodes, line.n_edges, len(line), line.shape) == (4, 3, 4, (4, 4))
    np.testing.assert_array_equal(line.degrees, [1, 2, 2, 1])
    np.testing.assert_array_equal(line.edges(), [[0, 1], [1, 2], [2, 3]])
    np.testing.assert_array_equal(
        line.adjacency.toarray(), [[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 0]]
    )
    np.testing.assert_array_equal(
        line.random_walk().toarray(), [[0, 1, 0, 0], [0.5, 0, 0.5, 0], [0, 0.5, 0, 0.5], [0, 0, 1, 0]]
    )
    root = np.float32(np.sqrt(0.5))
    np.testing.assert_allclose(
        line.symmetric().toarray(), [[0, root, 0, 0], [root, 0, 0.5, 0], [0, 0.5, 0, root], [0, 0, root, 0]]
    )
    np.testing.assert_array_equal(line.node_ids, [0, 1, 2, 3])
    assert repr(line) == "Network(n_nodes=4, n_edges=3, mean_degree=1.5)"


def test_node_without_neighbours(star_and_lone_node):
    assert star_and_lone_node.degrees[4] == 0
    assert star_and_lone_node.random_walk()[[4]].nnz == 0
    assert star_and_lone_node.n_components == 2
    labels = star_and_lone_node.component_labels()
    assert len(set(labels[:4])) == 1 and labels[4] != labels[0]


def test_matrices_are_float32(line):
    assert {m.dtype for m in (line.adjacency, line.random_walk(), line.symmetric())} == {np.dtype(np.float32)}


def test_weights_shape_the_random_walk():
    ties = pd.DataFrame({"source": [0, 0], "target": [1, 2], "hours": [1.0, 3.0]})
    network = Network.from_edges(ties, weight="hours")
    np.testing.assert_allclose(network.random_walk().toarray()[0], [0, 0.25, 0.75])
    np.testing.assert_array_equal(network.degrees, [2, 1, 1])


class TestConstructor:
    def test_the_callers_matrix_is_not_touched(self):
        matrix = sparse.csr_array(np.array([[0.0, 1.0], [1.0, 0.0]], dtype=np.float32))
        Network(matrix)
        matrix.data[0] = 5

    def test_explicit_zeros_are_no_edges(self):
        matrix = sparse.csr_array(
            (np.array([1.0, 1.0, 0.0, 0.0]), ([0, 1, 0, 2], [1, 0, 2, 0])), shape=(3, 3)
        )
        assert Network(matrix).n_edges == 1

    def test_duplicates_are_summed(self):
        matrix = sparse.coo_array((np.ones(4), ([0, 0, 1, 1], [1, 1, 0, 0])), shape=(2, 2))
        np.testing.assert_array_equal(Network(matrix).adjacency.toarray(), [[0, 2], [2, 0]])

    def test_self_loops_are_dropped_with_a_warning(self):
        with pytest.warns(UserWarning, match="2 self-loops dropped from the graph"):
            network = Network(np.array([[1.0, 1.0], [1.0, 1.0]]))
        np.testing.assert_array_equal(network.adjacency.toarray(), [[0, 1], [1, 0]])

    @pytest.mark.parametrize(
        ("matrix", "message"),
        [
            (np.zeros((2, 3)), r"adjacency must be a square matrix; got shape \(2, 3\)"),
            (np.zeros(3), r"adjacency must be a square matrix; got shape \(3,\)"),
            (np.array([[0, 1], [0, 0]]), "adjacency must be symmetric"),
            (np.array([[0, -1], [-1, 0]]), "edge weights must be positive and finite; got -1 at edge 0"),
            (np.array([[0, np.nan], [np.nan, 0]]), "edge weights must be positive and finite; got nan"),
            (np.array([["a"]]), "adjacency must be numeric; got dtype <U1"),
        ],
    )
    def test_bad_matrices(self, matrix, message):
        with pytest.raises(ValueError, match=message):
            Network(matrix)

    @pytest.mark.parametrize(
        ("ids", "message"),
        [
            (["a"], "node_ids must have one name for each node; got 1 and 2 nodes"),
            (["a", "a"], "node_ids must be distinct; got 'a' more than once"),
            (["a", None], "node_ids must not be missing; got 1 missing"),
        ],
    )
    def test_bad_ids(self, ids, message):
        with pytest.raises(ValueError, match=message):
            Network(np.zeros((2, 2)), node_ids=ids)


class TestFromEdges:
    def test_names_in_row_order(self):
        ties = pd.DataFrame({"source": ["cy", "ann"], "target": ["ann", "bo"]})
        network = Network.from_edges(ties, node_ids=["ann", "bo", "cy", "di"])
        np.testing.assert_array_equal(network.edges(), [[0, 1], [0, 2]])
        assert network.node_ids.tolist() == ["ann", "bo", "cy", "di"]

    def test_tuples_as_names(self):
        network = Network.from_edges(
            pd.DataFrame({"source": [(0, 1)], "target": [(1, 1)]}), node_ids=[(0, 1), (1, 1)]
        )
        assert network.n_edges == 1

    def test_other_column_names(self):
        ties = pd.DataFrame({"from": [0], "to": [1]})
        assert Network.from_edges(ties, source="from", target="to").n_edges == 1

    def test_repeated_pairs_in_either_direction_are_one_edge(self):
        network = Network.from_edges([(0, 1), (1, 0), (0, 1), (1, 2)])
        np.testing.assert_array_equal(network.adjacency.toarray(), [[0, 1, 0], [1, 0, 1], [0, 1, 0]])

    def test_weights_of_repeated_pairs_are_summed(self):
        ties = pd.DataFrame({"source": [0, 1, 1], "target": [1, 0, 2], "weight": [1.0, 2.0, 5.0]})
        network = Network.from_edges(ties, weight="weight")
        np.testing.assert_array_equal(network.adjacency.toarray(), [[0, 3, 0], [3, 0, 5], [0, 5, 0]])

    def test_self_loops(self):
        with pytest.warns(UserWarning, match="1 self-loop dropped from the graph"):
            assert Network.from_edges([(0, 1), (1, 1)]).n_edges == 1

    def test_no_edges(self):
        assert Network.from_edges([], n_nodes=3).degrees.tolist() == [0, 0, 0]
        assert Network.from_edges([]).n_nodes == 0

    @pytest.mark.parametrize(
        ("edges", "options", "message"),
        [
            ([(0, 1, 2)], {}, r"edges must be a DataFrame or have shape \(n_edges, 2\); got shape \(1, 3\)"),
            ([(0, 5)], {"n_nodes": 3}, "edges must hold row positions from 0 to 2; got 5"),
            ([(-1, 1)], {"n_nodes": 3}, "edges must hold row positions from 0 to 2; got -1"),
            (
                [(0.0, 1.0)],
                {},
                "edges must hold row positions when node_ids is not given; column 'source' has dtype float",
            ),
            (
                [("a", "q"), ("r", "b")],
                {"node_ids": ["a", "b"]},
                r"only name known nodes; got 2 unknown: \['r', 'q'\]",
            ),
            ([(i, 0) for i in range(9)], {"node_ids": [0, 1]}, r"got 7 unknown: \[2, 3, 4, 5, 6, ...\]"),
            ([("a", "a")], {"node_ids": ["a", "a"]}, "node_ids must be distinct"),
            (
                [("a", "b")],
                {"node_ids": ["a", "b"], "n_nodes": 3},
                "node_ids must have one name for each node; got 2 and 3",
            ),
            ([(0, 1)], {"n_nodes": 2.5}, "n_nodes must be an integer at least 0; got 2.5"),
        ],
    )
    def test_bad_pairs(self, edges, options, message):
        with pytest.raises(ValueError, match=message):
            Network.from_edges(edges, **options)

    @pytest.mark.parametrize(
        ("table", "message"),
        [
            (
                {"from": [0], "target": [1]},
                r"edges must have the columns \['source', 'target', 'weight'\]; \['source', 'weight'\]",
            ),
            (
                {"source": ["a", None], "target": ["b", "b"], "weight": [1, 1]},
                r"column 'source' has 1 \(first at row 1\)",
            ),
            ({"source": [0], "target": [1], "weight": [np.nan]}, r"column 'weight' has 1 \(first at row 0\)"),
            (
                {"source": [0], "target": [1], "weight": [0.0]},
                "edge weights must be positive and finite; got 0 at edge 0",
            ),
            (
                {"source": [0], "target": [1], "weight": [-2.0]},
                "edge weights must be positive and finite; got -2",
            ),
            ({"source": [0], "target": [1], "weight": ["much"]}, "edge weights must be numbers; got dtype"),
        ],
    )
    def test_bad_tables(self, table, message):
        with pytest.raises(ValueError, match=message):
            Network.from_edges(pd.DataFrame(table), weight="weight")


class TestFromGroups:
    def test_all_pairs_inside_a_group(self):
        network = Network.from_groups(["n", "s", "n", "n"])
        np.testing.assert_array_equal(network.edges(), [[0, 2], [0, 3], [2, 3]])

    @given(st.lists(st.integers(0, 4), min_size=1, max_size=30))
    def test_equals_the_dense_definition(self, labels):
        same = np.equal.outer(labels, labels) & ~np.eye(len(labels), dtype=bool)
        np.testing.assert_array_equal(Network.from_groups(labels).adjacency.toarray(), same)

    def test_missing_labels(self):
        labels = ["a", None, "a", np.nan]
        with pytest.raises(ValueError, match="labels must have a label for each row; got 2 missing"):
            Network.from_groups(labels)
        network = Network.from_groups(labels, missing="isolate")
        np.testing.assert_array_equal(network.degrees, [1, 0, 1, 0])

    def test_bad_choice(self):
        with pytest.raises(ValueError, match="missing must be one of 'error', 'isolate'; got 'drop'"):
            Network.from_groups(["a"], missing="drop")

    def test_too_many_pairs(self):
        with pytest.raises(
            ValueError,
            match=r"labels would link 1,999,999,000,000,\d+ pairs|labels would link 49,995,000 pairs",
        ):
            Network.from_groups(np.zeros(10_000))


class TestFromNetworkx:
    def test_numbered_nodes_keep_their_numbers(self):
        graph = nx.Graph([(3, 2), (2, 0), (0, 1)])
        network = Network.from_networkx(graph)
        np.testing.assert_array_equal(network.edges(), [[0, 1], [0, 2], [2, 3]])
        assert not network.has_node_ids

    def test_named_nodes_keep_the_order_of_the_graph(self):
        network = Network.from_networkx(nx.Graph([("b", "a"), ("a", "c")]))
        assert network.node_ids.tolist() == ["b", "a", "c"]
        np.testing.assert_array_equal(network.edges(), [[0, 1], [1, 2]])

    def test_directed_and_parallel_edges_become_single_ones(self):
        graph = nx.MultiDiGraph([(0, 1), (0, 1), (1, 0), (1, 2)])
        np.testing.assert_array_equal(
            Network.from_networkx(graph).adjacency.toarray(), [[0, 1, 0], [1, 0, 1], [0, 1, 0]]
        )

    def test_weights(self):
        graph = nx.Graph()
        graph.add_edge(0, 1, weight=2.5)
        assert Network.from_networkx(graph, weight="weight").adjacency[0, 1] == 2.5
        assert Network.from_networkx(graph).adjacency[0, 1] == 1

    def test_there_and_back(self):
        graph = nx.relabel_nodes(nx.karate_club_graph(), lambda i: f"member {i}")
        back = Network.from_networkx(graph).to_networkx()
        assert list(back.nodes) == list(graph.nodes)
        assert nx.utils.edges_equal(back.edges, graph.edges)
        assert Network.from_networkx(nx.Graph()).n_nodes == 0


def test_from_pyg():
    torch = pytest.importorskip("torch")
    Data = pytest.importorskip("torch_geometric.data").Data
    edges = torch.tensor([[0, 1, 2], [1, 0, 1]])
    network = Network.from_pyg(Data(edge_index=edges, num_nodes=4))
    np.testing.assert_array_equal(network.edges(), [[0, 1], [1, 2]])
    assert network.n_nodes == 4
    weighted = Network.from_pyg(
        Data(edge_index=edges, num_nodes=4, edge_weight=torch.tensor([2.0, 2.0, 3.0]))
    )
    # Both directions of an edge are how PyG stores an undirected one: not twice the weight.
    np.testing.assert_array_equal(weighted.adjacency.toarray()[1], [2, 0, 3, 0])


class TestRows:
    def test_order_of_the_rows(self, line):
        part = line[[3, 1, 2]]
        np.testing.assert_array_equal(part.adjacency.toarray(), [[0, 0, 1], [0, 0, 1], [1, 1, 0]])

    def test_names_travel_along(self):
        network = Network.from_edges([("a", "b")], node_ids=["a", "b", "c"])
        assert network[[2, 0]].node_ids.tolist() == ["c", "a"]

    @pytest.mark.parametrize(
        "rows", [[1, 2, 3], slice(1, None), np.array([False, True, True, True]), [-3, -2, -1]]
    )
    def test_kinds_of_selection(self, line, rows):
        np.testing.assert_array_equal(line[rows].edges(), [[0, 1], [1, 2]])

    def test_nothing_chosen(self, line):
        assert line[[]].n_nodes == 0

    @given(st.data())
    def test_equals_dense_slicing(self, data):
        network = data.draw(networks())
        rows = data.draw(st.lists(st.integers(0, network.n_nodes - 1), unique=True))
        dense = network.adjacency.toarray()[np.ix_(rows, rows)]
        part = network[rows]
        np.testing.assert_array_equal(part.adjacency.toarray(), dense)
        assert part.adjacency.has_sorted_indices

    def test_repeated_rows(self, line):
        with pytest.raises(ValueError, match="rows must not repeat in a network; got row 2 3 times"):
            line[[2, 1, 2, 2]]

    def test_rows_that_are_not_there(self, line):
        with pytest.raises(IndexError, match="out of bounds"):
            line[[0, 4]]
        with pytest.raises(IndexError, match="boolean index"):
            line[[True, False]]

    @pytest.mark.parametrize("rows", [1, "a", [0.5], [[0, 1]], (0, 1, 2)])
    def test_not_a_selection(self, line, rows):
        if rows == (0, 1, 2):
            assert line[rows].n_nodes == 3
            return
        with pytest.raises(TypeError, match="rows must be a slice, row positions or a boolean mask; got"):
            line[rows]


class TestPathDistances:
    @given(networks(), st.integers(1, 5))
    def test_equals_breadth_first_search(self, network, limit):
        oracle = path_distances(network.adjacency.toarray())
        oracle[oracle > limit] = 0
        got = network.path_distances(limit)
        np.testing.assert_array_equal(got.toarray(), oracle)
        assert got.dtype == np.int8 and got.nnz == np.count_nonzero(oracle)

    def test_several_blocks_of_rows(self):
        ring = Network.from_networkx(nx.cycle_graph(9000))
        distances = ring.path_distances(3)
        assert distances.nnz == 9000 * 6
        assert distances[0, 8998] == 2 and distances[8999, 2] == 3

    @pytest.mark.parametrize("limit", [0, 127, 1.5])
    def test_bad_limit(self, line, limit):
        with pytest.raises(
            ValueError, match="max_distance must be an integer at least 1 and at most 126; got"
        ):
            line.path_distances(limit)


class TestImmutability:
    def test_arrays_are_read_only(self, line):
        for array in (line.adjacency.data, line.adjacency.indices, line.adjacency.indptr):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 1

    def test_attributes_cannot_be_set(self, line):
        with pytest.raises(AttributeError, match="cannot be changed; 'n_nodes'"):
            line.n_nodes = 3

    def test_copies_are_equal(self, line):
        named = Network.from_edges([("a", "b")], node_ids=["a", "b"])
        for network in (line, named):
            for other in (copy.copy(network), copy.deepcopy(network), pickle.loads(pickle.dumps(network))):
                assert other == network
        assert pickle.loads(pickle.dumps(named)).node_ids.tolist() == ["a", "b"]
        assert not pickle.loads(pickle.dumps(line)).adjacency.data.flags.writeable

    def test_equality(self, line):
        assert line == Network.from_edges([(2, 3), (1, 0), (2, 1)])
        assert line != Network.from_edges([(0, 1), (1, 2)], n_nodes=4)
        assert line != Network(line.adjacency * 2)
        assert line != Network(line.adjacency, node_ids=list("abcd"))
        assert line != "a line"

    def test_not_hashable(self, line):
        with pytest.raises(TypeError, match="unhashable"):
            hash(line)


class MeanDegree(RegressorMixin, BaseEstimator):
    """Predicts the mean number of neighbours of the rows that it was fitted on."""

    __metadata_request__fit = {"graph": True}  # noqa: RUF012
    __metadata_request__predict = {"graph": True}  # noqa: RUF012

    def fit(self, X, y, *, graph=None):
        assert isinstance(graph, Network) and graph.n_nodes == len(X)
        self.mean_ = graph.degrees.mean()
        return self

    def predict(self, X, *, graph=None):
        return np.full(len(X), self.mean_)


@pytest.mark.parametrize("frame", [np.asarray, pd.DataFrame])
def test_metadata_routing_hands_each_fold_its_subgraph(frame):
    two_cliques = Network.from_groups([0, 0, 0, 1, 1, 1])
    X, y = frame(np.arange(12.0).reshape(6, 2)), np.arange(6.0)
    with sklearn.config_context(enable_metadata_routing=True):
        result = cross_validate(
            MeanDegree(),
            X,
            y,
            cv=KFold(3),
            params={"graph": two_cliques},
            return_estimator=True,
            scoring="neg_mean_squared_error",
        )
    # Without rows 0 and 1, row 2 is left alone: degrees 0, 2, 2, 2; without 2 and 3: two pairs.
    assert [fitted.mean_ for fitted in result["estimator"]] == [1.5, 1.0, 1.5]
