"""causalkit's GraphDRLearner."""

from benchmark_utils.graph_learners import GraphLearnerSolver
from benchmark_utils.nuisances import N_JOBS, SEED
from causalkit.estimators import GraphDRLearner


class Solver(GraphLearnerSolver):
    """GraphDRLearner with its default settings."""

    name = "GraphDRLearner"

    def learner(self):
        return GraphDRLearner(n_jobs=N_JOBS, random_state=SEED)
