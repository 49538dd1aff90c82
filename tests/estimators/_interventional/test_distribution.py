"""Effects from stated mechanisms against closed forms, integrals and the joint law of several rows."""

from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import gammaln
from scipy.stats import beta

from causalkit.estimators._interventional._distribution import interventional_distribution
from causalkit.estimators._interventional._mechanisms import DirichletMechanism, Mechanism, UrnMechanism

ARROW = nx.DiGraph([("x", "y")])
XOR = [[0, 1], [1, 0]]
URNS = {"x": DirichletMechanism([3, 1]), "y": UrnMechanism([3, 1], mapping=XOR, parents=["x"])}


def log_evidence(mechanism: Mechanism, parents: np.ndarray, own: np.ndarray) -> float:
    """Log of the joint chance of the values of several rows given their parents, by gamma functions."""
    pseudo = np.asarray(mechanism.pseudo_counts)
    if isinstance(mechanism, UrnMechanism):
        patterns = [np.asarray(mechanism.mapping)[tuple(row)].tolist() for row in parents]
        own = np.array(
            [pattern.index(level) for pattern, level in zip(patterns, own, strict=True)], dtype=int
        )
        parents = parents[:, :0]
    total = 0.0
    for pattern in {tuple(row) for row in parents}:
        rows = (parents == np.array(pattern)).all(axis=1)
        a, n = pseudo[pattern], np.bincount(own[rows], minlength=pseudo.shape[-1])
        total += gammaln(a.sum()) - gammaln((a + n).sum()) + (gammaln(a + n) - gammaln(a)).sum()
    return float(total)


def law_from_joint(
    mechanisms: dict[str, Mechanism], outcome: str, do: dict[str, int], companions: np.ndarray
) -> np.ndarray:
    """Joint law of companions and new row with the factors of ``do`` dropped, over that of the companions."""
    names = list(mechanisms)
    sizes = [mechanisms[name].shape[-1] for name in names]

    def log_joint(rows: np.ndarray, skipped: dict[str, int]) -> float:
        total = 0.0
        for j, name in enumerate(names):
            used = rows[:-1] if name in skipped else rows
            parents = used[:, [names.index(parent) for parent in mechanisms[name].parents]]
            total += log_evidence(mechanisms[name], parents, used[:, j])
        return total

    law = np.zeros(sizes[names.index(outcome)])
    for row in np.ndindex(*sizes):
        if all(row[names.index(name)] == value for name, value in do.items()):
            both = np.vstack([companions, row])
            law[row[names.index(outcome)]] += np.exp(log_joint(both, do) - log_joint(companions, {}))
    return law


