"""The statement about three rows, which sees what no two rows show."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from causalkit.independence._conditions import condition_on
from causalkit.independence._rows import TYPICAL_ICC, Rows
from causalkit.independence._sign_flips import Contributions
from causalkit.independence._variables import Floats, Variable

_SMALLEST_SHARE = 1e-10
_LARGEST_LEVERAGE = 0.7


def three_row_statement(cause: Variable, effect: Variable, rows: Rows) -> Contributions:
    r"""Return what each environment adds to the statement C_k indep (E_i, E_j) | (C_i, C_j).

    Rows i, j, k are distinct. With u the residual of a function of the effect on functions of its own cause,
    and with regressions on symmetric functions of (C_i, C_j), the sum over all triples of

    .. math:: r\big(f(C_k)\big) \; r(u_i u_j)

    has expectation zero. As sums over pairs of rows are products of sums over rows less a sum of products,
    time is linear in the rows. Every environment needs three rows or more.
    """
    functions = np.column_stack([np.ones(len(rows.codes)), cause.features])
    left, right = np.triu_indices(functions.shape[1])
    gram = _gram(functions, left, right, rows)
    inverse = np.linalg.pinv(gram.sum(axis=0), rcond=_SMALLEST_SHARE, hermitian=True)
    causes = _mean_of_third(cause, functions, left, right, rows)
    causes = causes - inverse @ np.einsum("eab,ebf->af", gram, causes)
    columns = []
    for residual in _residuals(cause, effect, rows):
        product = _pair_sums(functions * residual[:, None], left, right, rows)
        remains = product - gram @ (inverse @ product.sum(axis=0))
        columns.append(np.einsum("eaf,ea->ef", causes, remains))
    observed = np.hstack(columns) * _size_weights(rows.sizes)[:, None]
    n_functions = cause.features.shape[1]
    everything, first = np.arange(observed.shape[1]), np.arange(0, observed.shape[1], n_functions)
    leverage = np.einsum("eab,ba->e", gram, inverse)
    inflation = (1 - np.minimum(leverage, _LARGEST_LEVERAGE)) ** -0.5
    return Contributions(observed, observed * inflation[:, None], ((everything, first, first[:1]),))


def _residuals(cause: Variable, effect: Variable, rows: Rows) -> list[Floats]:
    """What its cause leaves of an effect, and of the size of that."""
    condition = condition_on((cause,), len(rows.codes))
    here = condition.residuals(effect.features)
    if effect.categorical:
        return list(here.T)
    return [here[:, 0], condition.residuals(np.abs(here[:, :1]))[:, 0]]


def _pair_sums(functions: Floats, left: NDArray[np.intp], right: NDArray[np.intp], rows: Rows) -> Floats:
    """Sum h_a(i) h_b(j) over the ordered pairs i != j of rows, for all a <= b: (E, number of (a, b))."""
    total = rows.sums(functions)
    return total[:, left] * total[:, right] - rows.sums(functions[:, left] * functions[:, right])


def _gram(functions: Floats, left: NDArray[np.intp], right: NDArray[np.intp], rows: Rows) -> Floats:
    """Sum products of any two symmetric functions (h_a(i) h_b(j) + h_b(i) h_a(j)) / 2 over pairs of rows."""
    size = functions.shape[1]
    products = (functions[:, :, None] * functions[:, None, :]).reshape(len(functions), -1)
    total = rows.sums(products)
    place = np.arange(size**2).reshape(size, size)
    straight = place[left[:, None], left], place[right[:, None], right]
    crossed = place[left[:, None], right], place[right[:, None], left]
    gram = np.zeros((len(total), len(left), len(left)))
    for one, two in (straight, crossed):
        gram += (total[:, one] * total[:, two] - _sums_of_products(products, one, two, rows)) / 2
    return gram


def _sums_of_products(products: Floats, one: NDArray[np.intp], two: NDArray[np.intp], rows: Rows) -> Floats:
    flat = rows.sums(products[:, one.ravel()] * products[:, two.ravel()])
    return flat.reshape(-1, *one.shape)


def _mean_of_third(
    cause: Variable, functions: Floats, left: NDArray[np.intp], right: NDArray[np.intp], rows: Rows
) -> Floats:
    """Coefficients of the mean of f(C_k) over rows k other than i and j, on the symmetric functions.

    That mean is (sum of f - f(C_i) - f(C_j)) / (n - 2); shape (E, number of symmetric functions, f).
    """
    n_functions = cause.features.shape[1]
    coefficients = np.zeros((len(rows.sizes), len(left), n_functions))
    others = rows.sizes - 2
    coefficients[:, 0, :] = rows.sums(cause.features) / others[:, None]
    for f in range(n_functions):
        own = np.flatnonzero((left == 0) & (right == f + 1))[0]
        coefficients[:, own, f] = -2 / others
    return coefficients


def _size_weights(sizes: Floats) -> Floats:
    """Inverse variance of a mean over triples of rows, divided by the number of pairs."""
    return 1 / (TYPICAL_ICC + (1 - TYPICAL_ICC) / sizes) ** 3 / (sizes * (sizes - 1))
