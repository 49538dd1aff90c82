"""How much of the rows the density-ratio weights leave, and whether that is enough."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from causalkit._results import Result
from causalkit.estimators._minimax._types import Floats
from causalkit.exceptions import OverlapWarning

_POOR_SHARE = 0.25  # fewer effective rows than this share are flagged
_TOO_FEW = 10.0  # fewer effective rows than this are refused
_LARGEST_WEIGHT = 20.0  # times the mean


@dataclass(frozen=True, repr=False)
class Overlap(Result):
    """Overlap of the mutable variables given their parents.

    Attributes
    ----------
    n_rows : int
    effective_rows : float
        (sum of weights)^2 / sum of squared weights, before clipping.
    clipped_share : float
        Share of the rows whose weight was cut to twenty times the mean.
    is_poor : bool
        Whether fewer than a quarter of the rows are effective.
    """

    n_rows: int
    effective_rows: float
    clipped_share: float
    is_poor: bool


def weigh(marginal: Floats, density: Floats) -> tuple[Floats, Overlap]:
    """Weights q(m) / p(m | parents) with mean one, cut at twenty, and what they leave of the rows."""
    raw = marginal / np.maximum(density, np.finfo(float).tiny)
    raw = raw / raw.mean()
    clipped = np.minimum(raw, _LARGEST_WEIGHT)
    effective = float(effective_rows(raw))
    poor = effective < _POOR_SHARE * len(raw)
    overlap = Overlap(len(raw), effective, float((raw > _LARGEST_WEIGHT).mean()), bool(poor))
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
    text = f"{overlap.effective_rows:.0f} effective rows of {overlap.n_rows}"
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
