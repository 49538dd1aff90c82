"""causal-learn's CD-NOD: PC with the environment as one more variable."""

import numpy as np
from causallearn.search.ConstraintBased.CDNOD import cdnod

from benchmark_utils.open_edges import answer_of, quietly
from benchmark_utils.solver import ALPHA, SEED, GraphSolver, kind_of_test

# The kernel test takes 16 s for a pair of columns with 2,000 rows, 20 s for four columns with 1,000.
MOST_ROWS = 1000


class Solver(GraphSolver):
    """CD-NOD with the environment as the index of the domain.

    Tests are chi-squared for discrete columns, causal-learn's kernel test for two continuous ones with up to
    1,000 pooled rows, and its randomised approximation for more columns or rows. causal-learn has the phases
    that orient by the index and by colliders, not the one that compares how much modules change.
    """

    name = "CD-NOD"
    requirements = ["pip::causalkit-learn[benchmark]"]

    def answer(self, X, environments):
        test = kind_of_test(X, pair="kci" if len(X) <= MOST_ROWS else "rcit", more="rcit")
        values = np.asarray(X, dtype=int if test == "chisq" else float)
        index = environments[:, None].astype(values.dtype)
        np.random.seed(SEED)  # noqa: NPY002 (the randomised test draws from the global generator)
        with quietly():
            found = cdnod(values, index, ALPHA, test, show_progress=False)
        return answer_of(found.G.graph[:-1, :-1])
