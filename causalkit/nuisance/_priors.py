"""Prior of a list of blocks, and which blocks each fold's training rows chose."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from causalkit.nuisance._blocks import Block
from causalkit.nuisance._evidence import Prior

Pair = tuple[int, int]

_FIXED_VARIANCE = 4.0  # of an intercept, for an outcome of unit variance: as good as flat
_START_VARIANCE = 0.09
_SHRINK = {"pair": 4.0}  # pairs were picked from many, so they must earn more to stay
_SHRINK_OTHER = 2.0


def block_prior(blocks: Sequence[Block]) -> Prior:
    """The prior that a fit starts from: intercepts fixed, all other blocks alike."""
    fixed = np.array([b.kind == "intercept" for b in blocks])
    shrink = np.array([_SHRINK.get(b.kind, _SHRINK_OTHER) for b in blocks])
    of_column = np.repeat(np.arange(len(blocks)), [b.size for b in blocks])
    return Prior(of_column, fixed, shrink, np.where(fixed, _FIXED_VARIANCE, _START_VARIANCE))


def chosen_blocks(
    main: NDArray[np.bool_], pairs: Sequence[Pair], choices: Sequence[Sequence[Pair]]
) -> NDArray[np.bool_]:
    """(n_choices, n_main + n_pairs): the main blocks that a choice admits, and the pairs that it named."""
    picked = [[pair in set(choice) for pair in pairs] for choice in choices]
    return np.hstack([main, np.array(picked, bool).reshape(len(choices), len(pairs))])
