"""What a solver answers for one data set, and how right it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmark_utils.undecided import undecided_arrows

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Answer:
    """Arrows between the columns of one data set; all matrices have shape (d, d).

    `stated` has 1 in row u and column v for an arrow u -> v that the method states. `left_open` marks pairs,
    both ways, that it does not answer: a direction that cannot be known, a violation, an edge without an
    arrow. `forced` is the answer without abstaining, with 0.5 both ways for an edge that has no direction
    even then: a fair coin. `flagged`: the method says that its assumptions are violated.
    """

    stated: Floats
    left_open: NDArray[np.bool_]
    forced: Floats
    flagged: bool = False

    @classmethod
    def always(cls, arrows: Floats) -> Answer:
        """From a method that answers for every pair."""
        return cls(arrows, np.zeros(arrows.shape, dtype=bool), arrows)


def probability_of_truth(answer: Floats, truth: Floats) -> float:
    """Chance that the answer is the true graph if each open edge is oriented by a fair coin."""
    named = truth * answer
    neither = (1 - truth - truth.T) * (1 - answer - answer.T)
    return float(np.prod((named + named.T + neither)[np.triu_indices(len(truth), k=1)]))


def normalised_distance(answer: Floats, truth: Floats) -> float:
    """|answer xor truth| / (|answer| + |truth|) over arrows; 0 where neither has any.

    An open edge counts as half an arrow each way, which is the mean over fair coins.
    """
    total = answer.sum() + truth.sum()
    return float(np.abs(answer - truth).sum() / total) if total else 0.0


def scores(answer: Answer, truth: Floats) -> dict[str, float]:
    """Everything that is counted for one data set."""
    return {
        # A pair that is left open is not answered, even where there is no arrow to find.
        "exact": probability_of_truth(answer.stated, truth) * (not answer.left_open.any()),
        "exact_forced": probability_of_truth(answer.forced, truth),
        "distance": normalised_distance(answer.stated, truth),
        "distance_forced": normalised_distance(answer.forced, truth),
        "n_stated": float(answer.stated.sum()),
        "n_forced": float(answer.forced.sum()),
        "n_right": float((answer.stated * truth).sum()),
        "n_true": float(truth.sum()),
        "states": float(answer.stated.any()),
        "flagged": float(answer.flagged),
        **_on_undecided(answer.stated, truth),
    }


def _on_undecided(stated: Floats, truth: Floats) -> dict[str, float]:
    """True arrows that conditional independence leaves open, and arrows stated there, either way."""
    undecided = undecided_arrows(truth)
    if undecided is None:
        return {"n_undecided": np.nan, "n_stated_undecided": np.nan}
    either = (undecided | undecided.T) * stated
    return {"n_undecided": float(undecided.sum()), "n_stated_undecided": float(either.sum())}
