"""One effect for everybody."""

import numpy as np

from benchmark_utils.features import feature_table
from benchmark_utils.nuisances import residuals
from benchmark_utils.solver import EffectSolver


class Solver(EffectSolver):
    """The constant with the smallest R-loss, on residuals cross-fitted with LightGBM on hop features."""

    name = "constant"
    requirements = ["pip::causalkit-learn"]

    def fit(self):
        outcome, treatment = residuals(feature_table(self.X, self.graph, "hops"), self.y, self.treatment)
        self.effect = float(treatment @ outcome / (treatment @ treatment))

    def answer(self):
        return {"cate": np.full(len(self.y), self.effect), "ate": self.effect}
