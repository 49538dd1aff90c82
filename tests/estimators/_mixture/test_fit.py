"""What every class of mixtures has to satisfy: its law is a distribution of rows without an order."""

from itertools import product

import numpy as np
import pytest

from causalkit.estimators._mixture._classes import ClassesLaw
from causalkit.estimators._mixture._dirichlet import (
    CommonConcentrationLaw,
    ConstantLaw,
    DirichletLaw,
    given_dirichlet,
)
from causalkit.estimators._mixture._factor import FactorLaw
from causalkit.estimators._mixture._fit import Law, MixtureFit, log_average
from causalkit.estimators._mixture._shared import SharedLaw

SHARES = np.array([[0.2, 0.5, 0.3], [0.6, 0.1, 0.3]])
ALPHAS = np.array([[[1.0, 2.0, 0.5], [3.0, 0.4, 1.0]], [[10.0, 20.0, 5.0], [30.0, 4.0, 10.0]]])
LAWS: dict[str, Law] = {
    "constant": ConstantLaw(SHARES),
    "given": given_dirichlet(ALPHAS[0]),
    "dirichlet": DirichletLaw(np.array([[0.2, 0.5], [0.3, 0.4]]), ALPHAS, np.array([0.5, 0.1]), SHARES),
    "common concentration": CommonConcentrationLaw(np.array([0.3, 0.7]), ALPHAS),
    "shared": SharedLaw(
        CommonConcentrationLaw(np.array([0.4, 0.6]), ALPHAS[:, :1]), np.array([[0, 1, 2], [2, 0, 1]])
    ),
    "factor": FactorLaw(np.log(SHARES), np.array([-1.0, 0.2, 0.8]), np.array([1.0, -1.0])),
    "classes": ClassesLaw(np.array([0.3, 0.7]), np.stack([SHARES, SHARES[::-1]])),
}


def tables_of(pattern: tuple[int, ...]) -> np.ndarray:
    """All tables of counts that rows with these patterns can have, one for each sequence of levels."""
    sequences = list(product(range(3), repeat=len(pattern)))
    tables = np.zeros((len(sequences), 2, 3))
    for table, levels in zip(tables, sequences, strict=True):
        for c, k in zip(pattern, levels, strict=True):
            table[c, k] += 1
    return tables


@pytest.mark.parametrize("kind", LAWS)
@pytest.mark.parametrize("pattern", [(0,), (0, 1), (1, 1, 0), (0, 1, 1, 0)])
def test_probabilities_of_all_sequences_of_levels_sum_to_one(kind: str, pattern: tuple[int, ...]) -> None:
    chances = np.exp(LAWS[kind].log_marginal(tables_of(pattern)))
    np.testing.assert_allclose(chances.sum(), 1, atol=1e-12)


@pytest.mark.parametrize("kind", LAWS)
def test_further_rows_do_not_change_the_law_of_the_first(kind: str) -> None:
    pair = np.exp(LAWS[kind].log_marginal(tables_of((0, 1)))).reshape(3, 3)
    first = np.exp(LAWS[kind].log_marginal(tables_of((0,))))
    np.testing.assert_allclose(pair.sum(axis=1), first, atol=1e-12)


def test_a_fit_cannot_be_changed() -> None:
    fit = MixtureFit("constant", LAWS["constant"], 4, -1.0)
    with pytest.raises(AttributeError):
        fit.score = 0.0  # type: ignore[misc]


def test_log_average_is_that_of_plain_sums_and_stands_weights_of_zero() -> None:
    values = np.log(np.array([[0.1, 0.7, 0.4]]))
    assert log_average(values, np.array([0.5, 0.25, 0.25]))[0] == pytest.approx(np.log(0.325))
    far = np.array([[-4000.0, 0.0, -np.inf]])
    assert log_average(far, np.array([1.0, 5e-324, 0.0]))[0] < -600
