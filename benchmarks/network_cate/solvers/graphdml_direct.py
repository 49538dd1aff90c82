"""graphdml's direct effect, with its own features of the neighbourhood."""

import warnings

import numpy as np
from graphdml import GraphData, GraphDML

from benchmark_utils.nuisances import SEED
from benchmark_utils.solver import LEVEL, EffectSolver


class Solver(EffectSolver):
    """Average direct effect of GraphDML with its default learners, features and score.

    `exposure` "mean" also estimates a peer effect and uses nodes three or more steps apart, graphdml's own
    way; None takes the worlds at their word that neighbours' treatments do not matter and uses every node.
    Where nodes fall into groups, standard errors are clustered by them. Its average stands for everybody.
    """

    name = "graphdml"
    parameters = {"exposure": ["mean", None]}
    requirements = ["pip::causalkit-learn[benchmark]"]

    def fit(self):
        links = self.graph.adjacency.astype(bool).astype(float)
        data = GraphData(np.asarray(self.X, dtype=float), self.treatment, self.y, links)
        self.model = GraphDML(exposure=self.exposure, random_state=SEED)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # few independent nodes: the table shows what that costs
            self.model.fit(data)

    def answer(self):
        if self.groups is None:
            table = self.model.summary_frame(LEVEL)
        else:
            table = self.model.cluster_summary_frame(self.groups, LEVEL)
        direct = table.loc["direct"]
        ate = float(direct["coef"])
        interval = (float(direct["ci_lower"]), float(direct["ci_upper"]))
        return {"cate": np.full(len(self.y), ate), "ate": ate, "ate_interval": interval}
