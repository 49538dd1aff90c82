"""A constant guess: no edge."""

import numpy as np

from benchmark_utils.answers import Answer
from benchmark_utils.solver import GraphSolver


class Solver(GraphSolver):
    """Always the graph without arrows."""

    name = "empty graph"
    requirements = ["pip::causalkit-learn"]

    def answer(self, X, environments):
        return Answer.always(np.zeros((X.shape[1], X.shape[1])))
