import heapq
import pickle
import time
from itertools import chain, combinations, islice, product

import networkx as nx
import numpy as np
import pytest

from causalkit.graphs import SubsetTree, subset_classes, whole_set_is_optimal
from causalkit.graphs._subset_classes import Subtree, shifted_children, variable_parts

# Simulation graph of Liu et al. (2023): X9 and X10 are mutable.
PAPER = nx.DiGraph(
    [
        *[("Y", "X1"), ("X6", "X1"), ("X5", "X1"), ("X6", "X5"), ("X1", "X3"), ("X3", "X2"), ("X2", "X4")],
        *[("X7", "X4"), ("X8", "X2"), ("X8", "X4"), ("X8", "X7"), ("Y", "X9"), ("X9", "X1")],
        *[("X5", "X10"), ("X3", "X10"), ("X8", "X10")],
    ]
)


def subsets(nodes):
    nodes = list(nodes)
    return [
        frozenset(each) for each in chain.from_iterable(combinations(nodes, k) for k in range(len(nodes) + 1))
    ]


def brute_force(graph, target, mutable):
    """Markov boundary of the target in every subset of the stable variables -> subsets that share it."""
    stable = graph.subgraph([node for node in graph if node not in mutable])
    found = {}
    for subset in subsets(node for node in stable if node != target):
        boundary = {node for node in subset if not nx.is_d_separator(stable, target, node, subset - {node})}
        found.setdefault(frozenset(boundary), set()).add(subset)
    return found


def assert_exact(graph, target, mutable):
    classes = subset_classes(graph, target, mutable)
    listed = {each.members: {each.members | extra for extra in subsets(each.free)} for each in classes}
    assert len(listed) == len(classes)
    assert listed == brute_force(graph, target, mutable)
    assert [each.n_subsets for each in classes] == [len(listed[each.members]) for each in classes]


def random_problem(seed):
    rng = np.random.default_rng(seed)
    n_nodes = int(rng.integers(3, 9))
    arrows = np.triu(rng.random((n_nodes, n_nodes)) < rng.uniform(0.2, 0.7), k=1)
    graph = nx.from_numpy_array(arrows, create_using=nx.DiGraph)
    target, *others = rng.permutation(n_nodes).tolist()
    return graph, target, others[: rng.integers(0, min(3, n_nodes - 1))]


def chain_of(n_variables):
    return nx.path_graph(["y", *(f"x{i}" for i in range(n_variables))], create_using=nx.DiGraph)


def star_of(n_variables):
    return nx.DiGraph([("y", f"x{i}") for i in range(n_variables)])


def two_arms(a, b):
    return nx.compose(
        nx.path_graph(["y", *(f"a{i}" for i in range(a))], create_using=nx.DiGraph),
        nx.path_graph(["y", *(f"b{i}" for i in range(b))], create_using=nx.DiGraph),
    )


def renamed(graph, target, mutable, seed):
    """The same problem with other names, and with nodes and arrows in another order; and the names."""
    rng = np.random.default_rng(seed)
    names = {node: f"v{i:03d}" for node, i in zip(graph, rng.permutation(len(graph)), strict=True)}
    nodes, edges = list(graph), list(graph.edges)
    other = nx.DiGraph()
    other.add_nodes_from(names[nodes[i]] for i in rng.permutation(len(nodes)))
    other.add_edges_from((names[u], names[v]) for u, v in (edges[i] for i in rng.permutation(len(edges))))
    return other, names[target], [names[node] for node in reversed(mutable)], names


