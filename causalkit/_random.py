"""One seed turned into independent child generators, the same for every ``n_jobs``."""

import numpy as np

RandomState = None | int | np.random.Generator | np.random.RandomState

_SEED_LIMIT = 2**31 - 1


def child_seeds(random_state: RandomState, n: int) -> list[int]:
    """Return ``n`` integer seeds in [0, 2**31 - 1), one for each task, fixed before any task starts.

    The first ``k`` of ``n`` seeds do not depend on ``n``. A generator given as ``random_state`` is
    advanced, so that two calls give different seeds.
    """
    children = _root_sequence(random_state).spawn(n)
    return [int(child.generate_state(1, np.uint64)[0] % _SEED_LIMIT) for child in children]


def child_generators(random_state: RandomState, n: int) -> list[np.random.Generator]:
    """Return ``n`` statistically independent generators, one for each task."""
    return [np.random.default_rng(child) for child in _root_sequence(random_state).spawn(n)]


def _root_sequence(random_state: RandomState) -> np.random.SeedSequence:
    if random_state is None:
        return np.random.SeedSequence()
    if isinstance(random_state, np.random.Generator):
        return np.random.SeedSequence(random_state.integers(0, 2**32, size=4, dtype=np.uint32).tolist())
    if isinstance(random_state, np.random.RandomState):
        return np.random.SeedSequence(random_state.randint(0, 2**32, size=4, dtype=np.uint32).tolist())
    is_seed = isinstance(random_state, (int, np.integer)) and not isinstance(random_state, bool)
    if is_seed and random_state >= 0:
        return np.random.SeedSequence(int(random_state))
    raise ValueError(
        "random_state must be None, a non-negative integer, a numpy.random.Generator or a "
        f"numpy.random.RandomState; got {random_state!r}"
    )
