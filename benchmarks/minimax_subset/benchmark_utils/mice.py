"""Splits of the mouse blood counts, whose file is the user's."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from benchmark_utils.problems import Draw, Problem, Table, half_of
from causalkit.datasets import load_impc

VARIABLE = "CAUSALKIT_IMPC"
# Most mice are in the training rows of every split.
CROSS_FIT_EVERY = 5


def mouse_draws(fixed: Sequence[int], n_draws: int, seed: int, path: str | None = None) -> list[Draw]:
    """Return the first splits, numbered from 0; none where neither path nor variable names a file.

    The splits are given; the seed deals the training rows into two halves.
    """
    path = path or os.environ.get(VARIABLE)
    if not path:
        return []
    mice = load_impc(path, fixed=fixed)
    everything = Table(mice.X, mice.y, mice.environments)
    rng = np.random.default_rng(seed)
    draws = []
    for number, (training, testing) in enumerate(mice.splits[:n_draws]):
        train, test = (
            everything.rows(mice.environments.isin(part).to_numpy()) for part in (training, testing)
        )
        half = half_of(train.environments, rng) if number % CROSS_FIT_EVERY == 0 else None
        problem = Problem(train, mice.causal_graph, mice.mutable, half)
        draws.append(Draw(problem, number, test=test, keep_rows=True))
    return draws
