"""causalkit's GraphRLearner."""

from benchmark_utils.nuisances import N_JOBS, SEED
from benchmark_utils.solver import LEVEL, EffectSolver
from causalkit.estimators import GraphRLearner


class Solver(EffectSolver):
    """GraphRLearner with its default settings."""

    name = "GraphRLearner"
    requirements = ["pip::causalkit-learn"]

    def fit(self):
        self.model = GraphRLearner(n_jobs=N_JOBS, random_state=SEED)
        self.model.fit(self.X, self.y, treatment=self.treatment, graph=self.graph)

    def answer(self):
        return {
            "cate": self.model.predict(self.X, graph=self.graph),
            "interval": self.model.predict_interval(self.X, graph=self.graph, alpha=LEVEL),
            "ate": self.model.ate().estimate,
        }
