"""causal-learn's PC algorithm on pooled rows."""

import numpy as np
from causallearn.search.ConstraintBased.PC import pc

from benchmark_utils.open_edges import answer_of, quietly
from benchmark_utils.solver import ALPHA, GraphSolver, kind_of_test


class Solver(GraphSolver):
    """PC with causal-learn's defaults: chi-squared tests for discrete columns, else partial correlations.

    Rows count as i.i.d. The answer is an equivalence class. Of two variables it can never give a direction,
    whatever the test.
    """

    name = "PC"
    requirements = ["pip::causalkit-learn[benchmark]"]

    def answer(self, X, environments):
        test = kind_of_test(X, pair="fisherz", more="fisherz")
        with quietly():
            found = pc(np.asarray(X), ALPHA, test, show_progress=False)
        return answer_of(found.G.graph)
