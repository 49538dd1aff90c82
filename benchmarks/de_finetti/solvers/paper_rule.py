"""The rule of arXiv 2203.15756, written anew from its formulas."""

import numpy as np

from benchmark_utils.answers import Answer
from benchmark_utils.paper import several_variables, tests_on, two_rows, two_variables
from benchmark_utils.solver import ALPHA, GraphSolver

MOST_FOR_KERNEL = 500


class Solver(GraphSolver):
    """Two rows of each environment and tests at 5 %; always answers.

    See `benchmark_utils/paper.py` for both rules, the tests, and the step that is taken as meant. `test` is
    "default" or "kernel": kernel tests for more than two continuous columns, too, which take 2 s for four
    columns at 500 environments and grow with the cube of these.
    """

    name = "paper's rule"
    parameters = {"test": ["default", "kernel"]}
    requirements = ["pip::causalkit-learn[benchmark]"]

    def skip(self, tables):
        slow = self.test == "kernel" and max(len(np.unique(labels)) for _, labels in tables) > MOST_FOR_KERNEL
        return slow, f"kernel tests are too slow for more than {MOST_FOR_KERNEL} environments"

    def answer(self, X, environments):
        test = tests_on(two_rows(X, environments), X, kernel=self.test == "kernel")
        if X.shape[1] == 2:
            return Answer.always(two_variables(test, ALPHA))
        return Answer.always(several_variables(test, X.shape[1], ALPHA))
