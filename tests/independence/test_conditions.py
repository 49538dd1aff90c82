"""What is regressed on: one column, several, and cells of categories."""

import numpy as np

from causalkit.independence._conditions import condition_on
from causalkit.independence._variables import read_variable

RNG = np.random.default_rng(0)
X, Y = (read_variable(values, "x") for values in RNG.normal(size=(2, 300)))
A, B = (read_variable(values, "a") for values in RNG.integers(3, size=(2, 300)))


def remains(values: np.ndarray, *given: object) -> float:
    left = condition_on(given, 300).residuals(values[:, None])  # type: ignore[arg-type]
    return float(np.abs(left).max())


def test_one_column_is_its_own_basis() -> None:
    np.testing.assert_array_equal(condition_on([X], 300).basis, X.basis)


def test_no_column_leaves_deviations_from_the_mean() -> None:
    values = RNG.normal(size=(300, 2))
    np.testing.assert_allclose(condition_on([], 300).residuals(values), values - values.mean(axis=0))


def test_additive_functions_and_products_are_fitted() -> None:
    assert remains(X.score + np.maximum(Y.score, 0) + X.score * Y.score, X, Y) < 1e-8
    assert remains(X.score * Y.score, X) > 0.1


def test_cells_are_fitted() -> None:
    product = A.key * B.key + (A.key == B.key)
    assert remains(product, A, B) < 1e-8
    assert remains(product, A) > 0.1


def test_slopes_by_cell_are_fitted() -> None:
    assert remains(X.score * (A.key == 1) + (A.key == 2), X, A) < 1e-8


def test_more_functions_than_rows_allow_are_left_out() -> None:
    columns = [read_variable(values, "z") for values in RNG.normal(size=(6, 60))]
    assert condition_on(columns, 60).basis.shape[1] == 1 + 6 * 5
    categories = [read_variable(values, "z") for values in RNG.integers(4, size=(3, 60))]
    condition = condition_on(categories, 60)
    assert condition.basis.shape[1] <= 1 + 3 * 4 + 60 // 6


def test_leverage_sums_to_the_rank() -> None:
    condition = condition_on([X, A, B], 300)
    assert np.isclose(condition.leverage().sum(), np.linalg.matrix_rank(condition.basis))
