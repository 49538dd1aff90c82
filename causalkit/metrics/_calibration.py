"""Whether estimated effects mean what they say: predicted against estimated effect, by bin and on a line."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from causalkit._results import Result
from causalkit._validation import check_scalar_argument
from causalkit.graphs._network import Network
from causalkit.metrics._columns import Floats, check_columns, is_constant
from causalkit.metrics._standard_errors import StandardErrors, standard_errors


@dataclass(frozen=True)
class CalibrationResult(Result):
    """Calibration of estimated effects; made by :func:`calibration`.

    Attributes
    ----------
    intercept, intercept_standard_error : float
        Average effect, in units of the outcome, with the standard error of a mean over a population.
    slope, slope_standard_error : float
        Coefficient of the centred estimate in the best linear predictor of the effect: 1 is calibrated, 0
        means that the estimate says nothing about who benefits; nan for a constant estimate.
    statistic : float
        ``slope`` divided by its standard error.
    pvalue : float
        One-sided p-value of the hypothesis that the slope is zero or negative; small means that the
        estimate has found heterogeneity. 1 for a constant estimate, which claims none.
    pvalue_calibrated : float
        Two-sided p-value of the hypothesis that the slope is one; small means that the estimate exaggerates
        or understates the heterogeneity. nan for a constant estimate.
    n_units : int
        Number of rows.
    variance : str
        How the standard errors were computed.
    table : DataFrame, shape (n_bins, 6)
        A row for each bin of the estimate, from the lowest: ``n_rows``, ``predicted`` (mean estimate),
        ``estimate`` (effect in the bin), ``standard_error``, ``conf_low``, ``conf_high``. Standard errors
        of bins with a single row are nan.

    Examples
    --------
    >>> import numpy as np
    >>> from causalkit.metrics import calibration
    >>> effect = np.random.default_rng(0).normal(size=200)
    >>> answer = calibration(effect, scores=2 * effect)
    >>> float(round(answer.slope, 6)), list(answer.table.columns[:3])
    (2.0, ['n_rows', 'predicted', 'estimate'])
    """

    intercept: float
    intercept_standard_error: float
    slope: float
    slope_standard_error: float
    statistic: float
    pvalue: float
    pvalue_calibrated: float
    n_units: int
    variance: str
    table: pd.DataFrame


def calibration(
    cate_estimate: ArrayLike,
    scores: ArrayLike | None = None,
    *,
    outcome_residuals: ArrayLike | None = None,
    treatment_residuals: ArrayLike | None = None,
    n_bins: int = 5,
    groups: Any = None,
    network: Network | None = None,
    alpha: float = 0.05,
) -> CalibrationResult:
    r"""Compare estimated effects with what the data say about units of low and of high estimates.

    The effect is projected on the estimate, within each of ``n_bins`` groups of similar estimates and over
    all units on a line (Chernozhukov, Demirer, Duflo & Fernandez-Val):

    .. math:: \tau_i \approx \alpha + \beta\,(\hat\tau_i - \bar\tau)

    from doubly robust scores :math:`\Gamma_i` by least squares of :math:`\Gamma_i` on 1 and
    :math:`\hat\tau_i - \bar\tau`, or from residuals by least squares of :math:`Y_i - m_i` on the same two
    times :math:`T_i - e_i`. Scores give every unit the same weight; residuals give weight (T - e)^2, that
    is, most to units with good overlap, whose weighted mean effect the intercept then is.

    Parameters
    ----------
    cate_estimate : array-like, shape (n,)
        Estimated effects of units that did not enter the estimate (out of fold); in-sample estimates look
        better than they are.
    scores : array-like, shape (n,), optional
        Doubly robust (AIPW) score of each unit, with the effect as its mean.
    outcome_residuals, treatment_residuals : array-like, shape (n,), optional
        Y - m and T - e from cross-fitted nuisances, instead of ``scores``.
    n_bins : int, default=5
        Number of bins by quantiles of the estimate. Equal estimates stay together, so there can be fewer.
    groups : array-like, shape (n,), optional
        Groups of rows that are independent of each other.
    network : Network, optional
        Links between the rows; see :func:`causalkit.inference.mean_inference` for the standard errors.
    alpha : float, default=0.05
        One less the confidence of the intervals in the table.

    Returns
    -------
    CalibrationResult

    Raises
    ------
    ValueError
        If neither or both of scores and residuals are given, arrays differ in length or hold values that
        are not finite numbers, or the treatment residuals of a whole bin are zero.

    References
    ----------
    Chernozhukov, V., Demirer, M., Duflo, E. & Fernandez-Val, I. (2018). Generic machine learning inference on
    heterogeneous treatment effects in randomized experiments. NBER working paper 24678.

    Examples
    --------
    >>> import numpy as np
    >>> from causalkit.metrics import calibration
    >>> rng = np.random.default_rng(0)
    >>> effect = rng.normal(size=2000)
    >>> answer = calibration(effect, scores=effect + rng.normal(size=2000))
    >>> bool(answer.pvalue < 0.001), bool(abs(answer.slope - 1) < 4 * answer.slope_standard_error)
    (True, True)
    """
    check_scalar_argument(n_bins, "n_bins", integer=True, low=1)
    check_scalar_argument(alpha, "alpha", low=0, high=1, inclusive=False)
    estimate, response, exposure = _signal(cate_estimate, scores, outcome_residuals, treatment_residuals)
    bins = _quantile_bins(estimate, n_bins)
    _check_information(exposure, bins)
    values, influence = _projections(estimate, response, exposure, bins)
    errors = standard_errors(influence, groups=groups, network=network)
    return CalibrationResult(
        intercept=float(values[0]),
        intercept_standard_error=float(errors.values[0]),
        **_slope_test(values[1], errors),
        n_units=len(estimate),
        variance=errors.description,
        table=_table(estimate, exposure**2, bins, values[2:], errors, alpha),
    )


def _signal(
    cate_estimate: Any, scores: Any, outcome_residuals: Any, treatment_residuals: Any
) -> tuple[Floats, Floats, Floats]:
    """Return estimate, response and exposure, such that response = exposure * effect + noise."""
    residuals = [outcome_residuals, treatment_residuals]
    n_given = sum(column is not None for column in residuals)
    if (scores is None) == (n_given == 0) or n_given == 1:
        raise ValueError(
            "calibration must be given either scores or both outcome_residuals and treatment_residuals; got "
            f"scores {'missing' if scores is None else 'given'} and {n_given} of the residuals"
        )
    if scores is not None:
        estimate, response = check_columns(cate_estimate=cate_estimate, scores=scores)
        return estimate, response, np.ones(len(estimate))
    estimate, response, exposure = check_columns(
        cate_estimate=cate_estimate,
        outcome_residuals=outcome_residuals,
        treatment_residuals=treatment_residuals,
    )
    return estimate, response, exposure


def _quantile_bins(estimate: Floats, n_bins: int) -> NDArray[np.int64]:
    """Number the bins from the lowest estimates; equal estimates share a bin and no bin is empty."""
    if is_constant(estimate):
        return np.zeros(len(estimate), dtype=np.int64)
    edges = np.quantile(estimate, np.arange(1, n_bins) / n_bins)
    return np.unique(np.searchsorted(edges, estimate, side="left"), return_inverse=True)[1].astype(np.int64)


def _check_information(exposure: Floats, bins: NDArray[np.int64]) -> None:
    total = np.bincount(bins, weights=exposure**2)
    if not total.all():
        raise ValueError(
            "treatment_residuals must differ from zero somewhere in each bin; got zero in every row of bin "
            f"{int(np.argmin(total)) + 1} of {len(total)}"
        )


def _projections(
    estimate: Floats, response: Floats, exposure: Floats, bins: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """Return intercept, slope and the effect of each bin, with their influence values, (n, 2 + n_bins)."""
    average, of_average = _projection(response, exposure, np.ones(len(estimate)))
    if is_constant(estimate):
        slope, of_slope = np.nan, np.zeros(len(estimate))
    else:
        centred = estimate - np.average(estimate, weights=exposure**2)
        slope, of_slope = _projection(response - exposure * average, exposure, centred)
    indicators = (bins == np.arange(bins.max() + 1)[:, None]).astype(np.float64)
    in_bins = [_projection(response, exposure, indicator) for indicator in indicators]
    values = np.array([average, slope, *(value for value, _ in in_bins)])
    return values, np.column_stack([of_average, of_slope, *(influence for _, influence in in_bins)])


def _projection(response: Floats, exposure: Floats, regressor: Floats) -> tuple[float, Floats]:
    """Return the least-squares coefficient of exposure * regressor, and its influence values."""
    column = exposure * regressor
    information = np.mean(column**2)
    coefficient = float(np.mean(column * response) / information)
    return coefficient, column * (response - column * coefficient) / information


def _slope_test(slope: float, errors: StandardErrors) -> dict[str, float]:
    if np.isnan(slope):
        nothing = dict.fromkeys(("slope", "slope_standard_error", "statistic", "pvalue_calibrated"), np.nan)
        return {**nothing, "pvalue": 1.0}
    error = errors.values[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic, from_one = np.float64(slope) / error, np.float64(slope - 1) / error
    return {
        "slope": float(slope),
        "slope_standard_error": float(error),
        "statistic": float(statistic),
        "pvalue": float(errors.distribution.sf(statistic)),
        "pvalue_calibrated": float(2 * errors.distribution.sf(abs(from_one))),
    }


def _table(
    estimate: Floats,
    weight: Floats,
    bins: NDArray[np.int64],
    values: Floats,
    errors: StandardErrors,
    alpha: float,
) -> pd.DataFrame:
    n_rows = np.bincount(bins)
    # A bin's mean is fitted to its own rows only, so its residuals are too small by this factor.
    factor = np.sqrt(np.divide(n_rows, n_rows - 1, out=np.full(len(n_rows), np.nan), where=n_rows > 1))
    in_bins = factor * errors.values[2:]
    half_width = float(errors.distribution.isf(alpha / 2)) * in_bins
    return pd.DataFrame(
        {
            "n_rows": n_rows,
            "predicted": np.bincount(bins, weights=weight * estimate) / np.bincount(bins, weights=weight),
            "estimate": values,
            "standard_error": in_bins,
            "conf_low": values - half_width,
            "conf_high": values + half_width,
        },
        index=pd.RangeIndex(1, len(n_rows) + 1, name="bin"),
    )
