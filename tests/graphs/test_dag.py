from itertools import chain, combinations

import networkx as nx
import numpy as np
import pytest

from causalkit.graphs import ancestors, d_separated, descendants
from causalkit.graphs._dag import canonical_order, check_nodes, check_roles, check_variables


def random_dag(seed, n_nodes=6, edge_probability=0.4):
    rng = np.random.default_rng(seed)
    arrows = np.triu(rng.random((n_nodes, n_nodes)) < edge_probability, k=1)
    order = rng.permutation(n_nodes)
    return nx.relabel_nodes(
        nx.from_numpy_array(arrows, create_using=nx.DiGraph), dict(enumerate(order.tolist()))
    )


def has_open_path(graph, x, y, given):
    """Look at every path, node by node."""
    above = set(given).union(*(nx.ancestors(graph, node) for node in given))
    for path in nx.all_simple_paths(graph.to_undirected(), x, y):
        triples = zip(path, path[1:], path[2:], strict=False)
        if all(
            node in above
            if graph.has_edge(before, node) and graph.has_edge(after, node)
            else node not in given
            for before, node, after in triples
        ):
            return True
    return False


def renamed(graph, seed):
    """Other names, and nodes and arrows in another order."""
    rng = np.random.default_rng(seed)
    names = {node: f"v{i:03d}" for node, i in zip(graph, rng.permutation(len(graph)), strict=True)}
    nodes, edges = list(graph), list(graph.edges)
    other = nx.DiGraph()
    other.add_nodes_from(names[nodes[i]] for i in rng.permutation(len(nodes)))
    other.add_edges_from((names[u], names[v]) for u, v in (edges[i] for i in rng.permutation(len(edges))))
    return other, names


class TestDSeparated:
    @pytest.mark.parametrize("seed", range(12))
    def test_every_path_is_blocked(self, seed):
        graph = random_dag(seed, n_nodes=5)
        for x, y in combinations(graph, 2):
            others = [node for node in graph if node not in (x, y)]
            for given in chain.from_iterable(combinations(others, k) for k in range(4)):
                assert d_separated(graph, x, y, given) is not has_open_path(graph, x, y, given)

    def test_sets_and_order_of_arguments(self):
        graph = nx.DiGraph([("a", "c"), ("b", "c"), ("c", "d")])
        assert d_separated(graph, ["a", "b"], "d", "c")
        assert d_separated(graph, "d", {"b", "a"}, ["c"])
        assert not d_separated(graph, "a", ["b", "d"], ["c"])

    def test_a_tuple_can_be_a_node(self):
        graph = nx.DiGraph([(("a", 1), "b"), ("b", "c")])
        assert d_separated(graph, ("a", 1), "c", "b")

    def test_names_are_not_read_letter_by_letter(self):
        with pytest.raises(ValueError, match=r"x must be among the nodes of graph, \['a', 'b'\]; got 'ab'"):
            d_separated(nx.DiGraph([("a", "b")]), "ab", "b")

    @pytest.mark.parametrize(
        ("x", "y", "given", "message"),
        [
            ("q", "b", (), r"x must be among the nodes of graph, \['a', 'b', 'c'\]; got 'q'"),
            ("a", ["q", "r"], (), r"y must be among .*; got \['q', 'r'\]"),
            ("a", "b", None, "given must be among .*; got None"),
            ("a", "b", [["c"]], r"given must be among .*; got \['c'\]"),
            ("a", "a", (), r"x and y must not share nodes; got \['a'\] in both"),
            ("a", "b", ["c", "b"], r"y and given must not share nodes; got \['b'\] in both"),
        ],
    )
    def test_errors(self, x, y, given, message):
        with pytest.raises(ValueError, match=message):
            d_separated(nx.DiGraph([("a", "b"), ("b", "c")]), x, y, given)


@pytest.mark.parametrize(
    "function", [lambda graph: d_separated(graph, "a", "b"), lambda g: ancestors(g, "a")]
)
@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (nx.Graph([("a", "b")]), "graph must be a networkx.DiGraph; got Graph"),
        (nx.MultiDiGraph([("a", "b")]), "graph must be a networkx.DiGraph; got MultiDiGraph"),
        ([("a", "b")], "graph must be a networkx.DiGraph; got list"),
        (nx.DiGraph([("a", "b"), ("b", "a")]), "graph must have no cycle; got one through a -> b"),
        (nx.DiGraph([("a", "b"), ("b", "b")]), "graph must have no cycle; got one through b"),
    ],
    ids=["undirected", "multi", "list", "cycle", "loop"],
)
def test_not_a_causal_graph(function, graph, message):
    with pytest.raises(ValueError, match=message):
        function(graph)


