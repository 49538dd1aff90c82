"""Invariant risk minimisation (IRMv1)."""

from benchmark_utils.answers import Answer
from benchmark_utils.network_models import fit_network
from benchmark_utils.networks import irm_loss
from benchmark_utils.solver import SEED, SubsetSolver


class Solver(SubsetSolver):
    """A linear model or a network whose best rescaling should be one in every environment."""

    name = "IRM"
    parameters = {"model": ["linear", "network"], "penalty": [100.0]}
    requirements = ["pip::causalkit-learn"]

    def answer(self, problem):
        return Answer(fit_network(problem, self.model, irm_loss(self.penalty), SEED))