class TestSubsetClasses:
    def test_paper(self):
        classes = subset_classes(PAPER, "Y", ["X9", "X10"])
        sizes = [each.n_subsets for each in classes]
        assert len(classes) == 45
        assert {size: sizes.count(size) for size in sizes} == {32: 4, 16: 5, 4: 4, 1: 32}
        n_members = [len(each.members) for each in classes]
        assert n_members == sorted(n_members)
        assert_exact(PAPER, "Y", ["X9", "X10"])

    @pytest.mark.parametrize("block", range(10))
    def test_random_graphs(self, block):
        for seed in range(15 * block, 15 * block + 15):
            assert_exact(*random_problem(seed))

    @pytest.mark.parametrize("n_variables", [1, 4, 7])
    def test_chain(self, n_variables):
        assert len(subset_classes(chain_of(n_variables), "y", [])) == n_variables + 1
        assert_exact(chain_of(n_variables), "y", [])

    @pytest.mark.parametrize(("a", "b"), [(1, 1), (3, 4), (2, 5)])
    def test_two_arms(self, a, b):
        assert len(subset_classes(two_arms(a, b), "y", [])) == (a + 1) * (b + 1)
        assert_exact(two_arms(a, b), "y", [])

    @pytest.mark.parametrize("n_variables", [1, 3, 7])
    def test_star(self, n_variables):
        assert len(subset_classes(star_of(n_variables), "y", [])) == 2**n_variables
        assert_exact(star_of(n_variables), "y", [])
        assert_exact(star_of(n_variables).reverse(), "y", [])

    def test_no_stable_variable(self):
        (only,) = subset_classes(nx.DiGraph([("y", "m")]), "y", ["m"])
        assert only == (frozenset(), frozenset(), 1)

    def test_unrelated_variables_are_free(self):
        graph = nx.DiGraph([("y", "a")])
        graph.add_nodes_from(["b", "c"])
        assert [each.n_subsets for each in subset_classes(graph, "y", [])] == [4, 4]

    @pytest.mark.parametrize("seed", range(15))
    def test_names_and_order_of_nodes_do_not_matter(self, seed):
        graph, target, mutable = (PAPER, "Y", ["X9", "X10"]) if seed == 0 else random_problem(seed + 500)
        *problem, names = renamed(graph, target, mutable, seed)
        classes, of_other = subset_classes(graph, target, mutable), subset_classes(*problem)
        translated = {frozenset(names[node] for node in each.members) for each in classes}
        assert translated == {each.members for each in of_other}
        # The list runs through classes of the same shape in the same order.
        assert [(len(each.members), each.n_subsets) for each in classes] == [
            (len(each.members), each.n_subsets) for each in of_other
        ]

    def test_order_of_the_list_follows_the_arrows_and_not_the_names(self):
        for seed in range(5):
            *problem, names = renamed(PAPER, "Y", ["X9", "X10"], seed)
            translated = [
                frozenset(names[node] for node in each.members)
                for each in subset_classes(PAPER, "Y", ["X9", "X10"])
            ]
            assert translated == [each.members for each in subset_classes(*problem)]

    def test_fast_enough(self):
        for graph, target, mutable, seconds in [
            (PAPER, "Y", ["X9", "X10"], 0.05),
            (chain_of(80), "y", [], 1.0),
        ]:
            times = []
            for _ in range(3):
                start = time.process_time()
                subset_classes(graph, target, mutable)
                times.append(time.process_time() - start)
            assert min(times) < seconds

    def test_too_many_to_list(self):
        with pytest.raises(ValueError, match=r"at most max_classes=7 .* got more, for 3 stable variables"):
            subset_classes(star_of(3), "y", [], max_classes=7)
        assert len(subset_classes(star_of(3), "y", [], max_classes=8)) == 8
        assert len(subset_classes(star_of(3), "y", [], max_classes=None)) == 8
        # 2 ** 200 classes: only as many are looked at as it takes to know that there are too many.
        with pytest.raises(ValueError, match="got more, for 200 stable variables"):
            subset_classes(star_of(200), "y", [], max_classes=1000)