class TestAncestorsAndDescendants:
    @pytest.mark.parametrize("seed", range(5))
    def test_powers_of_the_arrows(self, seed):
        graph = random_dag(seed, n_nodes=7)
        nodes = list(graph)
        reach = np.linalg.inv(np.eye(7) - nx.to_numpy_array(graph) / 10) - np.eye(7) > 1e-12
        for i, node in enumerate(nodes):
            assert descendants(graph, node) == {nodes[j] for j in np.flatnonzero(reach[i])}
            assert ancestors(graph, node) == {nodes[j] for j in np.flatnonzero(reach[:, i])}

    def test_given_nodes_are_left_out(self):
        graph = nx.DiGraph([("a", "b"), ("b", "c"), ("c", "d")])
        assert descendants(graph, ["a", "c"]) == {"b", "d"}
        assert ancestors(graph, ["b", "d"]) == {"a", "c"}
        assert ancestors(graph, []) == frozenset()

    def test_unknown_node(self):
        with pytest.raises(
            ValueError, match=r"nodes must be among the nodes of graph, \['a', 'b'\]; got 'c'"
        ):
            descendants(nx.DiGraph([("a", "b")]), ["a", "c"])


class TestRoles:
    def test_names_come_back_as_a_set(self):
        graph = nx.DiGraph([("y", "m"), ("y", "x")])
        assert check_roles(graph, "y", "m") == (graph, {"m"})
        assert check_roles(graph, "y", np.array(["m", "m"]))[1] == {"m"}
        assert check_nodes(["a", "b"], (), "subset") == frozenset()

    @pytest.mark.parametrize(
        ("target", "mutable", "message"),
        [
            ("q", ["m"], r"target must be a node of causal_graph, \['y', 'm', 'x'\]; got 'q'"),
            (["y"], ["m"], r"target must be a node of causal_graph, .*; got \['y'\]"),
            ("y", ["m", "q"], r"mutable must be among the nodes of causal_graph, .*; got 'q'"),
            ("y", None, "mutable must be among the nodes of causal_graph, .*; got None"),
            ("y", ["y", "m"], r"mutable must not hold the target 'y'.*; got \['y', 'm'\]"),
        ],
    )
    def test_errors(self, target, mutable, message):
        with pytest.raises(ValueError, match=message):
            check_roles(nx.DiGraph([("y", "m"), ("y", "x")]), target, mutable)


class TestVariables:
    def test_exactly_the_columns_and_the_outcome(self):
        check_variables(nx.DiGraph([("y", "a"), ("a", "b")]), ["b", "a"], "y")

    @pytest.mark.parametrize(
        ("columns", "message"),
        [
            (
                ["a", "b", "c", "d"],
                r"a node for the outcome 'y' and for each column of X; .* lacks \['c', 'd'\]",
            ),
            (["a"], r"no other nodes than the outcome 'y' and the columns of X, \['a'\]; got \['b'\]"),
            (["a", "b", "y"], r"no column with the name of the outcome, 'y'; got \['a', 'b', 'y'\]"),
        ],
    )
    def test_errors(self, columns, message):
        with pytest.raises(ValueError, match=message):
            check_variables(nx.DiGraph([("y", "a"), ("a", "b")]), columns, "y")

    def test_outcome_that_is_missing(self):
        with pytest.raises(ValueError, match=r"it has \['a', 'b'\] and lacks \['y'\]"):
            check_variables(nx.DiGraph([("a", "b")]), ["a", "b"], "y")


class TestCanonicalOrder:
    @pytest.mark.parametrize("seed", range(20))
    def test_names_and_order_of_nodes_do_not_matter(self, seed):
        graph = random_dag(seed, n_nodes=8, edge_probability=0.3)
        other, names = renamed(graph, seed)
        order, order_of_other = canonical_order(graph, {3: 1}), canonical_order(other, {names[3]: 1})
        # Symmetric nodes may swap, so the arrows are compared and not the names.
        arrows = nx.to_numpy_array(graph, nodelist=order)
        np.testing.assert_array_equal(arrows, nx.to_numpy_array(other, nodelist=order_of_other))
        assert order.index(3) == order_of_other.index(names[3])
        assert not np.tril(arrows).any()
        assert sorted(order) == sorted(graph)

    def test_roles_tell_nodes_apart(self):
        graph = nx.DiGraph([("y", "a"), ("y", "b"), ("y", "c")])
        assert canonical_order(graph, {"a": 1}) == ["y", "b", "c", "a"]

    def test_symmetric_arms_stay_together(self):
        # Names alone would put a before b on the first step and d before c on the second.
        graph = nx.DiGraph([("y", "b"), ("y", "a"), ("b", "c"), ("a", "d")])
        assert canonical_order(graph, {}) == ["y", "a", "b", "d", "c"]

    def test_many_nodes_that_look_alike(self):
        graph = nx.star_graph(60, create_using=nx.DiGraph)
        assert sorted(canonical_order(graph, {})[1:]) == list(range(1, 61))
