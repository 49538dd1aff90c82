"""The R-learner of arXiv 2511.13018, with networks or a line for each stage."""

import numpy as np

from benchmark_utils.nuisances import SEED
from benchmark_utils.paper import Repairs, r_learner
from benchmark_utils.solver import EffectSolver


class Solver(EffectSolver):
    """{MLP, GCN} nuisances and a {linear, GCN} final stage on two folds; as released, or repaired.

    `repairs`: "none" is the released training, "intercept" gives the effect a free constant, "convergence"
    trains every network until held-out loss stops falling, "both" does both.
    """

    name = "paper R-learner"
    parameters = {"nuisance": ["mlp", "gcn"], "final": ["linear", "gcn"], "repairs": ["none", "both"]}
    requirements = ["pip::causalkit-learn"]

    def fit(self):
        self.cate = r_learner(
            np.asarray(self.X, dtype=float),
            self.graph,
            self.y,
            self.treatment,
            nuisance=self.nuisance,
            final=self.final,
            repairs=Repairs.named(self.repairs),
            seed=SEED,
        )

    def answer(self):
        return {"cate": self.cate, "ate": float(self.cate.mean())}
