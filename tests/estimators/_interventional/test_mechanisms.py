"""Mechanisms with stated pseudo-counts: predictive chances against integrals, and what is refused."""

import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import beta

from causalkit.estimators._interventional._mechanisms import DirichletMechanism, UrnMechanism

XOR = [[0, 1], [1, 0]]


def beta_predictive(ones: float, zeros: float, n_ones: int, n_zeros: int) -> float:
    """Chance of a one after some rows, as a ratio of two integrals over the chance's Beta law."""

    def evidence(a: int, b: int) -> float:
        return float(quad(lambda t: t**a * (1 - t) ** b * beta.pdf(t, ones, zeros), 0, 1)[0])

    return evidence(n_ones + 1, n_zeros) / evidence(n_ones, n_zeros)


class TestDirichlet:
    """Each pattern of the parents learns from its own rows."""

    @pytest.mark.parametrize(("n_zeros", "n_ones"), [(0, 0), (0, 1), (3, 2), (1, 7)])
    def test_against_quadrature(self, n_zeros: int, n_ones: int) -> None:
        mechanism = DirichletMechanism([[3, 1], [2.5, 4]], parents=["x"])
        predicted = mechanism.predictive(np.array([[n_zeros, n_ones], [n_ones, n_zeros]], dtype=float))
        assert predicted[0, 1] == pytest.approx(beta_predictive(1, 3, n_ones, n_zeros), abs=1e-10)
        assert predicted[1, 1] == pytest.approx(beta_predictive(4, 2.5, n_zeros, n_ones), abs=1e-10)

    def test_patterns_do_not_share(self) -> None:
        mechanism = DirichletMechanism([[3, 1], [3, 1]], parents=["x"])
        predicted = mechanism.predictive(np.array([[0.0, 5.0], [0.0, 0.0]]))
        assert predicted[1].tolist() == [0.75, 0.25]

    def test_stored_as_given_and_frozen(self) -> None:
        counts = np.ones((2, 3, 2))
        mechanism = DirichletMechanism(counts, parents=["a", "b"], levels=["no", "yes"])
        counts[:] = 7
        assert mechanism.shape == (2, 3, 2)
        assert np.all(mechanism.pseudo_counts == 1)
        with pytest.raises(ValueError, match="read-only"):
            mechanism.pseudo_counts[0, 0, 0] = 2
        copy = pickle.loads(pickle.dumps(mechanism))
        assert (copy.parents, copy.levels) == (("a", "b"), ("no", "yes"))

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"pseudo_counts": [1, 0]}, "pseudo_counts must be positive and finite; got 0"),
            ({"pseudo_counts": [1, np.inf]}, "pseudo_counts must be positive and finite; got inf"),
            ({"pseudo_counts": ["a", "b"]}, r"pseudo_counts must be an array of positive numbers; got \['a'"),
            ({"pseudo_counts": []}, r"pseudo_counts must have 1 non-empty axis.*got shape \(0,\)"),
            ({"pseudo_counts": [1, 1], "parents": ["x"]}, r"must have 2 non-empty axes.*got shape \(2,\)"),
            ({"pseudo_counts": [1, 1], "parents": "x"}, "parents must be a list or tuple of nodes; got 'x'"),
            (
                {"pseudo_counts": np.ones((2, 2, 2)), "parents": ["x", "x"]},
                r"parents must be different nodes",
            ),
            ({"pseudo_counts": [1, 1], "levels": ["a"]}, r"levels must be 2 different values.*got \['a'\]"),
            ({"pseudo_counts": [1, 1], "levels": ["a", "a"]}, r"got \['a', 'a'\]"),
        ],
    )
    def test_refused(self, arguments: dict[str, Any], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            DirichletMechanism(**arguments)


class TestUrn:
    """All patterns of the parents learn from every row."""

    def test_exclusive_or_against_quadrature(self) -> None:
        mechanism = UrnMechanism([3, 1], mapping=XOR, parents=["x"])
        # Balls: zeros are (0, 0) and (1, 1), ones are (0, 1) and (1, 0).
        predicted = mechanism.predictive(np.array([[2.0, 4.0], [1.0, 3.0]]))
        chance = beta_predictive(1, 3, 4 + 1, 2 + 3)
        np.testing.assert_allclose(predicted, [[1 - chance, chance], [chance, 1 - chance]], atol=1e-10)

    @given(st.integers(0, 2**32 - 1))
    @settings(max_examples=30)
    def test_polya_scheme(self, seed: int) -> None:
        """The urn by hand: put one more ball of the drawn colour back, row by row."""
        rng = np.random.default_rng(seed)
        n_levels, n_patterns = rng.integers(2, 4), rng.integers(1, 5)
        mapping = rng.permuted(np.tile(np.arange(n_levels), (n_patterns, 1)), axis=1)
        urn = rng.uniform(0.2, 4, size=n_levels)
        mechanism = UrnMechanism(urn, mapping=mapping, parents=["x"])
        counts = np.zeros((n_patterns, n_levels))
        for _ in range(rng.integers(0, 6)):
            pattern, ball = rng.integers(n_patterns), rng.integers(n_levels)
            counts[pattern, mapping[pattern, ball]] += 1
            urn[ball] += 1
        predicted = mechanism.predictive(counts)
        for pattern in range(n_patterns):
            for ball in range(n_levels):
                chance = predicted[pattern, mapping[pattern, ball]]
                assert chance == pytest.approx(urn[ball] / urn.sum(), abs=1e-12)

    def test_without_parents_it_is_a_dirichlet(self) -> None:
        counts = np.array([[2.0, 0.0, 5.0]])
        urn = UrnMechanism([1, 2, 3], mapping=[0, 1, 2], parents=[])
        np.testing.assert_allclose(urn.predictive(counts), DirichletMechanism([1, 2, 3]).predictive(counts))

    @pytest.mark.parametrize(
        ("mapping", "message"),
        [
            ([[0, 1], [1, 1]], r"send the balls to each of the 2 levels once in every pattern; got \[1, 1\]"),
            ([[0, 1], [1, 2]], r"got \[1, 2\]"),
            ([[0.0, 1.0], [1.0, 0.0]], "mapping must hold integers.*dtype float64"),
            ([0, 1], r"an axis for each of 1 parents.*got shape \(2,\)"),
            ([[0, 1, 2]], r"a last one of length 2 for the balls; got shape \(1, 3\)"),
            (np.zeros((0, 2), dtype=int), "got no pattern"),
        ],
    )
    def test_refused(self, mapping: Any, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            UrnMechanism([3, 1], mapping=mapping, parents=["x"])
