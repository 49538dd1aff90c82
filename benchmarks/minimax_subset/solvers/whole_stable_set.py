"""The predictor of the whole stable set, without a search."""

from benchmark_utils.ours import whole_stable_set
from benchmark_utils.solver import SEED, SubsetSolver


class Solver(SubsetSolver):
    """f_S of all stable variables of the given graph, fitted as our search fits it."""

    name = "whole stable set"
    requirements = ["pip::causalkit-learn"]

    def answer(self, problem):
        return whole_stable_set(problem, seed=SEED)
