"""Whether treating by estimated effect pays: the targeting curve (TOC) and the area under it (RATE)."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from causalkit._validation import check_choice, check_scalar_argument
from causalkit.graphs._network import Network
from causalkit.inference._effects import EffectEstimate
from causalkit.inference._mean_inference import mean_inference
from causalkit.metrics._columns import Floats, check_columns, is_constant
from causalkit.metrics._standard_errors import standard_errors

Weighting = Literal["autoc", "qini"]

_ESTIMANDS = {
    "autoc": "area under the targeting curve (AUTOC)",
    "qini": "area under the targeting curve weighted by the treated share (Qini)",
}
_ASSUMPTIONS = ("the scores are doubly robust and the ranking was made without these rows' outcomes",)
_SHARES = tuple(i / 20 for i in range(1, 21))


@dataclass(frozen=True)
class RankingEffect(EffectEstimate):
    """Gain from treating by a ranking rather than at random; made by :func:`autoc`.

    Attributes
    ----------
    estimate, standard_error : float
        Weighted area under the targeting curve, in units of the outcome; zero for a ranking that says
        nothing.
    n_units : int
        Number of rows.
    estimand, variance, degrees_of_freedom, assumptions
        As in :class:`causalkit.inference.EffectEstimate`.

    Examples
    --------
    >>> from causalkit.metrics import RankingEffect
    >>> RankingEffect(estimate=0.2, standard_error=0.1, n_units=100).conf_int()
    (0.004..., 0.395...)
    """

    @property
    def pvalue(self) -> float:
        """Two-sided p-value of the hypothesis that the ranking says nothing; 1 for a constant ranking."""
        if self.estimate == 0 and self.standard_error == 0:
            return 1.0
        return super().pvalue


@dataclass(frozen=True)
class _Ranking:
    """Rows in descending order of the estimate, with the scores averaged over rows that tie.

    ``first`` and ``last`` (n,) are each ranked row's tie's positions, counted from one.
    """

    order: NDArray[np.int64]
    scores: Floats
    tie_means: Floats
    first: NDArray[np.int64]
    last: NDArray[np.int64]

    @property
    def n_rows(self) -> int:
        return len(self.order)


def autoc(
    cate_estimate: ArrayLike,
    scores: ArrayLike,
    *,
    groups: Any = None,
    network: Network | None = None,
    weighting: Weighting = "autoc",
) -> RankingEffect:
    r"""Estimate what treating in order of the estimated effect gains over treating at random.

    With units in descending order of the estimate, the targeting operator characteristic TOC(q) is the mean
    effect among the first share q less the mean effect of all. The rank-weighted average treatment effect is

    .. math:: \mathrm{AUTOC} = \int_0^1 \mathrm{TOC}(q)\,dq,
              \qquad \mathrm{Qini} = \int_0^1 q\,\mathrm{TOC}(q)\,dq

    AUTOC gives most weight to the first units and is the better test where few benefit; Qini where many do.

    Parameters
    ----------
    cate_estimate : array-like, shape (n,)
        Estimated effects, or any priority; made without the outcomes of these rows (out of fold).
    scores : array-like, shape (n,)
        Doubly robust (AIPW) score of each unit, with the effect as its mean.
    groups : array-like, shape (n,), optional
        Groups of rows that are independent of each other.
    network : Network, optional
        Links between the rows; see :func:`causalkit.inference.mean_inference` for the standard errors.
    weighting : {"autoc", "qini"}, default="autoc"
        Which area.

    Returns
    -------
    RankingEffect
        With a two-sided ``pvalue`` of the hypothesis that the ranking says nothing. Units with equal
        estimates share the mean of their scores, so that a constant estimate gives exactly zero.

    Raises
    ------
    ValueError
        If the arrays differ in length or hold values that are not finite numbers, or the weighting is
        unknown.

    Notes
    -----
    The influence of a row is found by leaving it out (all rows in one pass), so that the standard error is
    the jackknife's for independent rows and sums the same values over groups or along the network
    otherwise.

    References
    ----------
    Yadlowsky, S., Fleming, S., Shah, N., Brunskill, E. & Wager, S. (2025). Evaluating treatment
    prioritization rules via rank-weighted average treatment effects. Journal of the American Statistical
    Association 120.

    Examples
    --------
    >>> import numpy as np
    >>> from causalkit.metrics import autoc
    >>> rng = np.random.default_rng(0)
    >>> effect = rng.normal(size=1000)
    >>> scores = effect + rng.normal(size=1000)
    >>> bool(autoc(effect, scores).pvalue < 0.001), autoc(np.ones(1000), scores).estimate
    (True, 0.0)
    """
    check_choice(weighting, "weighting", tuple(_ESTIMANDS))
    estimate, values = check_columns(cate_estimate=cate_estimate, scores=scores)
    if is_constant(estimate):
        return RankingEffect(0.0, 0.0, len(values), _ESTIMANDS[weighting], "none: the ranking is constant")
    ranking = _rank(estimate, values)
    area = _area(ranking, weighting)
    influence = np.empty(len(values))
    influence[ranking.order] = _jackknife_influence(ranking, weighting)
    found = mean_inference(
        area + influence,
        groups=groups,
        network=network,
        estimand=_ESTIMANDS[weighting],
        assumptions=_ASSUMPTIONS,
    )
    return RankingEffect(**{name: getattr(found, name) for name in found.__dataclass_fields__})


def toc_curve(
    cate_estimate: ArrayLike,
    scores: ArrayLike,
    *,
    shares: ArrayLike = _SHARES,
    groups: Any = None,
    network: Network | None = None,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Return the targeting curve: how much more those with the highest estimates benefit than everybody.

    Parameters
    ----------
    cate_estimate, scores, groups, network
        As in :func:`autoc`.
    shares : array-like, shape (k,)
        Treated shares above 0 and up to 1, rounded up to whole units.
    alpha : float, default=0.05
        One less the confidence of the (pointwise) intervals.

    Returns
    -------
    DataFrame, shape (k, 5)
        Columns ``share``, ``estimate`` (TOC, in units of the outcome; zero at share 1), ``standard_error``,
        ``conf_low``, ``conf_high``.

    Raises
    ------
    ValueError
        As in :func:`autoc`, or if a share is outside (0, 1].

    Notes
    -----
    Standard errors allow for the estimated threshold: the effect at the threshold is the mean score of the
    ``n^(2/3)`` units ranked next to it.

    References
    ----------
    Yadlowsky, S., Fleming, S., Shah, N., Brunskill, E. & Wager, S. (2025). Evaluating treatment
    prioritization rules via rank-weighted average treatment effects. Journal of the American Statistical
    Association 120.

    Examples
    --------
    >>> from causalkit.metrics import toc_curve
    >>> curve = toc_curve([4.0, 3.0, 2.0, 1.0], [5.0, 3.0, 1.0, -1.0], shares=[0.5, 1.0])
    >>> curve["estimate"].tolist()
    [2.0, 0.0]
    """
    check_scalar_argument(alpha, "alpha", low=0, high=1, inclusive=False)
    points = _check_shares(shares)
    estimate, values = check_columns(cate_estimate=cate_estimate, scores=scores)
    ranking = _rank(estimate, values)
    # A share such as 0.15 of 100 must not become 16 units because of its last digit.
    counts = np.ceil(points * len(values) - 1e-9).astype(np.int64)
    means = np.cumsum(ranking.tie_means)[counts - 1] / counts
    influence = np.empty((len(values), len(points)))
    for column, count in enumerate(counts):
        influence[ranking.order, column] = _targeting_influence(ranking, count)
    errors = standard_errors(influence, groups=groups, network=network)
    half_width = errors.distribution.isf(alpha / 2) * errors.values
    curve = np.where(counts == len(values), 0.0, means - values.mean())
    return pd.DataFrame(
        {
            "share": points,
            "estimate": curve,
            "standard_error": errors.values,
            "conf_low": curve - half_width,
            "conf_high": curve + half_width,
        }
    )


