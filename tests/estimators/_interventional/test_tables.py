"""Variable elimination against the sum over the whole joint table."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causalkit.estimators._interventional import _tables
from causalkit.estimators._interventional._tables import Factor, law_of


def random_network(rng: np.random.Generator) -> tuple[list[Factor], list[int]]:
    """Conditional tables of a random DAG over 0, 1, ..., with parents in random order."""
    n_levels = rng.integers(1, 4, size=rng.integers(2, 6)).tolist()
    factors = []
    for v, own in enumerate(n_levels):
        parents = [int(u) for u in rng.permutation(v) if rng.random() < 0.5]
        table = rng.dirichlet(np.ones(own), size=[n_levels[u] for u in parents])
        factors.append(Factor((*parents, v), table))
    return factors, n_levels


def law_by_enumeration(
    factors: list[Factor], n_levels: list[int], outcome: int, fixed: dict[int, int]
) -> np.ndarray:
    law = np.zeros(n_levels[outcome])
    for values in np.ndindex(*n_levels):
        if all(values[v] == level for v, level in fixed.items()):
            chances = [factor.table[tuple(values[v] for v in factor.names)] for factor in factors]
            law[values[outcome]] += np.prod(chances)
    return law


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=50)
def test_against_enumeration(seed: int) -> None:
    rng = np.random.default_rng(seed)
    factors, n_levels = random_network(rng)
    outcome = int(rng.integers(len(n_levels)))
    others = [v for v in range(len(n_levels)) if v != outcome]
    fixed = {v: int(rng.integers(n_levels[v])) for v in others if rng.random() < 0.3}
    kept = [factor for factor in factors if factor.names[-1] not in fixed]
    expected = law_by_enumeration(kept, n_levels, outcome, fixed)
    np.testing.assert_allclose(law_of(kept, outcome, fixed), expected, atol=1e-12)


def test_long_chain_is_a_product_of_matrices() -> None:
    rng = np.random.default_rng(3)
    steps = rng.dirichlet(np.ones(4), size=(60, 4))
    factors = [Factor((i, i + 1), step) for i, step in enumerate(steps)]
    expected = np.linalg.multi_dot(list(steps))[2]
    np.testing.assert_allclose(law_of(factors, 60, {0: 2}), expected, atol=1e-12)


def test_too_many_cells_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_tables, "_MOST_CELLS", 15)
    rng = np.random.default_rng(0)
    a, b = (Factor((v,), rng.dirichlet(np.ones(2))) for v in "ab")
    c = Factor(("a", "b", "c"), rng.dirichlet(np.ones(4), size=(2, 2)))
    with pytest.raises(
        ValueError, match=r"at most 15 cells.*got 16 cells for the levels of \['a', 'b', 'c'\]"
    ):
        law_of([a, b, c], "c", {})
    assert law_of([a, c], "c", {"b": 0}).sum() == pytest.approx(1)
