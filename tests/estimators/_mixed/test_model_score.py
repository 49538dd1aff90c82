"""Scores of families: graphs found, exact properties, difficult tables, and errors."""

from itertools import permutations

import numpy as np
import pytest

from causalkit.datasets import make_exchangeable_scm
from causalkit.estimators._mixed._model_score import MixedModelScores
from causalkit.estimators._search._dags import search_dag


def make_table(seed=0, n_environments=200, **settings):
    data = make_exchangeable_scm(
        "location",
        n_environments=n_environments,
        n_rows=(2, 6),
        shuffle_columns=True,
        random_state=seed,
        **settings,
    )
    return data.X.to_numpy(), data.environments.to_numpy(), data.adjacency.to_numpy()


def families(d):
    return [
        (v, tuple(p for p in others if keep >> p & 1))
        for v in range(d)
        for keep in range(2**d)
        if not keep >> v & 1
        for others in [range(d)]
    ]


@pytest.mark.parametrize(
    "settings",
    [
        {"n_variables": 4},
        {"n_variables": 4, "noise": "t"},
        {"n_variables": 3, "varying": ("intercept", "slope")},
        {"n_variables": 3, "levels": {1: 2}, "n_environments": 400},
        {"n_variables": 3, "levels": {0: 3}, "n_environments": 400},
    ],
    ids=["plain", "t", "slopes", "binary", "three levels"],
)
def test_graphs_are_found(settings):
    hits = 0
    for seed in range(5):
        values, environments, truth = make_table(seed, **settings)
        n_levels = [len(np.unique(c)) if len(np.unique(c)) <= 5 else 0 for c in values.T]
        scores = MixedModelScores(values, environments, n_levels=n_levels)
        found = search_dag(scores.score, len(truth)).arrows
        hits += set(found) == {(int(u), int(v)) for u, v in np.argwhere(truth)}
    assert hits >= 4


@pytest.mark.parametrize("n_levels", [None, [0, 3, 0]], ids=["numbers", "mixed"])
def test_counts_are_repetitions(n_levels):
    values, environments, _ = make_table(1, n_environments=60, n_variables=3, levels={1: 3})
    values = values[:, np.argsort([len(np.unique(c)) > 5 for c in values.T], kind="stable")][:, [1, 0, 2]]
    counts = np.random.default_rng(0).integers(0, 4, size=60)
    drawn = np.repeat(np.arange(60), counts)
    rows = [np.flatnonzero(environments == e) for e in drawn]
    codes = np.repeat(np.arange(len(drawn)), [len(r) for r in rows])
    weighted = MixedModelScores(values, environments, counts, n_levels)
    repeated = MixedModelScores(values[np.concatenate(rows)], codes, n_levels=n_levels)
    for v, parents in families(3):
        np.testing.assert_allclose(weighted.score(v, parents), repeated.score(v, parents), atol=1e-5)
    np.testing.assert_allclose(weighted.equal_icc_pvalue(), repeated.equal_icc_pvalue(), rtol=1e-6)
    parts = weighted.counts @ weighted.by_environment(0, (1,))
    np.testing.assert_allclose(parts, repeated.by_environment(0, (1,)).sum(), atol=1e-5)


def test_order_of_rows_columns_and_environments_does_not_matter():
    values, environments, _ = make_table(2, n_environments=80, n_variables=3)
    scores = MixedModelScores(values, environments)
    rng = np.random.default_rng(0)
    rows = rng.permutation(len(values))
    renamed = rng.permutation(80)[environments]
    for order in permutations(range(3)):
        shuffled = MixedModelScores(values[rows][:, order], renamed[rows])
        for v, parents in families(3):
            moved = tuple(sorted(order.index(p) for p in parents))
            np.testing.assert_allclose(
                shuffled.score(order.index(v), moved), scores.score(v, parents), atol=1e-6
            )


