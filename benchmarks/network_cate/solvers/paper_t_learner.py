"""The "T-learner" of arXiv 2511.13018: one graph network on columns and treatment."""

import numpy as np

from benchmark_utils.nuisances import SEED
from benchmark_utils.paper import Repairs, t_learner
from benchmark_utils.solver import EffectSolver


class Solver(EffectSolver):
    """One GCN on [X, T]; the effect is everybody treated against nobody, so neighbours' treatments move too.

    `repairs` are those of the paper's R-learner; the intercept is a line in a node's own treatment.
    """

    name = "paper T-learner"
    parameters = {"repairs": ["none", "both"]}
    requirements = ["pip::causalkit-learn"]

    def fit(self):
        columns = np.asarray(self.X, dtype=float)
        repairs = Repairs.named(self.repairs)
        self.cate = t_learner(columns, self.graph, self.y, self.treatment, repairs=repairs, seed=SEED)

    def answer(self):
        return {"cate": self.cate, "ate": float(self.cate.mean())}
