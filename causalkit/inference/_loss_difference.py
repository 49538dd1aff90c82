"""How much more loss one prediction has than another, as a share of a variance."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalkit.graphs._network import Network
from causalkit.inference._effects import EffectEstimate
from causalkit.inference._mean_inference import mean_inference

_PRICE = "price of robustness, as a share of the outcome's variance in the training population"
_ASSUMPTIONS = (
    "the rows are drawn from the training environments in their training shares",
    "neither prediction was fitted on these rows",
)


def price_estimate(
    outcome: NDArray[np.float64],
    robust: NDArray[np.float64],
    pooled: NDArray[np.float64],
    scale: float,
    *,
    groups: Any = None,
    network: Network | None = None,
) -> EffectEstimate:
    """Mean difference of the squared errors (n,) of two predictions, divided by `scale`."""
    losses = ((outcome - robust) ** 2 - (outcome - pooled) ** 2) / scale
    return mean_inference(losses, groups=groups, network=network, estimand=_PRICE, assumptions=_ASSUMPTIONS)
