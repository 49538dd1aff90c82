"""Resampling of whole groups of rows: block bootstrap, and draws with random signs for tests."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import ArrayLike, NDArray

from causalkit._environments import Groups, group_rows
from causalkit._random import RandomState, child_generators
from causalkit._results import Result
from causalkit._validation import check_choice, check_scalar_argument
from causalkit.inference._scores import Floats, check_scores
from causalkit.inference._variance import group_sums

Statistic = Callable[[NDArray[np.int64]], float | Floats]

_CHUNK = 4_000_000
_WEBB: Floats = np.sqrt([0.5, 1.0, 1.5])


@dataclass(frozen=True)
class BootstrapResult(Result):
    """Replications of a statistic under resampling of groups.

    Attributes
    ----------
    estimate : float or ndarray, shape (k,)
        The statistic on the data.
    standard_error : float or ndarray, shape (k,)
        Standard deviation of the replications.
    replications : ndarray, shape (n_replications,) or (n_replications, k)
        The statistic on each resample.
    n_groups : int
        Number of groups that were drawn from.
    """

    estimate: float | Floats
    standard_error: float | Floats
    replications: Floats
    n_groups: int

    def conf_int(self, alpha: float = 0.05) -> tuple[Any, Any]:
        """Return the quantiles ``alpha / 2`` and ``1 - alpha / 2`` of the replications."""
        check_scalar_argument(alpha, "alpha", low=0, high=1, inclusive=False)
        low, high = np.quantile(self.replications, [alpha / 2, 1 - alpha / 2], axis=0)
        return low, high


def block_bootstrap(
    scores: ArrayLike | Statistic,
    groups: Any,
    *,
    n_replications: int = 999,
    random_state: RandomState = None,
    n_jobs: int | None = None,
) -> BootstrapResult:
    """Resample whole groups of rows, with replacement, and recompute a mean or any statistic.

    Each replication draws as many groups as there are, so that dependence inside groups (villages,
    communities of a network) is kept. Groups must be independent of each other, or nearly: on a network
    that does not fall into communities the standard error is too small, and
    :func:`network_hac_variance` is the better choice.

    Parameters
    ----------
    scores : array-like of shape (n,) or (n, k), or callable
        Scores whose mean is the statistic; or a function that takes row positions (ascending within a
        group, repeated where a group was drawn twice) and returns a number or an array of shape (k,).
    groups : array-like, shape (n,)
        The group of each row.
    n_replications : int
        Number of resamples.
    random_state : int, Generator, RandomState or None
        Seed; the replications are the same for every ``n_jobs``.
    n_jobs : int, optional
        Number of parallel jobs for a callable (joblib).

    Returns
    -------
    BootstrapResult
        ``estimate``, ``standard_error``, ``replications``, ``n_groups`` and ``conf_int(alpha)``.

    Raises
    ------
    ValueError
        If scores are not finite, fewer than two groups are given, or the statistic changes its shape.

    References
    ----------
    Cameron, A. C., Gelbach, J. B. & Miller, D. L. (2008). Bootstrap-based improvements for inference with
    clustered errors. Review of Economics and Statistics 90(3).

    Examples
    --------
    >>> import numpy as np
    >>> from causalkit.inference import block_bootstrap
    >>> rng = np.random.default_rng(0)
    >>> village = np.repeat(np.arange(50), 10)
    >>> scores = rng.normal(size=50)[village] + rng.normal(size=500)
    >>> by_village = block_bootstrap(scores, village, random_state=0)
    >>> by_row = block_bootstrap(scores, np.arange(500), random_state=0)
    >>> bool(by_village.standard_error > 2 * by_row.standard_error)
    True
    >>> def median(rows):
    ...     return np.median(scores[rows])
    >>> block_bootstrap(median, village, n_replications=99, random_state=0).replications.shape
    (99,)
    """
    check_scalar_argument(n_replications, "n_replications", integer=True, low=2)
    generators = child_generators(random_state, n_replications)
    if callable(scores):
        grouped = _at_least_two(group_rows(groups))
        estimate = np.asarray(scores(np.arange(grouped.n_rows)), dtype=np.float64)
        runs = Parallel(n_jobs=n_jobs)(delayed(_replicate)(scores, grouped, rng) for rng in generators)
        replications = _stacked(runs, estimate)
        return _summarise(estimate, replications, grouped.n_groups)
    values = check_scores(scores)
    sums, sizes = group_sums(values.reshape(len(values), -1), groups)
    means = [_resampled_mean(sums, sizes, rng) for rng in generators]
    replications = np.stack(means).reshape(n_replications, *values.shape[1:])
    return _summarise(values.mean(axis=0), replications, len(sizes))


def multiplier_draws(
    scores: ArrayLike,
    groups: Any,
    *,
    n_draws: int = 999,
    weights: Literal["rademacher", "webb"] = "rademacher",
    random_state: RandomState = None,
) -> Floats:
    """Draw the mean of the scores with the scores of each group multiplied by one random weight.

    A draw is (1/n) sum over groups of v_g times the group's sum of scores. Under the hypothesis that the
    scores have mean zero, the draws follow the distribution of their mean, whatever the dependence inside
    groups (score bootstrap, Kline & Santos 2012). The scores are not centred here.

    Parameters
    ----------
    scores : array-like, shape (n,) or (n, k)
    groups : array-like, shape (n,)
    n_draws : int
    weights : {"rademacher", "webb"}
        Signs; or Webb's six points of mean 0 and variance 1, for fewer than about ten groups.
    random_state : int, Generator, RandomState or None

    Returns
    -------
    ndarray, shape (n_draws,) or (n_draws, k)
    """
    check_scalar_argument(n_draws, "n_draws", integer=True, low=1)
    check_choice(weights, "weights", ("rademacher", "webb"))
    values = check_scores(scores)
    sums, _ = group_sums(values.reshape(len(values), -1), groups)
    (rng,) = child_generators(random_state, 1)
    step = max(1, _CHUNK // len(sums))
    chunks = [
        _random_weights(rng, weights, (min(step, n_draws - start), len(sums))) @ sums
        for start in range(0, n_draws, step)
    ]
    return np.concatenate(chunks).reshape(n_draws, *values.shape[1:]) / len(values)


def _random_weights(rng: np.random.Generator, weights: str, shape: tuple[int, int]) -> Floats:
    signs: Floats = rng.choice(np.array([-1.0, 1.0]), size=shape)
    if weights == "webb":
        signs *= _WEBB[rng.integers(len(_WEBB), size=shape)]
    return signs


def _at_least_two(grouped: Groups) -> Groups:
    if grouped.n_groups < 2:
        raise ValueError(f"groups must hold at least two different groups; got {grouped.n_groups}")
    return grouped


def _replicate(statistic: Statistic, grouped: Groups, rng: np.random.Generator) -> Floats:
    drawn = rng.integers(grouped.n_groups, size=grouped.n_groups)
    rows = np.concatenate([grouped.rows(int(i)) for i in drawn])
    return np.asarray(statistic(rows), dtype=np.float64)


def _resampled_mean(sums: Floats, sizes: Floats, rng: np.random.Generator) -> Floats:
    drawn = rng.integers(len(sizes), size=len(sizes))
    return np.asarray(sums[drawn].sum(axis=0) / sizes[drawn].sum())


def _stacked(runs: list[Floats], estimate: Floats) -> Floats:
    for run in runs:
        if run.shape != estimate.shape or run.ndim > 1:
            raise ValueError(
                "scores must return a number or an array of shape (k,), the same for all resamples; "
                f"got shapes {estimate.shape} and {run.shape}"
            )
    return np.stack(runs)


def _summarise(estimate: Floats, replications: Floats, n_groups: int) -> BootstrapResult:
    spread = np.asarray(replications.std(axis=0, ddof=1), dtype=np.float64)
    if np.ndim(estimate) == 0:
        return BootstrapResult(float(estimate), float(spread), replications, n_groups)
    return BootstrapResult(np.asarray(estimate), spread, replications, n_groups)
