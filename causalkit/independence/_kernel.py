"""Kernel test of any kind of dependence, alone or given further columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from causalkit._validation import check_columns, check_same_length
from causalkit.independence._canonical_order import arrange, read_units
from causalkit.independence._group_sums import quadratic_test, sum_over_groups
from causalkit.independence._kernel_features import (
    kernel_root,
    leading_directions,
    normal_scores,
    ridge_residuals,
)
from causalkit.independence._result import IndependenceTestResult, hypothesis_of, independent_units

Floats = NDArray[np.float64]

_FEWEST_ROWS = 20
# Ranks of the kernel matrices of x and y, and of what is given.
_RANK, _GIVEN_RANK = 60, 150
# Directions kept of x and y, alone and where a third factor joins the products; and of that factor.
_DIRECTIONS, _CONDITIONAL_DIRECTIONS, _WEIGHTS = 12, 6, 5


def kernel_test(
    x: ArrayLike,
    y: ArrayLike,
    given: ArrayLike | None = None,
    *,
    groups: Any = None,
) -> IndependenceTestResult:
    r"""Test that x and y are independent, perhaps given z, against dependence of any shape.

    .. math:: Q = \sum_{a, b, c} \Bigl(\sum_i e_{ia} \, f_{ib} \, w_c(z_i)\Bigr)^2

    where e are the leading principal directions of Gaussian kernel features of x, less their ridge
    regression on kernel features of z (leave-one-out, with the penalty that predicts best), f those of y,
    and w a constant and the leading directions of z. Without z, e and f are centred, w = 1, and Q is the
    Hilbert-Schmidt independence criterion up to the directions left out. Columns are replaced by their
    normal scores, so that neither scales nor heavy tails matter. If the hypothesis holds, Q is close to a
    sum of chi-squared variables weighted by the eigenvalues of the second moments of the products. No random
    numbers are drawn; time and memory are linear in n.

    Parameters
    ----------
    x, y : array-like, shape (n,) or (n, d)
        Numeric columns.
    given : array-like, shape (n,) or (n, k), optional
        Numeric columns z to condition on.
    groups : array-like, shape (n,), optional
        The group of each row, where rows of one group may depend on each other in any way. The sums of the
        products over the groups (at least six) then take the place of those of the rows.

    Returns
    -------
    IndependenceTestResult
        ``statistic`` is Q / n.

    Raises
    ------
    ValueError
        If a column is not numeric, not finite, constant (x and y) or of another length, or there are fewer
        than 20 rows or too few groups.

    References
    ----------
    Gretton, A. et al. (2007). A kernel statistical test of independence. NeurIPS 20. Zhang, K., Peters, J.,
    Janzing, D. & Schölkopf, B. (2011). Kernel-based conditional independence test and application in causal
    discovery. UAI. Strobl, E. V., Zhang, K. & Visweswaran, S. (2019). Approximate kernel-based conditional
    independence tests for fast non-parametric causal discovery. Journal of Causal Inference 7(1).

    Examples
    --------
    Two columns without correlation, and yet dependent:

    >>> import numpy as np
    >>> from causalkit.independence import kernel_test
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=300)
    >>> y = x**2 + rng.normal(size=300)
    >>> kernel_test(x, y).pvalue < 0.001
    True

    A common cause explains why two columns are alike:

    >>> u = np.abs(x) + 0.5 * rng.normal(size=300)
    >>> v = np.sin(x) + 0.5 * rng.normal(size=300)
    >>> kernel_test(u, v).pvalue < 0.05, kernel_test(u, v, x).pvalue > 0.05
    (True, True)
    """
    parts = _read(x, y, given)
    codes, n_groups = read_units(groups, len(parts[0]))
    parts, codes = arrange(parts, codes)
    products = _products(*(normal_scores(part) for part in parts))
    statistic, pvalue = quadratic_test(sum_over_groups(products, codes))
    return IndependenceTestResult(
        statistic=statistic / len(codes),
        pvalue=pvalue,
        n_rows=len(codes),
        method="kernel test, weighted chi-squared",
        hypothesis=hypothesis_of(0 if given is None else parts[2].shape[1]),
        n_groups=n_groups,
        assumptions=(independent_units(n_groups),)
        + (() if given is None else ("x and y depend on what is given smoothly enough to be regressed out",)),
    )


def _read(x: Any, y: Any, given: Any) -> list[Floats]:
    parts = {"x": check_columns(x, name="x"), "y": check_columns(y, name="y")}
    if given is not None:
        parts["given"] = check_columns(given, name="given", allow_constant=True)
    n_rows = check_same_length(**parts)
    if n_rows < _FEWEST_ROWS:
        raise ValueError(f"x must have at least {_FEWEST_ROWS} rows for a kernel test; got {n_rows}")
    return list(parts.values())


def _products(x: Floats, y: Floats, z: Floats | None = None) -> Floats:
    """Return the products of directions of each row, shape (n, directions of x * of y * of z)."""
    if z is None:
        e, f = _directions(x, _DIRECTIONS), _directions(y, _DIRECTIONS)
        return (e[:, :, None] * f[:, None, :]).reshape(len(x), -1)
    e, f = (_directions(points, _CONDITIONAL_DIRECTIONS) for points in (x, y))
    features = kernel_root(z, max_rank=_GIVEN_RANK)
    residuals = ridge_residuals(np.hstack([e, f]), features)
    e, f = residuals[:, : e.shape[1]], residuals[:, e.shape[1] :]
    weights = np.column_stack([np.ones(len(z)), leading_directions(_centred(features), at_most=_WEIGHTS)])
    return (e[:, :, None, None] * f[:, None, :, None] * weights[:, None, None, :]).reshape(len(z), -1)


def _directions(points: Floats, at_most: int) -> Floats:
    return leading_directions(_centred(kernel_root(points, max_rank=_RANK)), at_most=at_most)


def _centred(features: Floats) -> Floats:
    return features - features.mean(axis=0)
