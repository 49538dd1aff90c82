"""The mean of the training outcomes."""

from benchmark_utils.answers import Answer
from benchmark_utils.learners import fit_constant
from benchmark_utils.solver import SubsetSolver


class Solver(SubsetSolver):
    """Uses no column: the predictor of the empty subset."""

    name = "constant"
    requirements = ["pip::causalkit-learn"]

    def answer(self, problem):
        return Answer(fit_constant(problem.train.X, problem.train.y), subset=())
