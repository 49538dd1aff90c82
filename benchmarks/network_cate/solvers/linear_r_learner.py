"""The R-learner with a linear effect, without and with the effect's intercept."""

import numpy as np

from benchmark_utils.features import feature_table
from benchmark_utils.nuisances import residuals
from benchmark_utils.solver import EffectSolver

PENALTY = 1.0


class Solver(EffectSolver):
    """Ridge regression of outcome residuals on features times treatment residuals.

    Nuisances are LightGBM on hop features; `features` is what the effect may depend on. Without an intercept
    this is the linear final stage of the paper's code (arXiv 2511.13018), which cannot express a constant.
    """

    name = "linear R-learner"
    parameters = {"features": ["own", "hops"], "intercept": [False, True]}
    requirements = ["pip::causalkit-learn"]

    def fit(self):
        hops = feature_table(self.X, self.graph, "hops")
        outcome, treatment = residuals(hops, self.y, self.treatment)
        seen = hops if self.features == "hops" else feature_table(self.X, self.graph, "own")
        self.table = (seen - seen.mean(axis=0)) / seen.std(axis=0)
        penalty = np.full(self.table.shape[1], PENALTY)
        if self.intercept:
            self.table = np.column_stack([np.ones(len(self.table)), self.table])
            penalty = np.r_[0.0, penalty]
        design = self.table * treatment[:, None]
        self.weights = np.linalg.solve(design.T @ design + np.diag(penalty), design.T @ outcome)

    def answer(self):
        cate = self.table @ self.weights
        return {"cate": cate, "ate": float(cate.mean())}
