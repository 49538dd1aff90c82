"""Risk of a prediction in each environment, the largest of them, and what robustness costs on average."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from causalkit._environments import group_rows
from causalkit._results import Result
from causalkit._validation import check_outcome
from causalkit.graphs._network import Network
from causalkit.inference._effects import EffectEstimate
from causalkit.inference._loss_difference import price_estimate
from causalkit.metrics._columns import Floats, check_columns

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class WorstEnvironmentRisk(Result):
    """Largest risk of a prediction over environments; made by :func:`worst_environment_risk`.

    Attributes
    ----------
    risk : float
        Largest mean squared error of an environment, divided by ``training_variance``.
    environment : label
        Where it is; the first in sorted order where several share it.
    constant_risk : float
        The same for the mean of the training outcomes as prediction; its worst environment may be another.
    training_variance : float
        Variance of the training outcomes, in squared units of y.
    table : DataFrame, shape (n_environments, 5)
        A row for each environment, in sorted order: ``n_rows``, ``mse`` (squared units of y), ``risk``,
        ``standard_error`` of the risk for independent rows (nan for a single row), ``constant_risk``.

    Examples
    --------
    >>> from causalkit.metrics import worst_environment_risk
    >>> found = worst_environment_risk([0, 2, 4, 4], [1, 1, 1, 1], ["a", "a", "b", "b"], y_train=[0, 2])
    >>> found.environment, found.risk
    ('b', 4.5)
    """

    risk: float
    environment: Any
    constant_risk: float
    training_variance: float
    table: pd.DataFrame


def worst_environment_risk(
    y: ArrayLike, prediction: ArrayLike, environments: ArrayLike, *, y_train: ArrayLike
) -> WorstEnvironmentRisk:
    r"""Return the risk of a prediction in each environment and the largest of them.

    .. math:: R_e = \frac{\frac{1}{n_e} \sum_{i \in e} (Y_i - \hat f_i)^2}{\mathrm{Var}(Y_{train})}

    The scale comes from the training population and never from the rows that are scored: standardised with
    their own labels, environments hide a shift of their mean, which a constant then beats most methods with.

    Parameters
    ----------
    y, prediction : array-like, shape (n,)
        Outcomes of rows that the prediction was not fitted on, and the prediction, in units of y.
    environments : array-like, shape (n,)
        A label for each row.
    y_train : array-like, shape (n_train,)
        Outcomes of the training population, in the same units: their variance (dividing by n_train - 1) is
        the scale, their mean is the constant to compare with. To score out-of-fold predictions of the
        training rows themselves, give ``y`` again.

    Returns
    -------
    WorstEnvironmentRisk
        ``risk``, ``environment``, ``constant_risk`` and a ``table`` with a row for each environment.

    Raises
    ------
    ValueError
        If arrays differ in length, hold values that are not finite numbers or labels that are missing, or
        ``y_train`` does not vary.

    Notes
    -----
    The largest of several noisy means is too large on average, the more so the fewer rows the environments
    have: compare two predictions on the same rows, and look at the standard errors in the table.

    References
    ----------
    Liu, M., Zheng, X., Sun, X., Fang, F. & Wang, Y. (2023). Which Invariance Should We Transfer? A Causal
    Minimax Learning Approach. ICML. arXiv 2107.01876.

    Examples
    --------
    >>> from causalkit.metrics import worst_environment_risk
    >>> y, prediction, site = [1.0, 3.0, 6.0, 8.0], [1.0, 2.0, 4.0, 6.0], ["a", "a", "b", "b"]
    >>> found = worst_environment_risk(y, prediction, site, y_train=[0.0, 4.0])
    >>> found.table[["n_rows", "mse", "risk", "constant_risk"]]
                 n_rows  mse    risk  constant_risk
    environment
    a                 2  0.5  0.0625          0.125
    b                 2  4.0  0.5000          3.250
    """
    outcome, predicted = check_columns(y=y, prediction=prediction)
    groups = group_rows(environments, name="environments", n_rows=len(outcome))
    centre, scale = _training_scale(y_train)
    mse, error = _mean_by_group((outcome - predicted) ** 2, groups.codes, groups.sizes)
    constant = _mean_by_group((outcome - centre) ** 2, groups.codes, groups.sizes)[0] / scale
    table = pd.DataFrame(
        {
            "n_rows": groups.sizes,
            "mse": mse,
            "risk": mse / scale,
            "standard_error": error / scale,
            "constant_risk": constant,
        },
        index=pd.Index(groups.labels, name="environment"),
    )
    worst = int(table["risk"].to_numpy().argmax())
    return WorstEnvironmentRisk(
        risk=float(table["risk"].iloc[worst]),
        environment=table.index[worst],
        constant_risk=float(constant.max()),
        training_variance=scale,
        table=table,
    )


def price_of_robustness(
    y: ArrayLike,
    prediction: ArrayLike,
    pooled_prediction: ArrayLike,
    *,
    y_train: ArrayLike | None = None,
    groups: Any = None,
    network: Network | None = None,
) -> EffectEstimate:
    r"""Return how much more risk a robust prediction has than the pooled fit where nothing changes.

    .. math::

        \frac{\frac{1}{n} \sum_i (Y_i - \hat f_i)^2 - (Y_i - \hat f^{pooled}_i)^2}{\mathrm{Var}(Y_{train})}

    Parameters
    ----------
    y, prediction, pooled_prediction : array-like, shape (n,)
        Outcomes of rows from the training mix of environments, and two predictions of rows that neither was
        fitted on (out of fold, or held out), in units of y.
    y_train : array-like, shape (n_train,), optional
        Outcomes whose variance (dividing by n_train - 1) is the scale: those of the training population.
        Unless given, ``y``, which is a sample of it.
    groups : array-like, shape (n,), optional
        Groups of rows that are independent of each other.
    network : Network, optional
        Links between the rows; see :func:`causalkit.inference.mean_inference` for the standard errors.

    Returns
    -------
    EffectEstimate
        Positive: robustness costs. The standard error is that of the paired difference, with the scale taken
        as known.

    Raises
    ------
    ValueError
        If arrays differ in length or hold values that are not finite numbers, or the outcomes that give the
        scale do not vary.

    References
    ----------
    Liu, M., Zheng, X., Sun, X., Fang, F. & Wang, Y. (2023). Which Invariance Should We Transfer? A Causal
    Minimax Learning Approach. ICML. arXiv 2107.01876.

    Examples
    --------
    >>> from causalkit.metrics import price_of_robustness
    >>> price_of_robustness([0.0, 1.0, 2.0], [1.5, 1.0, 2.0], [0.0, 1.0, 2.0]).estimate
    0.75
    """
    outcome, robust, pooled = check_columns(y=y, prediction=prediction, pooled_prediction=pooled_prediction)
    scale = _training_scale(
        outcome if y_train is None else y_train, name="y" if y_train is None else "y_train"
    )[1]
    return price_estimate(outcome, robust, pooled, scale, groups=groups, network=network)


def _training_scale(y_train: Any, name: str = "y_train") -> tuple[float, float]:
    """Mean and variance of the training outcomes, the same to the last bit in any order of the rows."""
    if y_train is None or np.ndim(y_train) != 1:
        raise ValueError(
            f"{name} must be the outcomes of the training population, shape (n_train,); got {y_train!r}"
        )
    outcome = np.sort(check_outcome(y_train, len(np.asarray(y_train)), name=name))
    return float(outcome.mean()), float(outcome.var(ddof=1))


def _mean_by_group(values: Floats, codes: Integers, sizes: Integers) -> tuple[Floats, Floats]:
    """Means and their standard errors, the same to the last bit in any order of a group's rows."""
    order = np.lexsort((values, codes))
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
    means = np.add.reduceat(values[order], starts) / sizes
    squares = np.add.reduceat((values[order] - np.repeat(means, sizes)) ** 2, starts)
    degrees = np.where(sizes > 1, sizes - 1, np.nan)
    return means, np.sqrt(squares / degrees / sizes)