def test_units_do_not_matter():
    values, environments, _ = make_table(3, n_environments=80, n_variables=3)
    scores = MixedModelScores(values, environments)
    changed = MixedModelScores(values * [1e-6, -1e5, 3.0] + [5.0, 1e4, -2.0], environments)
    for v, parents in families(3):
        np.testing.assert_allclose(changed.score(v, parents), scores.score(v, parents), atol=1e-3)


def test_graphs_of_a_class_fit_alike_where_rows_are_independent():
    rng = np.random.default_rng(4)
    x = rng.normal(size=600)
    values = np.column_stack([x, x + rng.normal(size=600)])
    scores = MixedModelScores(values, np.arange(600) // 3)
    assert scores.family(0, (1,)).kind == scores.family(1, (0,)).kind == "linear, independent rows"
    forward = scores.score(0, ()) + scores.score(1, (0,))
    np.testing.assert_allclose(forward, scores.score(1, ()) + scores.score(0, (1,)), atol=1e-5)


def test_copies_and_constants_are_harmless():
    values, environments, _ = make_table(5, n_environments=60, n_variables=2)
    x, y = values.T
    scores = MixedModelScores(np.column_stack([x, y, 2 * x + 1, np.ones(len(x)), x + y]), environments)
    for v, parents in families(5):
        assert np.isfinite(scores.score(v, parents))
    # A copy of a parent explains nothing more and costs its penalty.
    assert scores.score(1, (0, 2)) < scores.score(1, (0,)) - 2


def test_a_column_that_is_constant_inside_environments_keeps_its_graph():
    rng = np.random.default_rng(7)
    environments = np.repeat(np.arange(300), 5)
    site = rng.normal(size=300)[environments]
    x = site + rng.normal(size=1500)
    y = x + 0.5 * rng.normal(size=300)[environments] + rng.normal(size=1500)
    scores = MixedModelScores(np.column_stack([site, x, y]), environments)
    alone = scores.score(0, ())
    assert "slopes" not in scores.family(0, (1, 2)).kind
    assert "slopes" not in scores.family(1, (0,)).kind
    # Rows of an environment say the same of it, so that they explain it little better than its mean does.
    assert scores.score(0, (1,)) - alone < 1500
    assert search_dag(scores.score, 3).arrows[-1] == (1, 2)


@pytest.mark.parametrize("n_rows", [1, 2])
def test_tiny_environments(n_rows):
    rng = np.random.default_rng(6)
    x = rng.normal(size=90)
    values = np.column_stack([x, x + rng.normal(size=90), rng.integers(0, 2, size=90)])
    scores = MixedModelScores(values, np.arange(90) // n_rows, n_levels=[0, 0, 2])
    assert all(np.isfinite(scores.score(v, parents)) for v, parents in families(3))
    if n_rows == 1:
        assert "independent rows" in scores.family(1, (0,)).kind
        assert scores.equal_icc_pvalue() == 1.0


def test_errors_name_the_argument():
    values, codes = np.zeros((4, 2)), np.array([0, 0, 1, 1])
    with pytest.raises(ValueError, match=r"values must be a table.*got shape \(4,\)"):
        MixedModelScores(values[:, 0], codes)
    with pytest.raises(ValueError, match=r"values\[:, 1\] must be finite; got nan"):
        MixedModelScores(np.array([[0, np.nan]] * 4), codes)
    with pytest.raises(ValueError, match=r"values\[:, 0\] must hold codes 0 to 1 of levels; got 2.0"):
        MixedModelScores(values + 2, codes, n_levels=[2, 0])
    with pytest.raises(ValueError, match="environments must hold a code"):
        MixedModelScores(values, codes[:3])
    with pytest.raises(ValueError, match="environments must hold a code"):
        MixedModelScores(values, codes * 0.5)
    with pytest.raises(ValueError, match="counts must hold a number of 0 or more for each of the 2"):
        MixedModelScores(values, codes, counts=[1.0, -1.0])
    with pytest.raises(ValueError, match="counts must hold"):
        MixedModelScores(values, codes, counts=[0.0, 0.0])
    with pytest.raises(ValueError, match="n_levels must hold an integer for each of the 2 columns"):
        MixedModelScores(values, codes, n_levels=[0])
