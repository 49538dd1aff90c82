"""causalkit's GraphSLearner."""

from benchmark_utils.graph_learners import GraphLearnerSolver
from benchmark_utils.nuisances import N_JOBS, SEED
from causalkit.estimators import GraphSLearner


class Solver(GraphLearnerSolver):
    """GraphSLearner with its default settings."""

    name = "GraphSLearner"

    def learner(self):
        return GraphSLearner(n_jobs=N_JOBS, random_state=SEED)
