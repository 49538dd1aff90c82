"""Group distributionally robust optimisation over the training environments."""

from benchmark_utils.answers import Answer
from benchmark_utils.group_dro import STEP_SIZE, robust_coefficients
from benchmark_utils.linear_models import fit_linear
from benchmark_utils.network_models import fit_network
from benchmark_utils.networks import dro_loss
from benchmark_utils.solver import SEED, SubsetSolver


class Solver(SubsetSolver):
    """The smallest largest risk of a training environment: linear by weighted least squares, or a network."""

    name = "group DRO"
    parameters = {"model": ["linear", "network"]}
    requirements = ["pip::causalkit-learn"]

    def answer(self, problem):
        if self.model == "network":
            return Answer(fit_network(problem, self.model, dro_loss(STEP_SIZE), SEED))
        return Answer(fit_linear(problem, lambda x, y, e: robust_coefficients(x, y, e)[0], ones=True))
