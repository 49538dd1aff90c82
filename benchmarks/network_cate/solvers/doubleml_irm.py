"""DoubleML's interactive regression model, the average effect with or without clusters."""

import warnings

import numpy as np
from doubleml import DoubleMLData, DoubleMLIRM

from benchmark_utils.features import feature_table
from benchmark_utils.nuisances import N_FOLDS, SEED, outcome_model, treatment_model
from benchmark_utils.solver import LEVEL, EffectSolver


class Solver(EffectSolver):
    """DoubleMLIRM with LightGBM nuisances on hop features.

    With `clusters` the groups are cluster data: they stay together in folds and the standard error adds up
    scores within them. DoubleML estimates no effect of a single node; its average stands for everybody.
    """

    name = "DoubleML IRM"
    parameters = {"clusters": [False, True]}
    requirements = ["pip::causalkit-learn[benchmark]"]

    def skip(self, X, y, treatment, graph, groups=None):
        if self.clusters and groups is None:
            return True, "there are no groups to take as clusters"
        return False, None

    def fit(self):
        table = feature_table(self.X, self.graph, "hops")
        clusters = self.groups if self.clusters else None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pandas 3 about DoubleML's own code
            data = DoubleMLData.from_arrays(table, self.y, self.treatment, cluster_vars=clusters)
            np.random.seed(SEED)  # noqa: NPY002 (DoubleML draws its folds from the global generator)
            self.model = DoubleMLIRM(data, outcome_model(), treatment_model(), n_folds=N_FOLDS)
            self.model.fit()

    def answer(self):
        ate = float(self.model.coef[0])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            interval = tuple(self.model.confint(level=1 - LEVEL).to_numpy()[0])
        return {"cate": np.full(len(self.y), ate), "ate": ate, "ate_interval": interval}
