"""Variance of a mean of scores that depend on each other along a network: a kernel over path distance."""

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from causalkit._results import Result
from causalkit._validation import check_choice, check_scalar_argument
from causalkit.graphs._distances import MAX_DISTANCE
from causalkit.graphs._network import Network
from causalkit.inference._balls import BallSums, ball_sums
from causalkit.inference._scores import Floats, centred_columns, check_scores, same_shape

Kernel = Literal["truncated", "parzen", "bartlett"]

_KERNELS = ("truncated", "parzen", "bartlett")
_MAX_WALKS = 400_000_000
_MAX_AUTOMATIC = 10
_MIN_DEGREES_OF_FREEDOM = 4.0


@dataclass(frozen=True)
class NetworkVariance(Result):
    """Variance of a mean along a network, and how it was computed.

    Attributes
    ----------
    variance : float or ndarray, shape (k, k)
        Variance of the mean, or covariance of the k means.
    bandwidth : int
        Largest path distance at which two scores may be correlated.
    kernel : str
        Name of the kernel.
    n_pairs : int
        Number of pairs of different nodes within the bandwidth.
    corrected : bool
        Whether the variance was raised, in some direction, to that of independent scores.
    degrees_of_freedom : float
        Of the Student t distribution for intervals.
    rule : {"automatic", "given"}
        How the bandwidth was chosen.
    reduction : str
        Why it is smaller than the rule or the caller asked for; empty where it is not.
    """

    variance: float | Floats
    bandwidth: int
    kernel: str
    n_pairs: int
    corrected: bool
    degrees_of_freedom: float
    rule: str
    reduction: str


