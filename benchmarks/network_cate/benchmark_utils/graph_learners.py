"""What the solvers of causalkit's effect learners share: the same calls for every learner."""

from __future__ import annotations

from typing import Any

from benchmark_utils.solver import LEVEL, EffectSolver


class GraphLearnerSolver(EffectSolver):
    """An effect learner of causalkit; a subclass makes it."""

    requirements = ["pip::causalkit-learn"]

    def learner(self) -> Any:
        raise NotImplementedError

    def fit(self):
        self.model = self.learner()
        self.model.fit(self.X, self.y, treatment=self.treatment, graph=self.graph, groups=self.groups)

    def answer(self):
        average = self.model.ate()
        return {
            "cate": self.model.predict(self.X, graph=self.graph),
            "interval": self.model.predict_interval(self.X, graph=self.graph, alpha=LEVEL),
            "ate": average.estimate,
            "ate_interval": average.conf_int(LEVEL),
        }
