"""Paired bootstrap of two methods on splits that share their test rows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

N_RESAMPLES = 2000
SEED = 0


@dataclass(frozen=True)
class Difference:
    """Mean over splits of the largest risk of a test environment: first method minus second."""

    estimate: float
    low: float
    high: float
    splits_won: int
    n_splits: int


def paired_difference(first: pd.DataFrame, second: pd.DataFrame) -> Difference:
    """95 % interval for rows resampled within their environment, alike for both methods and all splits.

    The fits are held fixed, so that only the noise of the test rows counts.
    """
    draws = sorted(set(first["draw"]) & set(second["draw"]))
    texts = [frame.set_index("draw")["rows"].loc[draws] for frame in (first, second)]
    splits = [[pd.DataFrame(json.loads(text)) for text in each] for each in texts]
    everything = pd.concat(splits[0]).drop_duplicates("row").sort_values("row")
    weights = np.vstack([np.ones(len(everything)), _resampled(everything["environment"].to_numpy())])
    risks = [_largest_risks(each, everything["row"].to_numpy(), weights) for each in splits]
    gaps = risks[0] - risks[1]
    means = gaps.mean(axis=1)
    low, high = np.quantile(means[1:], [0.025, 0.975])
    return Difference(float(means[0]), float(low), float(high), int((gaps[0] < 0).sum()), len(draws))


def _resampled(environments: NDArray[np.int64]) -> Floats:
    """How often each row comes in resamples of its environment, shape (N_RESAMPLES, n)."""
    rng = np.random.default_rng(SEED)
    weights = np.zeros((N_RESAMPLES, len(environments)))
    for label in np.unique(environments):
        place = np.flatnonzero(environments == label)
        weights[:, place] = rng.multinomial(len(place), np.full(len(place), 1 / len(place)), N_RESAMPLES)
    return weights


def _largest_risks(splits: list[pd.DataFrame], rows: NDArray[np.int64], weights: Floats) -> Floats:
    """Largest environment risk of every split for every set of weights, shape (n_weights, n_splits)."""
    answer = np.empty((len(weights), len(splits)))
    for number, split in enumerate(splits):
        ordered = split.sort_values(["environment", "row"])
        chosen = weights[:, np.searchsorted(rows, ordered["row"].to_numpy())]
        starts = np.flatnonzero(np.diff(ordered["environment"], prepend=-1))
        ends = [*starts, len(ordered)]
        sums = np.add.reduceat(chosen * ordered["loss"].to_numpy(), starts, axis=1)
        answer[:, number] = (sums / [stop - start for start, stop in pairwise(ends)]).max(axis=1)
    return answer
