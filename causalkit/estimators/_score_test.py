"""Score test: do residual products depend on blocks of functions? Calibrated by sign flips of groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from causalkit.nuisance._gram import Design

Array = NDArray[np.float64]
Index = NDArray[np.intp]

_DRAWS_BYTES = 64 * 2**20


@dataclass(frozen=True)
class ScoreTest:
    """Largest standardised score of a block or a group of blocks, its p-value, and all scores."""

    statistic: float
    pvalue: float
    scores: pd.Series
    n_groups: int


def block_score_test(
    design: Design,
    gram: Array,
    score: Array,
    groups: Index,
    *,
    null_blocks: Sequence[int],
    tested: Mapping[str, Sequence[int]],
    n_draws: int,
    seed: int,
) -> ScoreTest:
    """Test that sum_i score_i phi(z_i) has mean zero for the functions phi of some blocks.

    Under the null hypothesis the score s_i = Tr_i (Yr_i - Tr_i tau_0(z_i)) is uncorrelated with any function
    of the features. Each function is first cleared of what the null model spans (`null_blocks`, weights Tr^2,
    from `gram`), so that errors in tau_0 do not count. For each entry of `tested` the squared length of the
    sum is standardised by its sign-flip distribution; the largest is the statistic, compared with the largest
    of the same flips.
    """
    sums = _group_scores(design, score, groups)
    draws: list[Array] = []
    observed: list[float] = []
    null = design.columns_of(null_blocks)
    for blocks in tested.values():
        columns = design.columns_of(blocks)
        cleared = sums[:, columns] - sums[:, null] @ _projection(gram, null, columns)
        observed.append(float((cleared.sum(axis=0) ** 2).sum()))
        draws.append(_flipped_lengths(cleared, n_draws, np.random.default_rng(seed)))
    flipped = np.array(draws)
    centre, spread = flipped.mean(axis=1), np.maximum(flipped.std(axis=1), 1e-300)
    z = (np.array(observed) - centre) / spread
    reference = ((flipped - centre[:, None]) / spread[:, None]).max(axis=0)
    pvalue = (1 + np.sum(reference >= z.max())) / (1 + n_draws)
    scores = pd.Series(z, index=list(tested), name="score").sort_values(ascending=False)
    return ScoreTest(float(z.max()), float(pvalue), scores, len(sums))


def _group_scores(design: Design, score: Array, groups: Index) -> Array:
    """Sums of score times design over each group of rows, (n_groups, n_columns)."""
    from scipy.sparse import csr_array

    n_groups = int(groups.max()) + 1
    out = np.zeros((n_groups, design.n_columns))
    for where, rows in design.iterate():
        code, value = groups[where], score[where].astype(np.float32)
        member = csr_array((value, (code, np.arange(len(code)))), shape=(n_groups, len(code)))
        out += member @ rows
    return out


def _projection(gram: Array, null: Index, columns: Index) -> Array:
    system = gram[np.ix_(null, null)].copy()
    system[np.diag_indices_from(system)] *= 1 + 1e-5
    system[np.diag_indices_from(system)] += 1e-6 * np.trace(system) / len(system)
    return np.asarray(cho_solve(cho_factor(system), gram[np.ix_(null, columns)]))


def _flipped_lengths(scores: Array, n_draws: int, rng: np.random.Generator) -> Array:
    """Squared length of the sum with a random sign for each group; the same signs for every block."""
    step = max(1, _DRAWS_BYTES // (8 * len(scores)))
    parts = []
    for start in range(0, n_draws, step):
        signs = rng.integers(2, size=(min(step, n_draws - start), len(scores))) * 2.0 - 1.0
        parts.append(((signs @ scores) ** 2).sum(axis=1))
    return np.concatenate(parts)
