"""Scores of families of categorical variables: invariants, weights, and directions that are known."""

from itertools import combinations

import numpy as np
import pytest

from causalkit.datasets import make_exchangeable_scm
from causalkit.estimators._mixture._score import TableScores

LEVELS = (2, 3, 2)


def draw(n_environments: int, sizes: tuple[int, int], seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Chain 0 -> 1 -> 2 with tables drawn for each environment, and unequal sizes of environments."""
    rng = np.random.default_rng(seed)
    environments = np.repeat(np.arange(n_environments), rng.integers(*sizes, size=n_environments))
    codes = np.zeros((len(environments), 3), dtype=int)
    for v in range(3):
        n_patterns = 1 if v == 0 else LEVELS[v - 1]
        base = 3 * rng.dirichlet(np.ones(LEVELS[v]), size=n_patterns)
        tables = np.stack([rng.dirichlet(row, size=n_environments) for row in base], axis=1)
        pattern = codes[:, v - 1] if v else 0
        steps = tables[environments, pattern].cumsum(axis=1)[:, :-1]
        codes[:, v] = (rng.random(len(codes))[:, None] > steps).sum(axis=1)
    return codes, environments


def families(d: int = 3) -> list[tuple[int, tuple[int, ...]]]:
    others = [[u for u in range(d) if u != v] for v in range(d)]
    return [(v, p) for v in range(d) for k in range(d) for p in combinations(others[v], k)]


def all_scores(scores: TableScores) -> np.ndarray:
    return np.array([scores.score(v, parents) for v, parents in families()])


@pytest.fixture(scope="module")
def data() -> tuple[np.ndarray, np.ndarray]:
    return draw(150, (1, 6))


def test_shuffled_rows_and_renamed_environments_change_nothing(data) -> None:
    codes, environments = data
    rng = np.random.default_rng(1)
    rows = rng.permutation(len(codes))
    labels = rng.permutation(150)[environments]
    moved = TableScores(codes[rows], LEVELS, labels[rows])
    np.testing.assert_allclose(
        all_scores(moved), all_scores(TableScores(codes, LEVELS, environments)), rtol=0, atol=1e-8
    )


def test_permuted_columns_change_nothing(data) -> None:
    codes, environments = data
    order = [2, 0, 1]
    scores = TableScores(codes, LEVELS, environments)
    moved = TableScores(codes[:, order], np.array(LEVELS)[order], environments)
    for v, parents in families():
        there = tuple(sorted(order.index(u) for u in parents))
        assert moved.score(order.index(v), there) == pytest.approx(scores.score(v, parents), abs=1e-8)


@pytest.mark.parametrize("seed", range(3))
def test_renamed_levels_change_nothing(seed: int) -> None:
    codes, environments = draw(100, (1, 5), seed)
    rng = np.random.default_rng(seed)
    renamed = np.column_stack([rng.permutation(k)[codes[:, v]] for v, k in enumerate(LEVELS)])
    np.testing.assert_allclose(
        all_scores(TableScores(renamed, LEVELS, environments)),
        all_scores(TableScores(codes, LEVELS, environments)),
        rtol=0,
        atol=1e-8,
    )


def test_counts_are_repeated_environments(data) -> None:
    codes, environments = data
    counts = np.random.default_rng(2).integers(4, size=150)
    parts = [np.flatnonzero(environments == e) for e in np.repeat(np.arange(150), counts)]
    labels = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    repeated = TableScores(codes[np.concatenate(parts)], LEVELS, labels)
    weighted = TableScores(codes, LEVELS, environments, counts)
    assert weighted.n_environments == repeated.n_environments == counts.sum()
    np.testing.assert_allclose(all_scores(weighted), all_scores(repeated), rtol=0, atol=1e-8)
    table = np.ones((6, 2))
    one, other = (scores.family(2, (0, 1)).predictive(table) for scores in (weighted, repeated))
    np.testing.assert_allclose(one, other, atol=1e-8)


def test_a_draw_of_environments_pays_half_a_nat_more_for_each_parameter(data) -> None:
    codes, environments = data
    plain = TableScores(codes, LEVELS, environments).family(2, (1,))
    drawn = TableScores(codes, LEVELS, environments, resampled=True).family(2, (1,))
    of_kind = {fit.kind: fit.score for fit in drawn.fits}
    constant = next(fit for fit in plain.fits if fit.kind == "constant")
    assert of_kind["constant"] == pytest.approx(constant.score - constant.n_parameters / 2)


def test_each_parent_costs_the_edge_penalty(data) -> None:
    codes, environments = data
    free, dear = (TableScores(codes, LEVELS, environments, edge_penalty=p) for p in (0.0, 3.0))
    for v, parents in families():
        assert free.score(v, parents) - dear.score(v, parents) == pytest.approx(3 * len(parents))


def test_environments_of_one_row_are_scored_as_iid_rows() -> None:
    codes, _ = draw(400, (1, 2))
    scores = TableScores(codes, LEVELS, np.arange(400))
    # Graphs with the same skeleton and colliders explain i.i.d. rows equally well.
    totals = [
        scores.score(0, ()) + scores.score(1, (0,)) + scores.score(2, (1,)),
        scores.score(2, ()) + scores.score(1, (2,)) + scores.score(0, (1,)),
    ]
    assert totals[0] == pytest.approx(totals[1], abs=1e-6)
    assert scores.family(1, (0,)).kind == "constant"


def test_chain_is_oriented_by_two_or_more_rows() -> None:
    codes, environments = draw(600, (2, 6))
    scores = TableScores(codes, LEVELS, environments)
    truth = scores.score(0, ()) + scores.score(1, (0,)) + scores.score(2, (1,))
    reverse = scores.score(2, ()) + scores.score(1, (2,)) + scores.score(0, (1,))
    fork = scores.score(1, ()) + scores.score(0, (1,)) + scores.score(2, (1,))
    assert truth > max(reverse, fork) + 5
    assert truth > scores.score(0, ()) + scores.score(1, (0,)) + scores.score(2, (0, 1))


def test_published_mechanisms_are_found_as_shared_noise() -> None:
    data = make_exchangeable_scm(n_environments=1500, random_state=3)
    order = list(data.X.columns)
    scores = TableScores(data.X.to_numpy(), [2, 2, 2], data.environments.to_numpy())
    child = next(v for v in data.graph if data.graph.in_degree(v))
    parents = tuple(sorted(order.index(u) for u in data.graph.predecessors(child)))
    family = scores.family(order.index(child), parents)
    assert family.kind == "shared"
    assert family.parents == parents
    np.testing.assert_allclose(family.iid.max(axis=1), 0.75, atol=0.07)


def test_order_of_parents_does_not_matter_and_patterns_are_numbered_first_parent_slowest(data) -> None:
    codes, environments = data
    scores = TableScores(codes, LEVELS, environments)
    family = scores.family(2, (1, 0))
    assert family.parents == (0, 1)
    assert family.parent_levels == (2, 3)
    here = (codes[:, 0] == 1) & (codes[:, 1] == 2)
    assert family.iid[np.ravel_multi_index((1, 2), (2, 3)), 1] == pytest.approx(codes[here, 2].mean())
    assert scores.score(2, (1, 0)) == scores.score(2, (0, 1))


def test_likelihood_is_that_of_the_law_over_all_environments(data) -> None:
    codes, environments = data
    family = TableScores(codes, LEVELS, environments).family(2, (1,))
    tables = np.zeros((150, 3, 2))
    np.add.at(tables, (environments, codes[:, 1], codes[:, 2]), 1)
    assert family.log_likelihood == pytest.approx(float(family.fits[0].law.log_marginal(tables).sum()))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"codes": np.zeros((4, 2), dtype=int)}, r"codes must have .* 3 columns; got shape \(4, 2\)"),
        ({"codes": np.full((4, 3), 2)}, "codes of variable 0 must lie in 0 to 1; got 2 to 2"),
        ({"environments": [0, 1]}, r"environments must hold 4 codes of at least 0; got shape \(2,\)"),
        ({"environments": [0, 1, -1, 0]}, "environments must hold 4 codes .* and -1"),
        ({"counts": [1.0]}, r"counts must hold a number for each of 2 environments; got shape \(1,\)"),
        ({"counts": [1.0, -1.0]}, "counts must be finite, at least 0 and not all 0; got -1.0 to 1.0"),
        ({"counts": [0.0, 0.0]}, "counts must be finite, at least 0 and not all 0; got 0.0 to 0.0"),
    ],
)
def test_input_that_does_not_fit_is_refused(change: dict[str, object], message: str) -> None:
    given = {
        "codes": np.zeros((4, 3), dtype=int),
        "n_levels": LEVELS,
        "environments": [0, 0, 1, 1],
        **change,
    }
    with pytest.raises(ValueError, match=message):
        TableScores(**given)  # type: ignore[arg-type]
