"""How much of the rows the density-ratio weights leave, and whether that is enough."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from causalkit._results import Result
from causalkit.estimators._minimax._types import Floats
from causalkit.exceptions import OverlapWarning

_POOR_SHARE = 0.25  # fewer effective rows than this share are flagged
_POOR_COVER = 0.7
_TOO_FEW = 10.0  # fewer effective rows than this are refused
_ENOUGH_PER_LEVEL = 100.0
_LARGEST_WEIGHT = 20.0  # times the mean


@dataclass(frozen=True, repr=False)
class Overlap(Result):
    """Overlap of the mutable variables given their parents.

    Attributes
    ----------
    n_rows : int
    effective_rows : float
        (sum of weights)^2 / sum of squared weights, which are cut at twenty times their mean.
    clipped_share : float
        Share of the rows whose weight was cut to twenty times the mean.
    is_poor : bool
        Whether fewer than a quarter of the rows are effective, or values that cover less than 70 % of the
        marginal law occur for given parents.
    rows_per_level : float
        Effective rows for each joint level of the mutable variables (15 bins of a continuous one).
    covered_share : float
        Estimated share of the marginal law of the mutable variables that occurs for given parents: one unless
        parents decide a part of the values. The mean of the weights before they are scaled to mean one.
    """

    n_rows: int
    effective_rows: float
    clipped_share: float
    is_poor: bool
    rows_per_level: float = np.nan
    covered_share: float = 1.0

    @property
    def is_thin(self) -> bool:
        """Whether rows for each joint level are too few to find the worst change, whose risk is then too low.

        In the worlds of ``make_mutable_scm`` it was found from about 100 on.
        """
        return bool(self.rows_per_level < _ENOUGH_PER_LEVEL)


def weigh(marginal: Floats, density: Floats) -> tuple[Floats, Overlap]:
    """Weights q(m) / p(m | parents) with mean one, cut at twenty, and what they leave of the rows."""
    raw = marginal / np.maximum(density, np.finfo(float).tiny)
    clipped = np.minimum(raw / raw.mean(), _LARGEST_WEIGHT)
    effective, covered = float(effective_rows(clipped)), min(float(raw.mean()), 1.0)
    overlap = Overlap(
        n_rows=len(raw),
        effective_rows=effective,
        clipped_share=float((raw > _LARGEST_WEIGHT * raw.mean()).mean()),
        is_poor=effective < _POOR_SHARE * len(raw) or covered < _POOR_COVER,
        covered_share=covered,
    )
    return clipped / clipped.mean(), overlap


def effective_rows(weights: Floats) -> Floats:
    """(sum of weights)^2 / sum of squared weights, of one law (n,) or of several (n, k)."""
    return np.asarray(weights.sum(axis=0) ** 2 / np.maximum((weights**2).sum(axis=0), np.finfo(float).tiny))


def report_overlap(overlap: Overlap) -> None:
    """Warn about poor overlap; refuse where hardly a row is left.

    Raises
    ------
    ValueError
        If fewer than ten rows are effective.
    """
    text = (
        f"{overlap.effective_rows:.0f} effective rows of {overlap.n_rows}, {overlap.covered_share:.0%} of "
        "the values covered"
    )
    if overlap.effective_rows < _TOO_FEW:
        raise ValueError(
            "the mutable variables must vary for given parents, or no risk under their change can be "
            f"estimated; got {text}"
        )
    if overlap.is_poor:
        warnings.warn(
            f"The mutable variables hardly vary for given parents ({text}): worst-case risks rest on few "
            "rows and may be far too low. Add environments with other mechanisms, or narrow mutable_range.",
            OverlapWarning,
            stacklevel=6,  # the caller of an estimator's fit
        )
