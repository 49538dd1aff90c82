"""causalkit's GraphTLearner."""

from benchmark_utils.graph_learners import GraphLearnerSolver
from benchmark_utils.nuisances import N_JOBS, SEED
from causalkit.estimators import GraphTLearner


class Solver(GraphLearnerSolver):
    """GraphTLearner with its default settings."""

    name = "GraphTLearner"

    def learner(self):
        return GraphTLearner(n_jobs=N_JOBS, random_state=SEED)