class TestSubsetTree:
    @pytest.mark.parametrize("seed", range(300, 325))
    def test_two_n_minus_one_nodes_each_with_its_own_subsets(self, seed):
        tree = SubsetTree(*random_problem(seed))
        visited, todo = [], [tree.root]
        while todo:
            visited.append(todo.pop())
            below = tree.children(visited[-1])
            assert tree.is_leaf(visited[-1]) is (not below)
            # The two children share out the subsets of their parent.
            assert not below or sum(map(tree.n_subsets, below)) == tree.n_subsets(visited[-1])
            todo.extend(below)
        n_classes = sum(1 for _ in tree.leaves())
        assert len(visited) == 2 * n_classes - 1
        assert sum(map(tree.n_subsets, tree.leaves())) == 2 ** len(tree.nodes)

    @pytest.mark.parametrize("seed", range(400, 415))
    def test_classes_of_any_subset_and_of_the_ends_of_a_subtree(self, seed):
        graph, target, mutable = random_problem(seed)
        tree = SubsetTree(graph, target, mutable)
        boundary = {
            subset: members
            for members, found in brute_force(graph, target, mutable).items()
            for subset in found
        }
        for subset, members in boundary.items():
            assert tree.class_of(subset).members == members
            assert subset <= tree.class_of(subset).largest
        todo = [tree.root]
        while todo:
            subtree = todo.pop()
            todo.extend(tree.children(subtree))
            included, excluded = tree.names(subtree.included), tree.names(subtree.excluded)
            assert tree.largest(subtree).members == boundary[frozenset(tree.nodes) - excluded]
            assert tree.smallest(subtree).members == included
        for leaf in tree.leaves():
            assert tree.largest(leaf) == tree.smallest(leaf)

    @pytest.mark.parametrize("seed", range(200, 210))
    def test_order_of_branching_changes_the_tree_and_not_the_classes(self, seed):
        graph, target, mutable = random_problem(seed)
        usual = SubsetTree(graph, target, mutable)
        turned = SubsetTree(graph, target, mutable, order=usual.nodes[::-1])
        assert turned.nodes == usual.nodes[::-1]
        assert {usual.largest(leaf) for leaf in usual.leaves()} == {
            turned.largest(leaf) for leaf in turned.leaves()
        }

    @pytest.mark.parametrize("order", [["x2"], "x2", ["x2", "x0", "x2"]], ids=["list", "text", "repeated"])
    def test_the_foremost_is_branched_on_first(self, order):
        tree = SubsetTree(star_of(4), "y", [], order=order)
        assert sorted(tree.nodes) == ["x0", "x1", "x2", "x3"]
        without, with_it = tree.children(tree.root)
        assert tree.names(without.excluded) == tree.names(with_it.included) == {"x2"}

    def test_grows_only_where_it_is_visited(self):
        tree = SubsetTree(star_of(200), "y", [])
        start = time.process_time()
        assert len({tree.largest(leaf) for leaf in islice(tree.leaves(), 50)}) == 50
        assert time.process_time() - start < 1
        assert tree.n_subsets(tree.root) == 2**200

    def test_best_first_search_stops_early_with_the_best_set(self):
        # The risk falls with what a set explains and rises with what is risky in it; the largest set bounds
        # the first part from below.
        graph = two_arms(6, 6)
        rng = np.random.default_rng(0)
        gain = dict(zip(sorted(set(graph) - {"y"}), rng.uniform(0, 1, 12), strict=True))
        danger = dict(zip(gain, rng.uniform(0, 1, 12) * (rng.random(12) < 0.4), strict=True))

        def bound(each):
            return -sum(gain[node] for node in each.largest)

        def risk(each):
            return bound(each) + sum(danger[node] for node in each.largest)

        tree = SubsetTree(graph, "y", [], order=sorted(danger, key=danger.get, reverse=True))
        heap, visited = [(bound(tree.largest(tree.root)), tree.root)], 0
        best = tree.largest(tree.root)
        while heap and heap[0][0] < risk(best):
            subtree = heapq.heappop(heap)[1]
            visited += 1
            best = min(best, tree.largest(subtree), key=risk)
            for below in tree.children(subtree):
                heapq.heappush(heap, (bound(tree.largest(below)), below))
        every = subset_classes(graph, "y", [])
        assert risk(best) == pytest.approx(min(map(risk, every)))
        assert visited < len(every)

    def test_pickles(self):
        tree = SubsetTree(PAPER, "Y", ["X9", "X10"])
        again = pickle.loads(pickle.dumps(tree))
        assert list(again.leaves()) == list(tree.leaves())
        assert again.root == Subtree(0, 0)

    @pytest.mark.parametrize(
        ("order", "message"),
        [
            (["X9"], r"order must be among the stable variables of causal_graph, .*; got 'X9'"),
            (["X1", "Y", "Q"], r"order must be among the stable variables .*; got \['Y', 'Q'\]"),
            ("X12", r"order must be among the stable variables .*; got 'X12'"),
        ],
    )
    def test_order_with_something_else(self, order, message):
        with pytest.raises(ValueError, match=message):
            SubsetTree(PAPER, "Y", ["X9", "X10"], order=order)

    def test_subset_with_something_else(self):
        with pytest.raises(ValueError, match=r"subset must be among the stable variables .*; got 'X9'"):
            SubsetTree(PAPER, "Y", ["X9", "X10"]).class_of(["X1", "X9"])


