"""The whole table's gate: size for i.i.d. rows and equal intraclass correlations, power for unequal ones."""

import numpy as np
import pytest

from causalkit.datasets import make_exchangeable_scm
from causalkit.estimators._mixed._equal_icc import equal_icc_pvalue
from causalkit.estimators._mixed._moments import Moments


def pvalue(seed, **settings):
    data = make_exchangeable_scm("location", n_variables=3, random_state=seed, **settings)
    counts = np.ones(data.environments.nunique())
    return equal_icc_pvalue(
        Moments(data.X.to_numpy(), data.environments.to_numpy(), counts, np.zeros(3, dtype=int))
    )


@pytest.mark.parametrize("noise", ["gaussian", "laplace"])
@pytest.mark.parametrize("icc", [0.0, 0.4])
def test_size(noise, icc):
    pvalues = [pvalue(s, n_environments=120, n_rows=(1, 6), icc=icc, noise=noise) for s in range(150)]
    assert np.mean(np.array(pvalues) < 0.05) < 0.05 + 4 * np.sqrt(0.05 * 0.95 / 150)


def test_power():
    pvalues = [pvalue(s, n_environments=200, n_rows=5) for s in range(20)]
    assert max(pvalues) < 0.01


def test_counts_are_repetitions_and_copies_of_columns_change_nothing():
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(40), 3)
    values = rng.normal(size=(120, 2)) + rng.normal(size=(40, 2))[codes]
    counts = rng.integers(0, 3, size=40)
    repeated = np.concatenate([np.flatnonzero(codes == e) for e in np.repeat(np.arange(40), counts)])
    levels = np.zeros(2, dtype=int)
    twice = Moments(values[repeated], np.repeat(np.arange(counts.sum()), 3), np.ones(counts.sum()), levels)
    once = Moments(values, codes, counts.astype(float), levels)
    np.testing.assert_allclose(equal_icc_pvalue(once), equal_icc_pvalue(twice), rtol=1e-6)
    copied = Moments(values[:, [0, 1, 0]], codes, counts.astype(float), np.zeros(3, dtype=int))
    np.testing.assert_allclose(equal_icc_pvalue(copied), equal_icc_pvalue(once), rtol=1e-6)


def test_without_two_numbers_or_two_rows_nothing_is_rejected():
    values = np.random.default_rng(0).normal(size=(30, 2))
    one_row = Moments(values, np.arange(30), np.ones(30), np.zeros(2, dtype=int))
    assert equal_icc_pvalue(one_row) == 1.0
    assert (
        equal_icc_pvalue(Moments(values[:, :1], np.arange(30) // 3, np.ones(10), np.zeros(1, dtype=int)))
        == 1.0
    )
