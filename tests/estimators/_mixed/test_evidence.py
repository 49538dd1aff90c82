"""Evidence for arrows: size where no direction is identified, certainty where one is."""

import numpy as np
import pytest

from causalkit.estimators._mixed._evidence import level_for_arrows, orientation_evidence
from causalkit.estimators._mixed._model_score import MixedModelScores
from causalkit.estimators._search._dags import search_dag


def make_scores(shares, seed, noise="normal", n_environments=150):
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(n_environments), 4)
    own = rng.normal(size=(2, n_environments))[:, codes]
    rows = rng.normal(size=own.shape) if noise == "normal" else rng.laplace(size=own.shape) / np.sqrt(2)
    shares = np.array(shares)[:, None]
    x, u = np.sqrt(shares) * own + np.sqrt(1 - shares) * rows
    return MixedModelScores(np.column_stack([x, x + u]), codes)


@pytest.mark.parametrize(("noise", "level", "rate"), [("normal", 0.05, 0.05), ("laplace", 0.02, 0.1)])
def test_size_of_a_reversal_at_equal_intraclass_correlations(noise, level, rate):
    pvalues = []
    for seed in range(150):
        scores = make_scores([0.4, 0.4], seed, noise)
        arrow = search_dag(scores.score, 2)
        pvalues.append(orientation_evidence(scores, arrow.parents, *arrow.arrows[0]).pvalue)
    # Heavy tails raise the rate by the own scales that they are now and then taken for.
    assert np.mean(np.array(pvalues) < level) < rate + 4 * np.sqrt(rate * (1 - rate) / 150)


def test_unequal_intraclass_correlations_leave_no_doubt():
    scores = make_scores([0.1, 0.6], 0)
    found = search_dag(scores.score, 2)
    assert found.arrows == ((0, 1),)
    evidence = orientation_evidence(scores, found.parents, 0, 1)
    np.testing.assert_allclose(evidence.gap, found.gaps()[0, 1])
    assert evidence.is_reversal and evidence.pvalue < 1e-4 and evidence.statistic <= 2 * evidence.gap


class _Table:
    """Scores written out by hand: two directions that differ by one nat, spread over four environments."""

    counts = np.array([1.0, 1.0, 2.0])

    def score(self, v, parents):
        return {(0, ()): 0.0, (1, ()): 0.0, (1, (0,)): 5.0, (0, (1,)): 4.0}[v, parents]

    def by_environment(self, v, parents):
        return np.array([1.0, 2.0, 1.0]) * self.score(v, parents) / 5


def test_statistic_by_hand():
    evidence = orientation_evidence(_Table(), ((), (0,)), 0, 1)
    # Differences of 1/5 times (1, 2, 1), counted 1, 1 and 2 times: 7/25.
    assert evidence.gap == 1.0 and evidence.statistic == 2.0 and evidence.is_reversal
    np.testing.assert_allclose(evidence.pvalue, 0.15729920705)


def test_spread_lowers_the_statistic():
    class Spread(_Table):
        def by_environment(self, v, parents):
            return np.array([9.0, -2.0, -1.0]) * self.score(v, parents) / 5

    evidence = orientation_evidence(Spread(), ((), (0,)), 0, 1)
    np.testing.assert_allclose(evidence.statistic, 4 / ((81 + 4 + 2) / 25))


def test_equal_graphs_have_no_evidence():
    class Equal(_Table):
        def score(self, v, parents):
            return 5.0 if parents else 0.0

    evidence = orientation_evidence(Equal(), ((), (0,)), 0, 1)
    assert (evidence.gap, evidence.statistic, evidence.pvalue) == (0.0, 0.0, 1.0)


def test_an_arrow_that_is_not_there_is_an_error():
    with pytest.raises(ValueError, match=r"the graph must have the arrow 1 -> 0; got parents \(\) of 0"):
        orientation_evidence(_Table(), ((), (0,)), 1, 0)


def test_the_gate_opens_the_level():
    assert level_for_arrows(0.5) == 0.005 < level_for_arrows(0.001) == 0.5
