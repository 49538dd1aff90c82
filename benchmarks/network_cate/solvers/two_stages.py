"""Which stage must see the graph: causalkit's engine in two stages, with each of them blinded in turn."""

from benchmark_utils.nuisances import SEED
from benchmark_utils.solver import LEVEL, EffectSolver
from benchmark_utils.stages import TwoStages


class Solver(EffectSolver):
    """R-learner whose `nuisances` and `final` stage each see own columns ("own") or neighbours' too ("hops").

    Nuisances are the default stack, the final stage is the additive engine with pairs of columns.
    """

    name = "two stages"
    parameters = {"nuisances": ["own", "hops"], "final": ["own", "hops"]}
    requirements = ["pip::causalkit-learn"]

    def fit(self):
        self.model = TwoStages(nuisances=self.nuisances, final=self.final, seed=SEED)
        self.model.fit(self.X, self.y, self.treatment, self.graph)

    def answer(self):
        average = self.model.ate()
        return {
            "cate": self.model.cate,
            "ate": average.estimate,
            "ate_interval": average.conf_int(LEVEL),
        }
