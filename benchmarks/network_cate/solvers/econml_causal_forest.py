"""EconML's CausalForestDML, the named peer."""

import numpy as np

from benchmark_utils.features import feature_table
from benchmark_utils.forest import causal_forest
from benchmark_utils.solver import LEVEL, EffectSolver


class Solver(EffectSolver):
    """CausalForestDML on own columns or on hop features.

    `nuisances` is "default" (LightGBM as it comes, 400 trees) or "tuned" (LightGBM for a few thousand rows,
    EconML's 100 trees).
    """

    name = "CausalForestDML"
    parameters = {"features": ["own", "hops"], "nuisances": ["default", "tuned"]}
    requirements = ["pip::causalkit-learn"]

    def fit(self):
        self.table = feature_table(self.X, self.graph, self.features)
        self.model = causal_forest(self.nuisances)
        self.model.fit(self.y, self.treatment, X=self.table, groups=self.groups)

    def answer(self):
        low, high = self.model.effect_interval(self.table, alpha=LEVEL)
        return {
            "cate": self.model.effect(self.table),
            "interval": np.column_stack([low, high]),
            # The forest's own doubly robust average, not the mean of its effects.
            "ate": float(np.squeeze(self.model.ate_)),
            "ate_interval": tuple(np.squeeze(self.model.ate__inference().conf_int(alpha=LEVEL))),
        }
