"""What every world with mutable variables tells its generator: names, arrows, rows, exact risks."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from itertools import chain, combinations
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Columns = dict[str, NDArray[np.float64] | NDArray[np.int64]]
Subset = frozenset[str]
Risks = dict[Subset, float]
EnvironmentRisks = dict[Subset, Floats]

OUTCOME = "y"

# At least as many noises as any world has; one stream each, so that a noise is the same for every `follow`.
N_STREAMS = 12


class MutableWorld(ABC):
    """A causal model whose mutable variables have a mechanism of their own in each environment.

    Only mutable variables may depend on ``follow``.
    """

    formula: ClassVar[str]
    arrows: ClassVar[tuple[tuple[str, str], ...]]
    stable: ClassVar[tuple[str, ...]]
    mutable: ClassVar[tuple[str, ...]]
    default_follow: ClassVar[tuple[float, ...]] = (0.0, 0.0, 0.05, 0.1)
    follow_is_probability: ClassVar[bool] = True
    default_n_rows: ClassVar[int] = 2000

    @abstractmethod
    def draw(self, follow: Floats, streams: Sequence[np.random.Generator]) -> Columns:
        """Return a column for each variable from ``follow`` of each row and one stream for each noise."""

    def worst_case_risk(self) -> Risks | None:
        """Return the exact worst-case risk of every subset of the stable variables, None if not known."""
        return None

    def environment_risk(self, follow: Floats) -> EnvironmentRisks | None:
        """Return the exact risk of every subset's predictor for each ``follow``, None if not known."""
        return None


def subsets(names: Sequence[str]) -> Iterator[Subset]:
    """Return all subsets of ``names``, small ones first."""
    sizes = range(len(names) + 1)
    return (frozenset(each) for each in chain.from_iterable(combinations(names, size) for size in sizes))
