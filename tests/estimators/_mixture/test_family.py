"""What a fitted family predicts: closed forms, companions, and patterns that never occur."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from causalkit.estimators._mixture._dirichlet import ConstantLaw, given_dirichlet
from causalkit.estimators._mixture._family import TableFamily, family_of_law
from causalkit.estimators._mixture._score import TableScores


@pytest.fixture(scope="module")
def family() -> TableFamily:
    rng = np.random.default_rng(0)
    environments = np.repeat(np.arange(300), 3)
    x = rng.integers(2, size=900)
    # The third level of the parent never occurs.
    theta = rng.dirichlet([1.0, 2.0, 1.0], size=(300, 2))[environments, x]
    y = (rng.random(900)[:, None] > theta.cumsum(axis=1)[:, :-1]).sum(axis=1)
    return TableScores(np.column_stack([x, y]), [3, 3], environments).family(1, (0,))


@given(counts=arrays(np.int64, (2, 3), elements=st.integers(0, 6)))
def test_known_dirichlet_rows_predict_as_a_polya_urn(counts: np.ndarray) -> None:
    alphas = np.array([[1.0, 3.0, 0.5], [2.0, 0.1, 7.0]])
    law = given_dirichlet(alphas)
    family = family_of_law(law, alphas / alphas.sum(axis=1, keepdims=True), parents=(1,), parent_levels=(2,))
    expected = (alphas + counts) / (alphas + counts).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(family.predictive(counts), expected, atol=1e-10)


def test_exclusive_or_of_a_beta_noise_predicts_four_fifths() -> None:
    # Y = psi XOR X with psi ~ Beta(1, 3): one companion with X = Y = 1 leaves P(Y = 1 | X = 1) = 4 / 5.
    alphas = np.array([[3.0, 1.0], [1.0, 3.0]])
    family = family_of_law(given_dirichlet(alphas), alphas / 4, parents=(0,), parent_levels=(2,), child=1)
    assert family.predictive([[0, 0], [0, 1]])[1, 1] == pytest.approx(0.8, abs=1e-12)
    assert family.predictive(np.zeros((2, 2)))[1, 1] == pytest.approx(0.75, abs=1e-12)


@given(counts=arrays(np.int64, (3, 3), elements=st.integers(0, 5)))
def test_predictive_rows_sum_to_one_whatever_the_companions(family: TableFamily, counts: np.ndarray) -> None:
    table = family.predictive(counts)
    assert (table >= 0).all()
    np.testing.assert_allclose(table.sum(axis=1), 1, atol=1e-12)


def test_companions_pull_the_prediction_towards_what_they_show(family: TableFamily) -> None:
    before = family.predictive(np.zeros((3, 3)))
    np.testing.assert_allclose(before[:2], family.iid[:2], atol=0.02)
    counts = np.zeros((3, 3))
    counts[0, 2] = 4
    after = family.predictive(counts)
    assert after[0, 2] > before[0, 2] + 0.2
    np.testing.assert_allclose(after[1], before[1], atol=0.1)


def test_prediction_stays_at_the_pooled_table_where_rows_are_iid() -> None:
    rng = np.random.default_rng(1)
    codes = (rng.random((6000, 1)) < 0.3).astype(int)
    family = TableScores(codes, [2], np.repeat(np.arange(3000), 2)).family(0, ())
    assert family.kind == "constant"
    assert family.n_parameters == 1
    np.testing.assert_allclose(family.predictive([[0, 3]]), family.iid, atol=0.03)


def test_pattern_that_never_occurs_has_the_pooled_shares_of_the_child(family: TableFamily) -> None:
    assert family.n_patterns == 3
    assert family.n_levels == 3
    np.testing.assert_array_equal(family.patterns, [0, 1])
    pooled = family.iid[2]
    assert pooled.min() > 0 and pooled.sum() == pytest.approx(1)
    np.testing.assert_allclose(family.predictive(np.zeros((3, 3)))[2], pooled)
    seen_and_unseen = np.zeros((2, 3, 3))
    seen_and_unseen[:, 0, 1] = 1
    seen_and_unseen[1, 2, 0] = 2
    first, second = family.log_marginal(seen_and_unseen)
    assert second - first == pytest.approx(2 * np.log(pooled[0]))


def test_companions_that_cannot_be_leave_the_pooled_table() -> None:
    shares = np.array([[1.0, 0.0], [0.4, 0.6]])
    family = family_of_law(ConstantLaw(shares), shares, parents=(1,), parent_levels=(2,))
    np.testing.assert_array_equal(family.predictive([[0, 1], [0, 0]]), shares)


def test_chain_rule_links_predictive_and_marginal(family: TableFamily) -> None:
    counts = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    ahead = counts.copy()
    ahead[1, 2] += 1
    before, after = family.log_marginal(np.stack([counts, ahead]))
    assert family.predictive(counts)[1, 2] == pytest.approx(np.exp(after - before), abs=1e-10)


def test_weights_are_shares(family: TableFamily) -> None:
    assert family.weights.sum() == pytest.approx(1)
    assert family.weights[0] == family.weights.max()
    assert family.fits[0].kind == family.kind


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        (np.zeros((2, 3)), r"counts must have shape \(3, 3\); got \(2, 3\)"),
        (np.full((3, 3), -1), "counts must hold finite counts of at least 0; got -1"),
        (np.full((3, 3), np.nan), "counts must hold finite counts of at least 0; got nan"),
    ],
)
def test_counts_that_do_not_fit_are_refused(family: TableFamily, counts: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        family.predictive(counts)


def test_tables_need_an_axis_for_environments(family: TableFamily) -> None:
    with pytest.raises(ValueError, match=r"tables must have shape \(D, 3, 3\); got \(3, 3\)"):
        family.log_marginal(np.zeros((3, 3)))