def condition_by_paths(graph, target, mutable):
    """Follow every directed path that leaves the target through a mutable child to see where it may end."""
    others = [node for node in graph if graph.has_edge(target, node) and node not in mutable]
    paths = [path for node in others for path in nx.all_simple_paths(graph, target, node)]
    return not any(path[1] in mutable for path in paths)


class TestWholeSetIsOptimal:
    def test_by_paths(self):
        verdicts = []
        for seed in range(200):
            graph, *_ = random_problem(seed)
            rng = np.random.default_rng(seed)
            # The target is an early node, so that it has children.
            target = next(nx.topological_sort(graph))
            others = sorted(set(graph) - {target})
            mutable = rng.permutation(others)[: rng.integers(1, len(others) + 1)].tolist()
            verdicts.append(whole_set_is_optimal(graph, target, mutable))
            assert verdicts[-1] is condition_by_paths(graph, target, mutable)
        # Both answers must occur, or agreement would mean little.
        assert 20 < sum(verdicts) < 180

    def test_what_makes_a_search_necessary(self):
        assert shifted_children(PAPER, "Y", ["X9", "X10"]) == {"X1"}
        assert not whole_set_is_optimal(PAPER, "Y", ["X9", "X10"])
        assert whole_set_is_optimal(PAPER, "Y", ["X10"])
        assert whole_set_is_optimal(PAPER, "Y", [])

    def test_mutable_children_do_not_count_for_each_other(self):
        graph = nx.DiGraph([("y", "m"), ("y", "n"), ("m", "n")])
        assert whole_set_is_optimal(graph, "y", ["m", "n"])
        assert not whole_set_is_optimal(graph, "y", ["m"])

    def test_a_path_may_run_through_other_mutable_variables(self):
        graph = nx.DiGraph([("y", "m"), ("m", "n"), ("n", "x"), ("y", "x")])
        assert not whole_set_is_optimal(graph, "y", ["m", "n"])
        assert whole_set_is_optimal(graph, "y", ["n"])

    @pytest.mark.parametrize("seed", range(5))
    def test_names_and_order_of_nodes_do_not_matter(self, seed):
        graph, target, mutable = random_problem(seed + 700)
        *problem, _ = renamed(graph, target, mutable, seed)
        assert whole_set_is_optimal(*problem) is whole_set_is_optimal(graph, target, mutable)


