"""From scores to an effect with an interval: picks the variance that fits the data's dependence."""

import warnings
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from causalkit._environments import group_rows
from causalkit._validation import check_choice
from causalkit.graphs._network import Network
from causalkit.inference._effects import EffectEstimate
from causalkit.inference._network_hac import network_hac_variance
from causalkit.inference._scores import Floats, check_scores
from causalkit.inference._variance import cluster_variance, iid_variance

Method = Literal["auto", "cluster", "hac", "iid"]

_METHODS = ("auto", "cluster", "hac", "iid")
_FEW_GROUPS = 30
_LARGEST_SHARE = 0.05


@dataclass(frozen=True)
class MeanVariance:
    """Covariance of means of scores, how it was computed and what that assumes.

    Attributes
    ----------
    covariance : float or ndarray, shape (k, k)
    description : str
    degrees_of_freedom : float or None
    assumptions : tuple of str
    """

    covariance: float | Floats
    description: str
    degrees_of_freedom: float | None
    assumptions: tuple[str, ...]


def mean_inference(
    scores: ArrayLike,
    *,
    network: Network | None = None,
    groups: Any = None,
    estimand: str = "mean of the scores",
    assumptions: tuple[str, ...] = (),
    method: Method = "auto",
    bandwidth: int | Literal["auto"] = "auto",
) -> EffectEstimate:
    """Estimate a mean of scores with a standard error that fits the dependence between rows.

    Many effects are means of scores, one for each row: the average treatment effect is the mean of the
    AIPW scores; any other estimate with influence values phi is the mean of ``estimate + phi``.

    ========= ============================================================================================
    method    standard error
    ========= ============================================================================================
    "cluster" rows depend on each other inside ``groups``, or inside the network's connected components
    "hac"     dependence fades with the path distance in the network (:func:`network_hac_variance`)
    "iid"     rows are independent
    "auto"    "cluster" where groups are given, or where the network falls into 30 or more components of
              which none holds 5 % of the nodes; otherwise "hac" where there are edges, and "iid" without
    ========= ============================================================================================

    Parameters
    ----------
    scores : array-like, shape (n,)
        A score for each row, in units of the outcome.
    network : Network, optional
        The links between rows, n nodes.
    groups : array-like, shape (n,), optional
        Groups of rows that are independent of each other, such as villages.
    estimand : str
        What the mean estimates, in words.
    assumptions : tuple of str
        What the scores assume; what the standard error assumes is added.
    method : {"auto", "cluster", "hac", "iid"}
        See above.
    bandwidth : int or "auto"
        Of the network kernel.

    Returns
    -------
    EffectEstimate
        ``variance`` says what was done. Intervals use Student's t: with g - 1 degrees of freedom for g
        groups, with those of :func:`network_hac_variance` for a network, and normal for "iid".

    Raises
    ------
    ValueError
        If scores are not of shape (n,) or not finite, a length does not fit, or the method needs a network
        or groups that were not given.

    Warns
    -----
    UserWarning
        If there are fewer than 30 groups.

    Examples
    --------
    >>> import numpy as np
    >>> from causalkit.inference import mean_inference
    >>> rng = np.random.default_rng(0)
    >>> village = np.repeat(np.arange(40), 5)
    >>> scores = 1.0 + rng.normal(size=40)[village] + rng.normal(size=200)
    >>> effect = mean_inference(scores, groups=village, estimand="average treatment effect")
    >>> effect.variance
    'cluster (40 groups)'
    >>> bool(effect.standard_error > 1.5 * mean_inference(scores).standard_error)
    True
    """
    values = check_scores(scores)
    if values.ndim != 1:
        raise ValueError(f"scores must have shape (n,); got shape {values.shape}")
    spread = mean_variance(values, network=network, groups=groups, method=method, bandwidth=bandwidth)
    return EffectEstimate(
        estimate=float(values.mean()),
        standard_error=float(np.sqrt(spread.covariance)),
        n_units=len(values),
        estimand=estimand,
        variance=spread.description,
        degrees_of_freedom=spread.degrees_of_freedom,
        assumptions=(*assumptions, *spread.assumptions),
    )


def mean_variance(
    scores: ArrayLike,
    *,
    network: Network | None = None,
    groups: Any = None,
    method: Method = "auto",
    bandwidth: int | Literal["auto"] = "auto",
) -> MeanVariance:
    """Return the covariance of the means of one or more scores a row, by the rule of ``mean_inference``."""
    values = check_scores(scores)
    check_choice(method, "method", _METHODS)
    if network is not None and network.n_nodes != len(values):
        raise ValueError(f"network must have a node for each score; got {network.n_nodes} and {len(values)}")
    chosen = _choose_method(network, groups) if method == "auto" else method
    if chosen == "cluster":
        return _by_groups(values, network, groups)
    if chosen == "hac":
        return _by_distance(values, network, bandwidth)
    return MeanVariance(iid_variance(values), "iid", None, ("rows are independent of each other",))


def _choose_method(network: Network | None, groups: Any) -> Method:
    if groups is not None:
        return "cluster"
    if network is None or not network.n_edges:
        return "iid"
    sizes = np.bincount(network.component_labels())
    many_small = len(sizes) >= _FEW_GROUPS and sizes.max() < _LARGEST_SHARE * network.n_nodes
    return "cluster" if many_small else "hac"


def _by_groups(values: Floats, network: Network | None, groups: Any) -> MeanVariance:
    if groups is None and network is None:
        raise ValueError("method='cluster' needs groups or a network; got neither")
    labels = network.component_labels() if groups is None and network is not None else groups
    n_groups = group_rows(labels, n_rows=len(values)).n_groups
    covariance = cluster_variance(values, labels)
    if n_groups < _FEW_GROUPS:
        warnings.warn(
            f"a standard error from {n_groups} groups is itself uncertain and often too small (30 or more "
            "are advised); the interval uses Student's t, so report the number of groups with it",
            UserWarning,
            stacklevel=4,
        )
    if groups is None:
        return MeanVariance(
            covariance,
            "cluster (by connected component)",
            n_groups - 1,
            (f"the {n_groups} connected components are independent of each other",),
        )
    assumption = _group_assumption(n_groups, network, labels)
    return MeanVariance(covariance, f"cluster ({n_groups} groups)", n_groups - 1, (assumption,))


def _group_assumption(n_groups: int, network: Network | None, labels: Any) -> str:
    text = f"the {n_groups} groups are independent of each other"
    if network is None or not network.n_edges:
        return text
    ends = group_rows(labels).codes[network.edges()]
    share = np.mean(ends[:, 0] != ends[:, 1])
    return f"{text}, although {share:.1%} of the edges join two groups" if share else text


def _by_distance(values: Floats, network: Network | None, bandwidth: int | Literal["auto"]) -> MeanVariance:
    if network is None:
        raise ValueError("method='hac' needs a network; got None")
    fit = network_hac_variance(values, network, bandwidth=bandwidth)
    raised = "raised to the iid variance" if fit.corrected else ""
    notes = [note for note in (f"bandwidth {fit.bandwidth}", fit.reduction, raised) if note]
    assumption = f"rows more than {fit.bandwidth} steps apart in the network are uncorrelated"
    return MeanVariance(
        fit.variance, f"network HAC ({'; '.join(notes)})", fit.degrees_of_freedom, (assumption,)
    )
