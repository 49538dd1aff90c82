"""Gradient boosting on all columns and pooled rows."""

from benchmark_utils.answers import Answer
from benchmark_utils.learners import fit_boosting
from benchmark_utils.solver import SubsetSolver


class Solver(SubsetSolver):
    """LightGBM with early stopping, fitted anew on all rows."""

    name = "pooled boosting"
    requirements = ["pip::causalkit-learn"]

    def answer(self, problem):
        return Answer(fit_boosting(problem.train.X, problem.train.y))
