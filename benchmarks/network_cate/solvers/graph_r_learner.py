"""causalkit's GraphRLearner."""

from benchmark_utils.graph_learners import GraphLearnerSolver
from benchmark_utils.nuisances import N_JOBS, SEED
from causalkit.estimators import GraphRLearner

WITH_NETWORK = ["stack", "sign"]
SETTINGS = {
    "default": {},
    # The default stack below 5,000 nodes, at any size.
    "none": {"final_model": ["additive", "pairs", "residual", "forest"]},
    # Ensembles of small networks on the hop features as further candidates for outcome, treatment and effect.
    "stacked": {
        "outcome_model": WITH_NETWORK,
        "treatment_model": WITH_NETWORK,
        "final_model": WITH_NETWORK,
    },
    # The effect from such networks alone.
    "alone": {"final_model": "sign"},
}


class Solver(GraphLearnerSolver):
    """By default, without networks, with networks in every stack, or a network as the only final stage."""

    name = "GraphRLearner"
    parameters = {"networks": ["default", "none", "stacked", "alone"]}

    def learner(self):
        return GraphRLearner(**SETTINGS[self.networks], n_jobs=N_JOBS, random_state=SEED)
