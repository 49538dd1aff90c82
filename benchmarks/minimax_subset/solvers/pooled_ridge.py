"""Ridge regression on all columns and pooled rows."""

from benchmark_utils.answers import Answer
from benchmark_utils.learners import fit_ridge
from benchmark_utils.solver import SubsetSolver


class Solver(SubsetSolver):
    """Standardised columns, levels as indicators, penalty by leave-one-out."""

    name = "pooled ridge"
    requirements = ["pip::causalkit-learn"]

    def answer(self, problem):
        return Answer(fit_ridge(problem.train.X, problem.train.y))
