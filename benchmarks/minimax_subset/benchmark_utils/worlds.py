"""Draws of the worlds of `make_mutable_scm`: training rows, fresh rows of the mix, other environments."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import Bunch

from benchmark_utils.problems import Draw, Problem, Table
from causalkit.datasets import make_mutable_scm

# Probabilities (slopes in the linear world) that the mutable variables of test environments follow.
TEST_FOLLOW = {
    "interaction": (0.0, 0.25, 0.5, 0.75, 1.0),
    "multiplicative": (0.0, 0.25, 0.5, 0.75, 1.0),
    "sequence": (0.0, 0.25, 0.5, 0.75, 1.0),
    "linear": (-2.0, -1.0, 0.0, 1.0, 2.0),
}
# Far from the seeds of other draws; the same seed would give the training rows again.
FRESH, TEST = 1_000_000, 2_000_000
N_TEST_ROWS = 10_000

N_PUBLISHED = 20
N_PUBLISHED_TRAINING = 10
N_PUBLISHED_ROWS = 100


def reference_draw(kind: str, seed: int, **settings: Any) -> Draw:
    """Draw a reference world, whose exact worst-case risks are known."""
    train = make_mutable_scm(kind, random_state=seed, **settings)
    mix = make_mutable_scm(kind, random_state=seed + FRESH, **settings)
    sizes = {**settings, "n_rows": N_TEST_ROWS}
    test = make_mutable_scm(kind, follow=TEST_FOLLOW[kind], random_state=seed + TEST, **sizes)
    return Draw(
        Problem(table(train), train.causal_graph, train.mutable),
        seed,
        mix=table(mix),
        test=_labelled(table(test), test.follow),
        worst_case_risk=train.worst_case_risk,
        whole_set_is_optimal=False,
    )


def published_draw(seed: int) -> Draw:
    """Draw the published world and split its twenty environments at random into two tens."""
    order = np.random.default_rng(seed).permutation(N_PUBLISHED)
    training = np.sort(order[:N_PUBLISHED_TRAINING])
    data = make_mutable_scm("published", n_rows=N_PUBLISHED_ROWS, random_state=seed)
    rows = data.environments.isin(training).to_numpy()
    mix = make_mutable_scm(
        "published", n_rows=N_PUBLISHED_ROWS, follow=data.follow[training], random_state=seed + FRESH
    )
    everything = table(data)
    return Draw(
        Problem(everything.rows(rows), data.causal_graph, data.mutable),
        seed,
        mix=table(mix),
        test=_labelled(everything, data.follow).rows(~rows),
        whole_set_is_optimal=False,
    )


def table(data: Bunch) -> Table:
    return Table(data.X, data.y, data.environments)


def _labelled(rows: Table, follow: Any) -> Table:
    """With each environment named by what its mutable variables follow."""
    return Table(rows.X, rows.y, rows.environments.map(dict(enumerate(follow))))