def random_question(seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    names = ["a", "b", "c", "d"][: rng.integers(2, 5)]
    n_levels = dict(zip(names, rng.integers(2, 4, size=4).tolist(), strict=False))
    graph = nx.DiGraph()
    graph.add_nodes_from(names)
    mechanisms: dict[str, Mechanism] = {}
    for i, name in enumerate(names):
        parents = [str(u) for u in rng.permutation(names[:i]) if rng.random() < 0.6]
        graph.add_edges_from((u, name) for u in parents)
        shape = [*(n_levels[u] for u in parents), n_levels[name]]
        if rng.random() < 0.5:
            mapping = rng.permuted(np.broadcast_to(np.arange(shape[-1]), shape), axis=-1)
            mechanisms[name] = UrnMechanism(rng.uniform(0.3, 3, size=shape[-1]), mapping, parents)
        else:
            mechanisms[name] = DirichletMechanism(rng.uniform(0.3, 3, size=shape), parents)
    outcome = str(rng.choice(names))
    others = [str(name) for name in rng.permutation([name for name in names if name != outcome])]
    do = {name: int(rng.integers(n_levels[name])) for name in others[: rng.integers(1, len(others) + 1)]}
    rows = np.column_stack([rng.integers(n_levels[name], size=rng.integers(0, 1) + 3) for name in names])
    rows = rows[: rng.integers(0, 4)]
    return {"graph": graph, "mechanisms": mechanisms, "outcome": outcome, "do": do, "rows": rows}


def answered(question: dict[str, Any]) -> np.ndarray:
    companions = pd.DataFrame(question["rows"], columns=list(question["mechanisms"]))
    answer = interventional_distribution(
        question["graph"], question["mechanisms"], question["outcome"], question["do"], companions
    )
    return answer.distribution["estimate"].to_numpy()


class TestClosedForms:
    """Numbers that can be worked out by hand."""

    def test_published_example(self) -> None:
        """X = Ber(theta), Y = Ber(psi) XOR X, both Beta(1, 3): arXiv 2405.18836."""
        companion = pd.DataFrame({"x": [1], "y": [1]})
        answer = interventional_distribution(ARROW, URNS, "y", {"x": 1}, companion)
        assert answer.distribution.loc[1, "estimate"] == pytest.approx(0.8, abs=1e-10)
        assert answer.distribution.loc[1, "iid"] == pytest.approx(0.75, abs=1e-10)
        assert answer.distribution.loc[1, "without_companions"] == pytest.approx(0.75, abs=1e-10)
        assert answer.updated == ("y",)

    def test_ratio_of_integrals(self) -> None:
        """P(y1, y2 | x1, x2) / P(y1 | x1), both integrated over the chances of y at x = 0 and x = 1."""
        y = DirichletMechanism([[3, 1], [2, 2.5]], parents=["x"])

        def integral(*rows: tuple[int, int]) -> float:
            """The two chances are independent, so that the double integral is a product."""
            product = 1.0
            for pattern, law in enumerate((beta(1, 3), beta(2.5, 2))):
                levels = [level for x, level in rows if x == pattern]

                def joint(t: float, levels: list[int] = levels, law: Any = law) -> float:
                    return float(np.prod([t if level else 1 - t for level in levels]) * law.pdf(t))

                product *= quad(joint, 0, 1, epsabs=1e-12)[0]
            return product

        for x in (0, 1):
            companion = pd.DataFrame({"x": [1], "y": [0]})
            answer = interventional_distribution(ARROW, {**URNS, "y": y}, "y", {"x": x}, companion)
            expected = integral((1, 0), (x, 1)) / integral((1, 0))
            assert answer.distribution.loc[1, "estimate"] == pytest.approx(expected, abs=1e-10)

    def test_urn_after_many_companions(self) -> None:
        """Ten rows with k balls of colour one: (1 + k) / (4 + 10)."""
        rng = np.random.default_rng(0)
        rows = pd.DataFrame(rng.integers(2, size=(10, 2)), columns=["x", "y"])
        k = int((rows["x"] ^ rows["y"]).sum())
        answer = interventional_distribution(ARROW, URNS, "y", {"x": 0}, rows)
        assert answer.distribution.loc[1, "estimate"] == pytest.approx((1 + k) / 14, abs=1e-10)

    def test_diamond_with_two_paths(self) -> None:
        """x -> a, b -> y, summed by hand over a and b."""
        graph = nx.DiGraph([("x", "a"), ("x", "b"), ("a", "y"), ("b", "y")])
        child = UrnMechanism([3, 1], mapping=XOR, parents=["x"])
        rng = np.random.default_rng(5)
        table = rng.uniform(0.5, 3, size=(2, 2, 2))
        mechanisms = {
            "x": DirichletMechanism([1, 1]),
            "a": child,
            "b": child,
            "y": DirichletMechanism(table, parents=["a", "b"]),
        }
        companions = pd.DataFrame({"x": [0, 1], "a": [1, 1], "b": [0, 1], "y": [0, 1]})
        # a: one ball of each colour; b: two balls of colour zero; y: rows with (a, b) = (1, 0) and (1, 1).
        a, b = {1: 4 / 6, 0: 2 / 6}, {1: 5 / 6, 0: 1 / 6}
        table[1, 0, 0] += 1
        table[1, 1, 1] += 1
        expected = sum(a[i] * b[j] * table[i, j, 1] / table[i, j].sum() for i in (0, 1) for j in (0, 1))
        answer = interventional_distribution(graph, mechanisms, "y", {"x": 1}, companions)
        assert answer.distribution.loc[1, "estimate"] == pytest.approx(expected, abs=1e-10)
        assert answer.updated == ("a", "b", "y")


class TestAgainstTheJointLaw:
    """The truncated factorisation of all rows together, enumerated."""

    @given(st.integers(0, 2**32 - 1))
    @settings(max_examples=60)
    def test_random_graphs(self, seed: int) -> None:
        question = random_question(seed)
        expected = law_from_joint(
            question["mechanisms"], question["outcome"], question["do"], question["rows"]
        )
        law = answered(question)
        np.testing.assert_allclose(law, expected, atol=1e-10)
        assert law.sum() == pytest.approx(1, abs=1e-12)

    @given(st.integers(0, 2**32 - 1))
    @settings(max_examples=30)
    def test_order_of_rows_and_columns_does_not_matter(self, seed: int) -> None:
        question = random_question(seed)
        rng = np.random.default_rng(seed)
        names = list(question["mechanisms"])
        rows = pd.DataFrame(question["rows"], columns=names)
        shuffled = rows.iloc[rng.permutation(len(rows)), rng.permutation(len(names))]
        ask = (question["graph"], question["mechanisms"], question["outcome"], question["do"])
        first, second = (interventional_distribution(*ask, table).distribution for table in (rows, shuffled))
        assert first.equals(second)


class TestWhatCompanionsTell:
    """A companion informs a mechanism through the values of the variable and its parents alone."""

    def test_the_cause_s_own_law_does_not_matter(self) -> None:
        companion = pd.DataFrame({"x": [1], "y": [0]})
        laws = [
            interventional_distribution(ARROW, {**URNS, "x": x}, "y", {"x": 1}, companion).distribution
            for x in (DirichletMechanism([3, 1]), DirichletMechanism([0.1, 9]))
        ]
        assert laws[0].equals(laws[1])

    def test_intervening_on_an_effect_leaves_the_cause_alone(self) -> None:
        companions = pd.DataFrame({"x": [1, 1], "y": [0, 1]})
        answer = interventional_distribution(ARROW, URNS, "x", {"y": 1}, companions)
        assert answer.distribution["estimate"].tolist() == pytest.approx([3 / 6, 3 / 6], abs=1e-12)

    def test_no_companions(self) -> None:
        empty = pd.DataFrame({"x": [], "y": []})
        for companions in (None, empty):
            answer = interventional_distribution(ARROW, URNS, "y", {"x": 1}, companions)
            assert answer.n_companions == 0
            assert answer.updated == ()
            assert answer.distribution["estimate"].tolist() == [0.25, 0.75]

    def test_named_levels(self) -> None:
        x = DirichletMechanism([3, 1], levels=["low", "high"])
        y = UrnMechanism([3, 1], mapping=XOR, parents=["x"], levels=[False, True])
        companion = pd.DataFrame({"y": [True], "x": pd.Categorical(["high"])})
        answer = interventional_distribution(ARROW, {"x": x, "y": y}, "y", {"x": "high"}, companion)
        assert answer.distribution.loc[True, "estimate"] == pytest.approx(0.8, abs=1e-12)


class TestRefused:
    """Errors name the argument, what was expected and what came."""

    @pytest.mark.parametrize(
        ("mechanisms", "message"),
        [
            ({"x": URNS["x"]}, r"mechanisms must map each variable of \['x', 'y'\].*got \['x'\]"),
            ([1, 2], r"mechanisms must map each variable.*got \[1, 2\]"),
            ({"x": URNS["x"], "y": [3, 1]}, r"mechanisms\['y'\] must be a DirichletMechanism.*got list"),
            ({"x": URNS["x"], "y": URNS["x"]}, r"mechanisms\['y'\] must have the parents.*\['x'\]; got \[\]"),
            (
                {"x": DirichletMechanism([1, 1, 1]), "y": URNS["y"]},
                r"mechanisms\['y'\] must have 3 patterns along its parent 'x', one for each level; got 2",
            ),
        ],
    )
    def test_mechanisms(self, mechanisms: Any, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            interventional_distribution(ARROW, mechanisms, "y", {"x": 1})

    def test_question(self) -> None:
        with pytest.raises(ValueError, match="outcome must be one of the variables"):
            interventional_distribution(ARROW, URNS, "z", {"x": 1})
        with pytest.raises(ValueError, match=r"do\['x'\] must be one of the levels \[0, 1\]; got 2"):
            interventional_distribution(ARROW, URNS, "y", {"x": 2})
        with pytest.raises(ValueError, match="causal_graph must have no cycle"):
            interventional_distribution(nx.DiGraph([("x", "y"), ("y", "x")]), URNS, "y", {"x": 1})

    def test_companions(self) -> None:
        with pytest.raises(ValueError, match="companions must have exactly the columns"):
            interventional_distribution(ARROW, URNS, "y", {"x": 1}, pd.DataFrame({"x": [1]}))
