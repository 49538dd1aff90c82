"""EconML's LinearDML: a linear effect with an intercept and intervals."""

import numpy as np
from econml.dml import LinearDML

from benchmark_utils.features import feature_table
from benchmark_utils.nuisances import N_FOLDS, SEED, outcome_model, treatment_model
from benchmark_utils.solver import LEVEL, EffectSolver


class Solver(EffectSolver):
    """LinearDML with LightGBM nuisances, on own columns or on hop features; folds keep groups together."""

    name = "LinearDML"
    parameters = {"features": ["own", "hops"]}
    requirements = ["pip::causalkit-learn"]

    def fit(self):
        self.table = feature_table(self.X, self.graph, self.features)
        self.model = LinearDML(
            model_y=outcome_model(),
            model_t=treatment_model(),
            discrete_treatment=True,
            cv=N_FOLDS,
            random_state=SEED,
        )
        self.model.fit(self.y, self.treatment, X=self.table, groups=self.groups)

    def answer(self):
        low, high = self.model.effect_interval(self.table, alpha=LEVEL)
        return {
            "cate": self.model.effect(self.table),
            "interval": np.column_stack([low, high]),
            "ate": float(self.model.ate(self.table)),
            "ate_interval": self.model.ate_interval(self.table, alpha=LEVEL),
        }
