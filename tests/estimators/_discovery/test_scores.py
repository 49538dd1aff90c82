"""The graph of the highest score: kinds of columns, resamples, the way chosen by itself."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from causalkit.datasets import make_exchangeable_scm
from causalkit.estimators._discovery._data import DiscoveryData, discovery_data
from causalkit.estimators._discovery._scores import best_by_score, choose_method, local_scores
from causalkit.estimators._mixed._model_score import MixedModelScores
from causalkit.estimators._mixture._score import TableScores

CHAIN = nx.DiGraph([("a", "b"), ("b", "c")])


def chain(kind: str, **settings: object) -> DiscoveryData:
    made = make_exchangeable_scm(kind, causal_graph=CHAIN, random_state=0, **settings)
    return discovery_data(made.X, made.environments)


def arrows(data: DiscoveryData, **settings: object) -> set[tuple[str, str]]:
    found = best_by_score(data, **settings)
    return {(data.names[u], data.names[v]) for u, v in found.arrows}


@pytest.mark.parametrize(
    ("kind", "settings", "scores"),
    [
        ("published_binary", {"n_environments": 1500}, TableScores),
        ("location", {"n_environments": 200, "n_rows": 5}, MixedModelScores),
        ("location", {"n_environments": 500, "n_rows": 5, "levels": {"b": 2}}, MixedModelScores),
    ],
    ids=["categorical", "continuous", "mixed"],
)
def test_every_kind_of_columns(kind: str, settings: dict, scores: type) -> None:
    data = chain(kind, **settings)
    assert isinstance(local_scores(data), scores)
    assert arrows(data) == set(CHAIN.edges)


def test_a_gap_is_the_score_lost_without_the_arrow() -> None:
    data = chain("location", n_environments=200, n_rows=5)
    found = best_by_score(data)
    assert set(found.gaps) == set(found.arrows)
    total = sum(found.scores.score(v, parents) for v, parents in enumerate(found.parents))
    for gap, (u, v) in zip(found.gaps.values(), found.gaps, strict=True):
        without = [p if w != v else tuple(set(p) - {u}) for w, p in enumerate(found.parents)]
        other = sum(found.scores.score(w, parents) for w, parents in enumerate(without))
        assert 0 < gap <= total - other + 1e-8


def test_counts_of_one_change_nothing_and_others_repeat_environments() -> None:
    data = chain("location", n_environments=60, n_rows=3)
    assert best_by_score(data, np.ones(60)).parents == best_by_score(data).parents
    counts = np.random.default_rng(3).multinomial(60, np.full(60, 1 / 60))
    weighted, repeated = local_scores(data, counts.astype(float)), local_scores(data.resampled(counts))
    for v, parents in ((0, ()), (1, (0,)), (2, (0, 1))):
        assert weighted.score(v, parents) == pytest.approx(repeated.score(v, parents), rel=1e-6)


def test_a_limit_on_parents() -> None:
    data = chain("location", n_environments=200, n_rows=5)
    assert max(len(parents) for parents in best_by_score(data, max_parents=1).parents) == 1


def test_the_method_is_chosen_by_the_number_of_levels() -> None:
    few = chain("published_binary", n_environments=50)
    assert choose_method("auto", few) == "score"
    assert choose_method("test", few) == "test"
    two = chain("location", n_environments=50)
    pair = pd.DataFrame(two.values[:, :2], columns=["a", "b"])
    assert choose_method("auto", two) == "score"
    assert choose_method("auto", discovery_data(pair, two.codes)) == "test"
    rng = np.random.default_rng(0)
    many = few.values.astype(int)
    frame = np.column_stack([many[:, 0], rng.permutation(len(many)) % 12])
    table = pd.DataFrame({"a": frame[:, 0], "b": [f"level {i}" for i in frame[:, 1]]})
    assert choose_method("auto", discovery_data(table, few.codes)) == "test"
