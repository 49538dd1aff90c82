"""Whether an arrow of the best graph is better supported than the best graph without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from scipy.stats import chi2

from causalkit._results import Result
from causalkit.estimators._mixed._features import Floats
from causalkit.estimators._search._dags import search_dag

Graph = tuple[tuple[int, ...], ...]

_GATE_LEVEL = 0.01
STRICT_LEVEL = 0.005
_OPEN_LEVEL = 0.5
# A finite loss that no graph makes up for.
_FORBIDDEN = -1e100


class FamilyScores(Protocol):
    """What the evidence needs of scores."""

    @property
    def counts(self) -> Floats:
        """How often each environment counts."""

    def score(self, v: int, parents: tuple[int, ...]) -> float:
        """Penalised log-likelihood of a family."""

    def by_environment(self, v: int, parents: tuple[int, ...]) -> Floats:
        """Log-likelihood of a family in each environment."""


@dataclass(frozen=True, repr=False)
class OrientationEvidence(Result):
    """How well an arrow is supported; made by :func:`orientation_evidence`.

    Attributes
    ----------
    gap : float
        Score in nats that the best graph without the arrow loses.
    statistic : float
        Twice the gap, or what is left of it in view of its spread over environments.
    pvalue : float
        That the two graphs explain the table equally well.
    is_reversal : bool
        Whether the other graph turns the arrow round.
    """

    gap: float
    statistic: float
    pvalue: float
    is_reversal: bool


def orientation_evidence(
    scores: FamilyScores, parents: Graph, u: int, v: int, *, max_parents: int | None = None
) -> OrientationEvidence:
    r"""Compare the best graph with the best one that lacks its arrow u -> v.

    With the gap D between the penalised log-likelihoods, and :math:`\delta_e` what environment e adds to the
    difference of the log-likelihoods, the statistic is

    .. math:: T = \min\left(2 D, \; \frac{4 D^2}{\sum_e \delta_e^2}\right).

    **Why.** Let all mechanisms be linear with own intercepts of one intraclass correlation. Both directions
    of an arrow that nothing else decides then contain the truth, with one spare ratio of variances each. With
    normal noise, 2 D is :math:`a^2 - b^2` and the sum of :math:`\delta_e^2` is
    :math:`a^2 + b^2 - 2 a b \cos 2\phi`, where a and b are standard normals of correlation
    :math:`\cos 2\phi`, which the strength of the arrow decides. So :math:`2 D / (\sum_e \delta_e^2)^{1/2}` is
    standard normal whatever :math:`\phi`, and T is at most chi-squared with one degree of freedom. With other
    noise, D and its spread grow together. The smaller of the two forms is safe where two graphs are one model
    up to rounding.

    Parameters
    ----------
    scores : FamilyScores
        As :class:`~causalkit.estimators._mixed._model_score.MixedModelScores`.
    parents : tuple of tuple of int
        Parents of each variable in the best graph.
    u, v : int
        The arrow.
    max_parents : int, optional
        The search's limit.

    Returns
    -------
    OrientationEvidence

    Raises
    ------
    ValueError
        If the graph has no arrow u -> v.
    """
    if u not in parents[v]:
        raise ValueError(f"the graph must have the arrow {u} -> {v}; got parents {parents[v]} of {v}")
    rival = _best_without(scores, len(parents), u, v, max_parents)
    changed = [w for w, own in enumerate(parents) if own != rival[w]]
    gap = max(sum(scores.score(w, parents[w]) - scores.score(w, rival[w]) for w in changed), 0.0)
    parts = sum(scores.by_environment(w, parents[w]) - scores.by_environment(w, rival[w]) for w in changed)
    spread = float(scores.counts @ parts**2)
    statistic = min(2 * gap, 4 * gap**2 / spread) if spread else 0.0
    return OrientationEvidence(float(gap), statistic, float(chi2.sf(statistic, 1)), v in rival[u])


def level_for_arrows(equal_icc_pvalue: float) -> float:
    """Return the level below which p-values of arrows must lie to be stated.

    Where a test of the whole table rejects i.i.d. rows and equal intraclass correlations, directions are
    identified and the better one is taken unless the two are about even; otherwise only clear evidence
    counts.
    """
    return _OPEN_LEVEL if equal_icc_pvalue < _GATE_LEVEL else STRICT_LEVEL


def _best_without(scores: FamilyScores, n_variables: int, u: int, v: int, max_parents: int | None) -> Graph:
    def score(child: int, parents: tuple[int, ...]) -> float:
        return _FORBIDDEN if child == v and u in parents else scores.score(child, parents)

    return search_dag(score, n_variables, max_parents=max_parents).parents