def network_hac_variance(
    scores: ArrayLike,
    network: Network,
    *,
    bandwidth: int | Literal["auto"] = "auto",
    kernel: Kernel = "truncated",
    correction: bool = True,
) -> NetworkVariance:
    r"""Variance of a mean of scores whose dependence fades with the distance in a network.

    .. math:: V = \frac{c}{n^2} \sum_{i,j} \omega\!\left(\frac{d(i,j)}{b+1}\right)
              (\psi_i - \bar\psi)(\psi_j - \bar\psi)^T

    where d(i, j) is the number of steps between two nodes (infinite where no path leads), b the bandwidth
    and omega the kernel (Kojevnikov, Marmer & Song 2021). Three corrections make it fit for finite samples:

    - c = n / (n - r), with r the mean over nodes of the sum of kernel weights, undoes the bias of centring
      at the sample's own mean: exact for independent scores, and g / (g - 1) for g cliques of equal size.
    - A kernel over path distance need not be positive semi-definite, so V may be negative. It is kept at
      or above the variance of independent scores in every direction: with the latter V0, the eigenvalues
      of V0^(-1/2) V V0^(-1/2) below one are set to one. For one score that is max(V, V0).
    - With K the matrix of kernel weights and M the centring matrix, V has about
      tr(MKM)^2 / tr((MKM)^2) degrees of freedom (Satterthwaite; g - 1 for cliques of equal size). Where
      few are left, intervals from Student's t are wide and cover more than they promise.

    The automatic bandwidth of the truncated kernel is log(n) / (2 log(max(mean degree, 1.05))), about half
    of the mean path length (Leung 2022), rounded, and at least 2, the distance at which two nodes can share
    a neighbour; that of the other kernels is 2 log(n) / log(max(mean degree, 1.05)), rounded down
    (Kojevnikov, Marmer & Song 2021). It is at most 10, and is reduced until 4 degrees of freedom are
    left and there are at most 400 million walks of that length (the cost of finding the pairs).

    Parameters
    ----------
    scores : array-like, shape (n,) or (n, k)
        Scores whose mean is the estimate; with k columns, influence values of k estimates.
    network : Network
        Its n nodes are the rows of ``scores``; weights of edges are not used.
    bandwidth : int or "auto"
        b above, at most 126; 0 treats the scores as independent.
    kernel : {"truncated", "parzen", "bartlett"}
        "truncated" weighs all pairs within the bandwidth by one. The others fade out: their variance is
        less noisy and too small where near nodes are strongly dependent.
    correction : bool
        False leaves out the three corrections and gives the formula with c = 1, which may be negative.

    Returns
    -------
    NetworkVariance
        ``variance`` (the square of the standard error, or a (k, k) covariance), ``bandwidth``, ``kernel``,
        ``n_pairs``, ``corrected``, ``degrees_of_freedom``, ``rule`` and ``reduction``.

    Raises
    ------
    ValueError
        If scores are not finite or not as many as nodes, a setting is invalid, or the given bandwidth
        reaches so much of the network that less than one degree of freedom is left.

    Warns
    -----
    UserWarning
        If a given bandwidth had to be reduced, or the network is too dense for any bandwidth above 0.

    References
    ----------
    Kojevnikov, D., Marmer, V. & Song, K. (2021). Limit theorems for network dependent random variables.
    Journal of Econometrics 222(2). Leung, M. P. (2022). Causal inference under approximate neighborhood
    interference. Econometrica 90(1).

    Examples
    --------
    A ring of 200 nodes whose scores share a part with the next node:

    >>> import numpy as np
    >>> from causalkit.graphs import Network
    >>> from causalkit.inference import network_hac_variance
    >>> ring = Network.from_edges([(i, (i + 1) % 200) for i in range(200)])
    >>> noise = np.random.default_rng(0).normal(size=200)
    >>> shared = noise + np.roll(noise, 1)
    >>> near = network_hac_variance(shared, ring, bandwidth=1)
    >>> near.bandwidth, near.n_pairs
    (1, 200)
    >>> alone = network_hac_variance(shared, ring, bandwidth=0)
    >>> 1.5 < near.variance / alone.variance < 2.5
    True
    """
    values = check_scores(scores)
    check_choice(kernel, "kernel", _KERNELS)
    if network.n_nodes != len(values):
        raise ValueError(f"network must have a node for each score; got {network.n_nodes} and {len(values)}")
    asked = _asked_bandwidth(bandwidth, network, kernel)
    columns = centred_columns(values)
    balls = ball_sums(network, columns, asked, _MAX_WALKS)
    chosen, reduction = _choose_bandwidth(bandwidth, asked, balls, kernel, correction)
    fit = _WeightedPairs(balls, chosen, kernel)
    covariance = fit.quadratic_form(columns) / len(values) ** 2
    raised = False
    if correction:
        floor = columns.T @ columns / (len(values) * (len(values) - 1))
        covariance, raised = _raise_to(floor, covariance * fit.centring_factor)
    return NetworkVariance(
        variance=same_shape(covariance, values),
        bandwidth=chosen,
        kernel=kernel,
        n_pairs=int(balls.counts[chosen].sum() - len(values)) // 2,
        corrected=raised,
        degrees_of_freedom=fit.degrees_of_freedom,
        rule="automatic" if bandwidth == "auto" else "given",
        reduction=reduction,
    )


class _WeightedPairs:
    """All pairs of nodes with their kernel weights, known through counts and sums over balls only.

    The weights fall in steps, so the kernel is a sum of balls: sum over s of (w_s - w_(s+1)) 1{d <= s}.
    """

    def __init__(self, balls: BallSums, bandwidth: int, kernel: str) -> None:
        weights = _kernel_weights(kernel, bandwidth)
        self._steps = weights - np.append(weights[1:], 0.0)
        self._sums = balls.sums[: bandwidth + 1]
        counts = balls.counts[: bandwidth + 1]
        n = counts.shape[1]
        row_sums = self._steps @ counts
        in_rings = np.diff(counts.sum(axis=1), prepend=0)
        mean_row_sum = row_sums.sum() / n
        self._n = n
        self._trace = n - mean_row_sum
        self._squares = weights**2 @ in_rings - 2 * row_sums @ row_sums / n + mean_row_sum**2

    @property
    def degrees_of_freedom(self) -> float:
        # Where a kernel of ones covers everything, both are rounding errors around zero.
        if self._trace < 1e-9 * self._n:
            return 0.0
        return float(self._trace**2 / self._squares)

    @property
    def centring_factor(self) -> float:
        return float(self._n / self._trace)

    def quadratic_form(self, columns: Floats) -> Floats:
        form = columns.T @ np.tensordot(self._steps, self._sums, axes=1)
        return (form + form.T) / 2