def _check_shares(shares: ArrayLike) -> Floats:
    points = np.asarray(shares, dtype=np.float64)
    if points.ndim != 1 or not len(points):
        raise ValueError(f"shares must have shape (k,) with at least one share; got shape {points.shape}")
    bad = np.flatnonzero(~((points > 0) & (points <= 1)))
    if len(bad):
        raise ValueError(f"shares must be above 0 and at most 1; got {points[bad[0]]:g} at position {bad[0]}")
    return points


def _rank(estimate: Floats, scores: Floats) -> _Ranking:
    descending = np.zeros(len(estimate)) if is_constant(estimate) else -estimate
    _, tie, sizes = np.unique(descending, return_inverse=True, return_counts=True)
    order = np.argsort(tie, kind="stable")
    last = np.cumsum(sizes)
    means = np.bincount(tie, weights=scores) / sizes
    ranked = tie[order]
    return _Ranking(order, scores[order], means[ranked], (last - sizes + 1)[ranked], last[ranked])


def _area(ranking: _Ranking, weighting: str) -> float:
    n = ranking.n_rows
    total = np.sum(_mean_weights(n, weighting) * np.cumsum(ranking.tie_means))
    scale, share = _scales(n, weighting)
    return float(scale * total - share * ranking.scores.mean())