class BinaryWorld:
    """All variables binary, mechanisms random; worst-case risks by enumeration of the states."""

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        n_nodes = 5
        arrows = np.triu(rng.random((n_nodes, n_nodes)) < 0.6, k=1)
        self.graph = nx.from_numpy_array(arrows, create_using=nx.DiGraph)
        # A target in front and a mutable child of it are where the condition has something to say.
        self.target, self.mutable = 0, int(rng.integers(1, n_nodes))
        self.graph.add_edge(self.target, self.mutable)
        self.states = np.array(list(product([0, 1], repeat=n_nodes)))
        self.weight = np.ones(len(self.states))
        for node in set(self.graph) - {self.mutable}:
            one = rng.uniform(0.02, 0.98, 2**n_nodes)[self.codes(self.graph.pred[node])]
            self.weight *= np.where(self.states[:, node] == 1, one, 1 - one)

    def codes(self, nodes):
        return (
            self.states[:, sorted(nodes)] @ (1 << np.arange(len(nodes))) if nodes else np.zeros(32, dtype=int)
        )

    def worst_case_risk(self, subset):
        """E over the parents of the largest expected loss that a value of the mutable variable brings."""
        y, held = self.states[:, self.target], self.codes({*subset, self.mutable})
        mean = np.bincount(held, self.weight * y) / np.maximum(np.bincount(held, self.weight), 1e-300)
        parents, loss = self.codes(self.graph.pred[self.mutable]), self.weight * (y - mean[held]) ** 2
        value = self.states[:, self.mutable]
        return np.maximum(*(np.bincount(parents[value == m], loss[value == m]) for m in (0, 1))).sum()


class TestWhatTheGraphPromises:
    """Against worst-case risks by enumeration."""

    @pytest.mark.parametrize("seed", range(30))
    def test_subsets_of_a_class_have_one_risk(self, seed):
        world = BinaryWorld(seed)
        for each in subset_classes(world.graph, world.target, world.mutable):
            risks = [world.worst_case_risk(each.members | extra) for extra in subsets(each.free)]
            np.testing.assert_allclose(risks, risks[0], rtol=1e-10)

    def test_where_the_condition_holds_no_subset_is_safer(self):
        n_beaten = {True: 0, False: 0}
        n_worlds = dict(n_beaten)
        for seed in range(300):
            world = BinaryWorld(seed)
            stable = set(world.graph) - {world.target, world.mutable}
            whole = world.worst_case_risk(stable)
            verdict = whole_set_is_optimal(world.graph, world.target, world.mutable)
            beaten = any(world.worst_case_risk(subset) < whole - 1e-10 for subset in subsets(stable))
            n_worlds[verdict] += 1
            n_beaten[verdict] += beaten
        assert n_worlds[True] > 50
        assert n_beaten[True] == 0
        assert n_beaten[False] > 0


class TestVariableParts:
    def test_causes_come_first(self):
        parts = variable_parts(PAPER, "Y", ["X10", "X9"])
        assert set(parts.mutable) == {"X9", "X10"}
        assert set(parts.stable) == {f"X{i}" for i in range(1, 9)}
        for part in parts:
            place = {node: i for i, node in enumerate(part)}
            assert all(place[u] < place[v] for u, v in PAPER.edges if u in place and v in place)

    def test_names_do_not_matter(self):
        parts = variable_parts(PAPER, "Y", ["X9", "X10"])
        for seed in range(5):
            *problem, names = renamed(PAPER, "Y", ["X9", "X10"], seed)
            other = variable_parts(*problem)
            assert other == tuple(tuple(names[node] for node in part) for part in parts)


@pytest.mark.parametrize("function", [subset_classes, whole_set_is_optimal, SubsetTree, variable_parts])
@pytest.mark.parametrize(
    ("graph", "target", "mutable", "message"),
    [
        (nx.Graph([("y", "x")]), "y", [], "causal_graph must be a networkx.DiGraph; got Graph"),
        (
            nx.DiGraph([("y", "x"), ("x", "y")]),
            "y",
            [],
            "causal_graph must have no cycle; got one through y -> x",
        ),
        (nx.DiGraph([("y", "x")]), "z", [], r"target must be a node of causal_graph, \['y', 'x'\]; got 'z'"),
        (
            nx.DiGraph([("y", "x")]),
            "y",
            ["z"],
            r"mutable must be among the nodes of causal_graph, .*; got 'z'",
        ),
        (nx.DiGraph([("y", "x")]), "y", ["y"], r"mutable must not hold the target 'y'.*; got \['y'\]"),
    ],
    ids=["undirected", "cycle", "target", "mutable", "both"],
)
def test_errors(function, graph, target, mutable, message):
    with pytest.raises(ValueError, match=message):
        function(graph, target, mutable)