def _kernel_weights(kernel: str, bandwidth: int) -> Floats:
    """Return the weights of the distances 0 to ``bandwidth``."""
    x = np.arange(bandwidth + 1) / (bandwidth + 1)
    if kernel == "truncated":
        return np.ones_like(x)
    if kernel == "bartlett":
        return 1 - x
    return np.where(x <= 0.5, 1 - 6 * x**2 + 6 * x**3, 2 * (1 - x) ** 3)


def _asked_bandwidth(bandwidth: int | str, network: Network, kernel: str) -> int:
    if bandwidth != "auto":
        if isinstance(bandwidth, str):
            raise ValueError(f"bandwidth must be 'auto' or an integer of at least 0; got {bandwidth!r}")
        return int(check_scalar_argument(bandwidth, "bandwidth", integer=True, low=0, high=MAX_DISTANCE))
    if not network.n_edges:
        return 0
    mean_degree = 2 * network.n_edges / network.n_nodes
    path_length = np.log(network.n_nodes) / np.log(max(mean_degree, 1.05))
    rule = max(2, round(path_length / 2)) if kernel == "truncated" else max(1, int(2 * path_length))
    return min(rule, _MAX_AUTOMATIC)


def _choose_bandwidth(
    bandwidth: int | str, asked: int, balls: BallSums, kernel: str, correction: bool
) -> tuple[int, str]:
    if bandwidth == "auto":
        return _reduce_automatic(asked, balls, kernel)
    reached = balls.max_distance
    if correction:
        _check_degrees_of_freedom(reached, balls, kernel)
    if reached == asked:
        return asked, ""
    reduction = f"reduced from {asked}: more than {_MAX_WALKS:,} walks of {reached + 1} steps"
    warnings.warn(f"bandwidth={reached} is used, {reduction}", UserWarning, stacklevel=3)
    return reached, reduction


def _reduce_automatic(asked: int, balls: BallSums, kernel: str) -> tuple[int, str]:
    chosen = balls.max_distance
    while chosen and _WeightedPairs(balls, chosen, kernel).degrees_of_freedom < _MIN_DEGREES_OF_FREEDOM:
        chosen -= 1
    if chosen == asked:
        return chosen, ""
    if chosen == 0:
        warnings.warn(
            "the network is too dense to estimate dependence along it, so the scores are taken as "
            "independent; give groups of rows that are independent of each other instead",
            UserWarning,
            stacklevel=4,
        )
    cause = "to keep degrees of freedom" if chosen < balls.max_distance else "to limit the work"
    return chosen, f"reduced from {asked} {cause}"


def _check_degrees_of_freedom(bandwidth: int, balls: BallSums, kernel: str) -> None:
    left = _WeightedPairs(balls, bandwidth, kernel).degrees_of_freedom
    if left < 1:
        raise ValueError(
            f"bandwidth={bandwidth} reaches too much of the network: {left:.2g} degrees of freedom are left "
            "and one is needed; choose a smaller bandwidth or 'auto'"
        )


def _raise_to(floor: Floats, covariance: Floats) -> tuple[Floats, bool]:
    """Return the covariance with no direction below the floor, and whether any was."""
    scale = np.sqrt(np.diag(floor))
    # Columns of very different units would hide small ones behind the rounding errors of large ones.
    units = np.outer(scale, scale) + (scale == 0) + (scale == 0)[:, None]
    values, vectors = np.linalg.eigh(floor / units)
    kept = values > 1e-12
    # Directions in which the scores do not vary have no variance in either matrix.
    if not kept.any():
        return floor, False
    root = vectors[:, kept] * np.sqrt(values[kept])
    inverse = vectors[:, kept] / np.sqrt(values[kept])
    ratios, directions = np.linalg.eigh(inverse.T @ (covariance / units) @ inverse)
    turned = root @ directions
    raised = (turned * np.maximum(ratios, 1.0)) @ turned.T
    return (raised + raised.T) / 2 * units, bool(ratios.min() < 1 - 1e-9)