def _mean_weights(n: int, weighting: str) -> Floats:
    """Weight of the sum of the first k scores, k = 1..n, up to the scale."""
    return 1 / np.arange(1, n + 1) if weighting == "autoc" else np.ones(n)


def _scales(n: int, weighting: str) -> tuple[float, float]:
    """Scale of the weighted sums, and weight of the overall mean that is taken off."""
    return (1 / n, 1.0) if weighting == "autoc" else (1 / n**2, (n + 1) / (2 * n))


def _jackknife_influence(ranking: _Ranking, weighting: str) -> Floats:
    """Return n - 1 times how much the area falls when each ranked row is left out, centred.

    Leaving out a row changes nothing before its tie, replaces the mean of the rest of its tie, and takes its
    score off the sums behind, which move up by one place; cumulative sums give all three at once.
    """
    n, scores = ranking.n_rows, ranking.scores
    before, last = ranking.first - 1, ranking.last
    weights = _mean_weights(n, weighting)
    sums = _from_zero(ranking.tie_means)
    weight_sums = _from_zero(weights)
    position_sums = _from_zero(weights * np.arange(1, n + 1))
    earlier = _from_zero(weights * sums[1:])[before]
    moved_up = _from_zero(weights[:-1] * sums[2:])
    later = moved_up[n - 1] - moved_up[last - 1] - scores * (weight_sums[n - 1] - weight_sums[last - 1])
    within_weight = weight_sums[last - 1] - weight_sums[before]
    within_position = position_sums[last - 1] - position_sums[before] - before * within_weight
    own_tie = sums[before] * within_weight + _means_without(ranking) * within_position
    scale, share = _scales(n - 1, weighting)
    without = scale * (earlier + own_tie + later) - share * (n * scores.mean() - scores) / (n - 1)
    return np.asarray((n - 1) * (without.mean() - without))


def _means_without(ranking: _Ranking) -> Floats:
    """Return the mean score of each row's tie without the row itself; zero where nobody else is in it."""
    size = ranking.last - ranking.first + 1
    total = size * ranking.tie_means - ranking.scores
    return np.divide(total, size - 1, out=np.zeros(len(total)), where=size > 1)


def _from_zero(values: Floats) -> Floats:
    return np.concatenate([[0.0], np.cumsum(values)])


def _targeting_influence(ranking: _Ranking, count: int) -> Floats:
    """Return the centred influence of each ranked row on TOC at ``count`` treated rows."""
    n, scores = ranking.n_rows, ranking.scores
    if count == n:
        return np.zeros(n)
    # A tie across the threshold is treated in the same part for all its rows.
    treated = np.clip((count - ranking.first + 1) / (ranking.last - ranking.first + 1), 0.0, 1.0)
    half = max(1, int(np.ceil(n ** (2 / 3) / 2)))
    at_threshold = ranking.tie_means[max(0, count - half) : count + half].mean()
    mean = ranking.tie_means[:count].mean()
    selected = n / count * treated * (scores - at_threshold) - (mean - at_threshold)
    return np.asarray(selected - (scores - scores.mean()))
