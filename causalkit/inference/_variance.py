"""Variance of a mean of scores: independent rows, and rows that depend on each other within groups."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from causalkit._environments import group_rows
from causalkit._validation import check_scalar_argument
from causalkit.inference._scores import Floats, centred_columns, check_scores, same_shape


def iid_variance(scores: ArrayLike) -> float | Floats:
    """Return the variance of the mean of independent scores: a number, or a (k, k) matrix for k columns."""
    values = check_scores(scores)
    centred = centred_columns(values)
    n = len(values)
    return same_shape(centred.T @ centred / (n * (n - 1)), values)


def cluster_variance(
    scores: ArrayLike, groups: Any, *, correction: bool = True, n_parameters: int = 1
) -> float | Floats:
    r"""Variance of a mean of scores that may depend on each other inside groups, in any way.

    .. math:: V = \frac{c}{n^2} \sum_g S_g S_g^T, \qquad S_g = \sum_{i \in g} (\psi_i - \bar\psi)

    with c = g / (g - 1) * (n - 1) / (n - p) for g groups, n rows and p estimated parameters, the factor
    that statsmodels and Stata use, or c = 1. Scores of different groups must be independent.

    Parameters
    ----------
    scores : array-like, shape (n,) or (n, k)
        Scores whose mean is the estimate; with k columns, influence values of k estimates.
    groups : array-like, shape (n,)
        The group of each row: numbers, texts or a categorical.
    correction : bool
        Multiply by c.
    n_parameters : int
        p above: 1 for a mean, the number of coefficients for a regression's influence values.

    Returns
    -------
    float or ndarray, shape (k, k)
        The variance of the mean (the square of the standard error), or the covariance of k means.

    Raises
    ------
    ValueError
        If scores are not finite, fewer than two groups are given, or a group is missing.

    References
    ----------
    Liang, K.-Y. & Zeger, S. L. (1986). Longitudinal data analysis using generalized linear models.
    Biometrika 73(1). Cameron, A. C. & Miller, D. L. (2015). A practitioner's guide to cluster-robust
    inference. Journal of Human Resources 50(2).

    Examples
    --------
    Four pairs of rows that are copies of each other hold four observations, not eight:

    >>> import numpy as np
    >>> from causalkit.inference import cluster_variance
    >>> pairs = np.repeat([1.0, 2.0, 4.0, 5.0], 2)
    >>> village = np.repeat(["a", "b", "c", "d"], 2)
    >>> round(float(np.sqrt(cluster_variance(pairs, village))), 4)
    0.9129
    >>> round(float(np.std(pairs, ddof=1) / np.sqrt(8)), 4)  # as if they were independent
    0.5976
    """
    values = check_scores(scores)
    check_scalar_argument(n_parameters, "n_parameters", integer=True, low=1, high=len(values) - 1)
    sums, _ = group_sums(centred_columns(values), groups)
    n, n_groups = len(values), len(sums)
    factor = n_groups / (n_groups - 1) * (n - 1) / (n - n_parameters) if correction else 1.0
    return same_shape(factor * (sums.T @ sums) / n**2, values)


def group_sums(columns: Floats, groups: Any) -> tuple[Floats, Floats]:
    """Return the sum of each column in each group, shape (g, k), and the group sizes, shape (g,)."""
    grouped = group_rows(groups, n_rows=len(columns))
    if grouped.n_groups < 2:
        raise ValueError(f"groups must hold at least two different groups; got {grouped.n_groups}")
    sums = [np.bincount(grouped.codes, weights=column, minlength=grouped.n_groups) for column in columns.T]
    return np.stack(sums, axis=1), grouped.sizes.astype(np.float64)
