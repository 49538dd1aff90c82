"""EconML's NonParamDML: boosted trees for the effect."""

from econml.dml import NonParamDML

from benchmark_utils.features import feature_table
from benchmark_utils.nuisances import N_FOLDS, SEED, effect_model, outcome_model, treatment_model
from benchmark_utils.solver import EffectSolver


class Solver(EffectSolver):
    """NonParamDML with LightGBM for nuisances and effect, on hop features; it has no intervals of its own."""

    name = "NonParamDML"
    parameters = {"features": ["hops"]}
    requirements = ["pip::causalkit-learn"]

    def fit(self):
        self.table = feature_table(self.X, self.graph, self.features)
        self.model = NonParamDML(
            model_y=outcome_model(),
            model_t=treatment_model(),
            model_final=effect_model(),
            discrete_treatment=True,
            cv=N_FOLDS,
            random_state=SEED,
        )
        self.model.fit(self.y, self.treatment, X=self.table)

    def answer(self):
        cate = self.model.effect(self.table)
        return {"cate": cate, "ate": float(cate.mean())}
