"""Partial correlation of values or ranks: the t test over rows, or over groups of rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from causalkit._validation import check_choice, check_columns, check_same_length
from causalkit.independence._canonical_order import arrange, read_units
from causalkit.independence._group_sums import mean_zero_test, sum_over_groups
from causalkit.independence._result import IndependenceTestResult, hypothesis_of, independent_units

Floats = NDArray[np.float64]

# What is below this share of a column is rounding: of a residual, and of the column about its mean.
_ROUNDING, _ROUNDING_OF_MEAN = 1e-8, 1e-13


def partial_correlation_test(
    x: ArrayLike,
    y: ArrayLike,
    given: ArrayLike | None = None,
    *,
    kind: str = "pearson",
    groups: Any = None,
) -> IndependenceTestResult:
    r"""Test that x and y are uncorrelated once the columns of ``given`` are regressed out of both.

    .. math:: r = \frac{\sum_i e_i f_i}{\sqrt{\sum_i e_i^2 \sum_i f_i^2}}, \qquad
              t = r \sqrt{\frac{n - 2 - k}{1 - r^2}}

    with the residuals e of x and f of y after least squares on a constant and the k columns that are not
    redundant. If y is normal given x and ``given`` with a linear mean and a constant variance, t has a
    Student t distribution with n - 2 - k degrees of freedom in any sample size; Fisher's z is the normal
    approximation of the same test and is not offered beside it.

    Parameters
    ----------
    x, y : array-like, shape (n,)
        Two numeric columns.
    given : array-like, shape (n,) or (n, k), optional
        Numeric columns to condition on. Constant columns and copies of others change nothing.
    kind : {"pearson", "spearman"}
        Values, or the ranks of every column (for monotone relations and heavy tails; the t distribution is
        then an approximation).
    groups : array-like, shape (n,), optional
        The group of each row, where rows of one group may depend on each other in any way. The p-value is
        then that of the t test of mean zero for the sums of e f over the groups, at least six.

    Returns
    -------
    IndependenceTestResult
        ``statistic`` is r, in [-1, 1].

    Raises
    ------
    ValueError
        If a column is not numeric, not finite or of another length, x or y is constant or a linear function
        of ``given``, or there are too few rows or groups.

    References
    ----------
    Fisher, R. A. (1924). The distribution of the partial correlation coefficient. Metron 3. For groups:
    Liang, K.-Y. & Zeger, S. L. (1986). Longitudinal data analysis using generalized linear models.
    Biometrika 73(1).

    Examples
    --------
    A common cause makes two columns alike; given the cause they are not:

    >>> import numpy as np
    >>> from causalkit.independence import partial_correlation_test
    >>> rng = np.random.default_rng(0)
    >>> cause = rng.normal(size=200)
    >>> x, y = cause + rng.normal(size=(2, 200))
    >>> partial_correlation_test(x, y).pvalue < 0.001
    True
    >>> partial_correlation_test(x, y, cause).pvalue > 0.05
    True
    """
    check_choice(kind, "kind", ["pearson", "spearman"])
    parts = _read(x, y, given)
    codes, n_groups = read_units(groups, len(parts[0]))
    parts, codes = arrange(parts, codes)
    columns = np.hstack(parts)
    if kind == "spearman":
        columns = stats.rankdata(columns, axis=0)
    residuals, rank = _residuals(columns)
    products = residuals[:, 0] * residuals[:, 1]
    r = float(np.clip(products.sum(), -1, 1))
    if n_groups is None:
        freedom = len(columns) - 2 - rank
        pvalue = _student_pvalue(r, freedom)
    else:
        freedom = n_groups - 1
        pvalue = mean_zero_test(sum_over_groups(products[:, None], codes)[:, 0])[1]
    return IndependenceTestResult(
        statistic=r,
        pvalue=pvalue,
        n_rows=len(columns),
        method=f"partial correlation ({kind}), Student t" + ("" if groups is None else " of group sums"),
        hypothesis=hypothesis_of(columns.shape[1] - 2),
        degrees_of_freedom=float(freedom),
        n_groups=n_groups,
        assumptions=(
            independent_units(n_groups),
            f"x and y depend on what is given linearly{' in the ranks' if kind == 'spearman' else ''}",
            "a dependence without correlation is not seen",
        ),
    )


def _read(x: Any, y: Any, given: Any) -> list[Floats]:
    parts = {"x": check_columns(x, name="x"), "y": check_columns(y, name="y")}
    for name, part in parts.items():
        if part.shape[1] != 1:
            raise ValueError(
                f"{name} must be one column for a partial correlation; got {part.shape[1]} columns"
            )
    if given is not None:
        parts["given"] = check_columns(given, name="given", allow_constant=True)
    check_same_length(**parts)
    return list(parts.values())


def _residuals(columns: Floats) -> tuple[Floats, int]:
    """Return residuals of the first two columns on the others with length one, and the rank of the others."""
    unit = _unit_columns(columns)
    left, singular, _ = np.linalg.svd(unit[:, 2:], full_matrices=False)
    basis = left[:, singular > _ROUNDING * max(1.0, singular.max(initial=0.0))]
    rank = basis.shape[1]
    if len(columns) < rank + 3:
        raise ValueError(
            f"x must have at least {rank + 3} rows for a partial correlation given {rank} columns; "
            f"got {len(columns)}"
        )
    residuals = unit[:, :2] - basis @ (basis.T @ unit[:, :2])
    norms = np.sqrt((residuals**2).sum(axis=0))
    for name, norm in zip("xy", norms, strict=True):
        if norm <= _ROUNDING:
            raise ValueError(
                f"{name} must vary beyond a linear function of given; got nothing that is left of it"
            )
    return residuals / norms, rank


def _unit_columns(columns: Floats) -> Floats:
    """Centre columns and give them length one; those that are constant but for rounding become zero."""
    # Values near the largest float would overflow when squared.
    scaled = columns / np.maximum(np.abs(columns).max(axis=0), np.finfo(np.float64).tiny)
    centred = scaled - scaled.mean(axis=0)
    length = np.sqrt((centred**2).sum(axis=0))
    varies = length > _ROUNDING_OF_MEAN * np.sqrt(len(columns))
    return np.where(varies, centred, 0.0) / np.where(varies, length, 1.0)


def _student_pvalue(r: float, freedom: int) -> float:
    t = np.inf if abs(r) == 1 else abs(r) * np.sqrt(freedom / (1 - r**2))
    return float(2 * stats.t.sf(t, freedom))
