"""Which families are fitted, and that the ones left out would not have been chosen."""

from itertools import combinations

import numpy as np
import pytest

from causalkit.estimators._minimax._discovery_families import MAX_PARENTS, fit_families, fit_family
from causalkit.estimators._minimax._discovery_features import build_features

STARTS = np.array([0, 200, 400, 600])
CODES = np.repeat(np.arange(3), 200)
N_CAUSES = 7


def draw(spread=0.0, seed=0):
    """Six causes and one child of the target, which follows two of the causes; the child comes last."""
    rng = np.random.default_rng(seed)
    causes = rng.normal(size=(600, N_CAUSES - 1))
    target = causes[:, 0] - causes[:, 1] + np.exp(spread * causes[:, 2]) * rng.normal(size=600)
    child = target + np.array([-1.0, 0.0, 1.0])[CODES] + rng.normal(size=600)
    return np.column_stack([causes, child, target])


def features_of(values, is_level=False):
    levels = np.zeros(values.shape[1], bool)
    levels[-1] = is_level
    return build_features(values, levels, STARTS)


def best(families):
    return max(families, key=lambda item: max(fit.score for fit in item[1]))[0]


@pytest.mark.parametrize("spread", [0.0, 0.7])
def test_what_is_left_out_scores_less_than_what_is_fitted(spread):
    features = features_of(draw(spread))
    found = dict(fit_families(features, N_CAUSES, is_outcome=False))
    everything = dict(fit_families(features, N_CAUSES, is_outcome=True))
    assert len(found) < len(everything)
    for own in set(everything) - set(found):
        score = max(fit.score for fit in everything[own])
        fewer = [less for k in range(len(own)) for less in combinations(own, k) if less in found]
        assert score < max(fit.score for less in fewer for fit in found[less])


def test_a_parent_of_the_spread_alone_is_kept():
    features = features_of(draw(spread=0.7))
    found = dict(fit_families(features, N_CAUSES, is_outcome=False))
    assert (0, 1, 2) in found
    causes_only = [item for item in found.items() if N_CAUSES - 1 not in item[0]]
    assert best(causes_only) == (0, 1, 2)


def test_the_outcome_gets_all_small_families():
    found = dict(fit_families(features_of(draw()), N_CAUSES, is_outcome=True))
    expected = {own for k in range(MAX_PARENTS + 1) for own in combinations(range(N_CAUSES), k)}
    assert set(found) == expected


def test_fits_are_those_of_the_single_family():
    features = features_of(draw())
    found = dict(fit_families(features, N_CAUSES, is_outcome=True))
    for own in [(), (0,), (0, 1), (0, 1, 6)]:
        for one, other in zip(found[own], fit_family(features, N_CAUSES, own), strict=True):
            assert one.score == pytest.approx(other.score)


def test_levels_find_their_parents_without_all_sets_of_three():
    values = draw()
    values[:, -1] = values[:, 0] - values[:, 1] + np.random.default_rng(3).logistic(size=600) > 0
    found = list(fit_families(features_of(values, is_level=True), N_CAUSES, is_outcome=False))
    assert len(found) < sum(1 for k in range(4) for _ in combinations(range(N_CAUSES), k))
    assert best(found) == (0, 1)
    assert fit_family(features_of(values, is_level=True), N_CAUSES, (0, 1))[0].score == pytest.approx(
        dict(found)[0, 1][0].score
    )
