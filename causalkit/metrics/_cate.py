"""Accuracy of an estimated effect for each unit: error against the truth, loss against a constant."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from causalkit._validation import check_sample_weight
from causalkit.metrics._columns import check_columns


def pehe(cate_true: ArrayLike, cate_estimate: ArrayLike, *, squared: bool = False) -> float:
    r"""Return the error of estimated effects, known as the precision in estimating heterogeneous effects.

    .. math:: \mathrm{PEHE} = \sqrt{\frac{1}{n} \sum_i (\hat\tau_i - \tau_i)^2}

    Parameters
    ----------
    cate_true, cate_estimate : array-like, shape (n,)
        True and estimated effects, in units of the outcome.
    squared : bool, default=False
        Leave out the root: the mean squared error, which compares with the variance of ``cate_true`` (the
        error of the best constant).

    Returns
    -------
    float
        Zero is best. In units of the outcome, or their square.

    Raises
    ------
    ValueError
        If the arrays differ in length or hold values that are not finite numbers.

    References
    ----------
    Hill, J. L. (2011). Bayesian nonparametric modeling for causal inference. Journal of Computational and
    Graphical Statistics 20 (1), 217-240.

    Examples
    --------
    >>> from causalkit.metrics import pehe
    >>> pehe([1.0, 2.0, 3.0], [1.0, 2.0, 6.0], squared=True)
    3.0
    """
    truth, estimate = check_columns(cate_true=cate_true, cate_estimate=cate_estimate)
    error = float(np.mean((estimate - truth) ** 2))
    return error if squared else float(np.sqrt(error))


def r_score(
    cate_estimate: ArrayLike,
    *,
    outcome_residuals: ArrayLike,
    treatment_residuals: ArrayLike,
    sample_weight: Any = None,
) -> float:
    r"""Return the share of the best constant's R-loss that estimated effects do away with.

    .. math:: 1 - \frac{L(\hat\tau)}{\min_c L(c)}, \qquad
              L(\tau) = \frac{\sum_i w_i (Y_i - m_i - (T_i - e_i) \tau_i)^2}{\sum_i w_i}

    Parameters
    ----------
    cate_estimate : array-like, shape (n,)
        Estimated effects of rows that did not enter the estimate.
    outcome_residuals : array-like, shape (n,)
        Outcome less its cross-fitted mean, Y - m.
    treatment_residuals : array-like, shape (n,)
        Treatment less its cross-fitted propensity, T - e.
    sample_weight : array-like, shape (n,), optional
        Weights w of the rows, not negative.

    Returns
    -------
    float
        0: as good as the best constant effect *of these rows*; negative: worse; 1: no residual is left. Noise
        stays in both losses, so that even the true effect scores far below 1.

    Raises
    ------
    ValueError
        If the arrays differ in length or hold values that are not finite numbers, all treatment residuals are
        zero, or a constant effect leaves no loss.

    References
    ----------
    Nie, X. & Wager, S. (2021). Quasi-oracle estimation of heterogeneous treatment effects. Biometrika 108
    (2), 299-319. Schuler, A., Baiocchi, M., Tibshirani, R. & Shah, N. (2018). A comparison of methods for
    model selection when estimating individual treatment effects. arXiv:1804.05146.

    Examples
    --------
    The best constant here is 2 and leaves a loss of 1; effects of 1 and 3 leave none:

    >>> from causalkit.metrics import r_score
    >>> r_score([1.0, 3.0], outcome_residuals=[1.0, 3.0], treatment_residuals=[1.0, 1.0])
    1.0
    >>> r_score([2.0, 2.0], outcome_residuals=[1.0, 3.0], treatment_residuals=[1.0, 1.0])
    0.0
    """
    estimate, outcome, treatment = check_columns(
        cate_estimate=cate_estimate,
        outcome_residuals=outcome_residuals,
        treatment_residuals=treatment_residuals,
    )
    weight = check_sample_weight(sample_weight, len(estimate))
    weight = np.ones(len(estimate)) if weight is None else weight
    information = np.sum(weight * treatment**2)
    if information == 0:
        raise ValueError(
            "treatment_residuals must differ from zero somewhere; got zero in every row of weight"
        )
    constant = np.sum(weight * treatment * outcome) / information
    loss_of_constant = np.sum(weight * (outcome - treatment * constant) ** 2)
    if loss_of_constant == 0:
        raise ValueError(
            f"outcome_residuals must not follow from a constant effect; got residuals that {constant:g} "
            "explains without loss"
        )
    return float(1 - np.sum(weight * (outcome - treatment * estimate) ** 2) / loss_of_constant)
