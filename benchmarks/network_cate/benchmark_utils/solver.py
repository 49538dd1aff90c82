"""The part of a run that is the same for every solver: data in, timed fit, timed answers out."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import numpy as np
from benchopt import BaseSolver
from joblib import parallel_config

from causalkit.datasets import make_network_cate

LEVEL = 0.05

_WARM: set[tuple[str, bool]] = set()  # solvers of this process that have made their first fit


class EffectSolver(BaseSolver):
    """An estimator of the effect of each node: `fit` is timed by benchopt, `answer` by this class.

    `answer` returns `cate` (n,), and where the solver has them `interval` (n, 2), `ate` and `ate_interval`
    (low, high); all intervals at 95 %.
    """

    def set_objective(self, X, y, treatment, graph, groups=None) -> None:
        self.X, self.graph, self.groups = X, graph, groups
        self.y, self.treatment = np.asarray(y), np.asarray(treatment)

    def warm_up(self) -> None:
        """Load what is imported at first use, so that no fit pays for it; once for each solver."""
        key = (str(self), self.groups is None)
        if key in _WARM:
            return
        _WARM.add(key)
        world = make_network_cate(360, graph="cliques", random_state=0)
        other = type(self).get_instance(**self._parameters)
        groups = None if self.groups is None else world.blocks
        other.set_objective(world.X, world.y, world.treatment, world.graph, groups)
        other.run(None)
        other.get_result()

    def run(self, stop_val) -> None:
        # Benchopt runs solvers in a joblib context of processes, which would turn threads into processes.
        with parallel_config(backend="threading"):
            self.fit()

    def get_result(self) -> dict[str, Any]:
        start = perf_counter()
        with parallel_config(backend="threading"):
            answer = self.answer()
        seconds = perf_counter() - start
        return {"interval": None, "ate": None, "ate_interval": None, **answer, "predict_seconds": seconds}

    def fit(self) -> None:
        raise NotImplementedError

    def answer(self) -> dict[str, Any]:
        raise NotImplementedError
