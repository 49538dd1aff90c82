"""Independent and clustered variance of a mean: against statsmodels and by invariants."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from causalkit.inference import cluster_variance
from causalkit.inference._variance import iid_variance


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.mark.parametrize("correction", [True, False])
def test_cluster_is_that_of_statsmodels_for_a_mean(rng: np.random.Generator, correction: bool) -> None:
    groups = rng.integers(7, size=60)
    scores = rng.normal(size=60) + groups
    fit = sm.OLS(scores, np.ones(60)).fit(
        cov_type="cluster", cov_kwds={"groups": groups, "use_correction": correction}
    )
    ours = cluster_variance(scores, groups, correction=correction)
    assert ours == pytest.approx(fit.cov_params()[0, 0], rel=1e-12)


def test_cluster_is_that_of_statsmodels_for_a_regression(rng: np.random.Generator) -> None:
    groups = rng.integers(9, size=80)
    X = np.column_stack([np.ones(80), rng.normal(size=(80, 2))])
    y = X @ [1.0, 2.0, 0.0] + rng.normal(size=9)[groups] + rng.normal(size=80)
    fit = sm.OLS(y, X).fit(cov_type="cluster", cov_kwds={"groups": groups})
    influence = (X * fit.resid[:, None]) @ np.linalg.inv(X.T @ X / 80)
    np.testing.assert_allclose(
        cluster_variance(influence, groups, n_parameters=3), fit.cov_params(), rtol=1e-9
    )


def test_iid_is_that_of_statsmodels(rng: np.random.Generator) -> None:
    scores = rng.normal(size=50)
    assert iid_variance(scores) == pytest.approx(
        sm.OLS(scores, np.ones(50)).fit().cov_params()[0, 0], rel=1e-12
    )


def test_a_group_for_each_row_is_iid(rng: np.random.Generator) -> None:
    scores = rng.normal(size=(40, 3))
    np.testing.assert_allclose(cluster_variance(scores, np.arange(40)), iid_variance(scores), rtol=1e-12)


def test_copies_add_no_information(rng: np.random.Generator) -> None:
    scores = rng.normal(size=30)
    copies = cluster_variance(np.repeat(scores, 4), np.repeat(np.arange(30), 4))
    assert copies == pytest.approx(iid_variance(scores), rel=1e-12)


@given(st.integers(0, 2**32 - 1))
def test_matrix_is_symmetric_and_not_negative(seed: int) -> None:
    rng = np.random.default_rng(seed)
    groups = np.append([0, 1], rng.integers(4, size=18))
    scores = rng.normal(size=(20, 3)) * 10.0 ** rng.integers(-5, 5, size=3)
    covariance = cluster_variance(scores, groups)
    eigenvalues = np.linalg.eigvalsh(covariance)
    assert np.array_equal(covariance, covariance.T)
    assert eigenvalues.min() >= -1e-12 * eigenvalues.max()
    # The variance of a combination of estimates is the combination of their covariances.
    weights = rng.normal(size=3)
    combined = cluster_variance(scores @ weights, groups)
    assert combined == pytest.approx(weights @ covariance @ weights, rel=1e-6)


def test_order_and_names_of_groups_do_not_matter(rng: np.random.Generator) -> None:
    scores, groups = rng.normal(size=40), rng.integers(6, size=40)
    order = rng.permutation(40)
    names = pd.Series(np.array(list("fbcade"))[groups])
    assert cluster_variance(scores[order], names[order]) == pytest.approx(
        cluster_variance(scores, groups), rel=1e-12
    )


@pytest.mark.parametrize(
    ("scores", "groups", "message"),
    [
        ([1.0, 2.0], [0, 0], "groups must hold at least two different groups; got 1"),
        ([1.0, 2.0, 3.0], [0, 1], "groups must have one label for each row; got 2 labels and 3 rows"),
        ([1.0, 2.0], ["a", None], "groups must have a label for each row; got 1 missing"),
        ([1.0, np.nan], [0, 1], r"scores must be finite; got nan at row 1 \(1 such rows\)"),
        ([[1.0, 2.0], [np.inf, 1.0]], [0, 1], "scores must be finite; got .* at row 1"),
        ([1.0], [0], "scores must have at least two rows to show any variation; got 1"),
        (["1", "2"], [0, 1], "scores must be real numbers; got dtype <U1"),
        ([1j, 2.0], [0, 1], "scores must be real numbers; got dtype complex128"),
        (np.ones((2, 2, 2)), [0, 1], r"scores must have shape \(n,\) or \(n, k\); got shape \(2, 2, 2\)"),
        (np.ones((2, 0)), [0, 1], r"scores must have shape \(n,\) or \(n, k\); got shape \(2, 0\)"),
    ],
)
def test_bad_inputs(scores: Any, groups: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        cluster_variance(scores, groups)


@pytest.mark.parametrize("n_parameters", [0, 3, 1.5])
def test_number_of_parameters_is_checked(n_parameters: Any) -> None:
    with pytest.raises(ValueError, match="n_parameters must be an integer at least 1 and at most 2; got"):
        cluster_variance([1.0, 2.0, 3.0], [0, 1, 2], n_parameters=n_parameters)
