"""causalkit's de_finetti_test, for two variables."""

import numpy as np

from benchmark_utils.answers import Answer
from benchmark_utils.solver import ALPHA, SEED, GraphSolver, n_variables
from causalkit.independence import de_finetti_test

ARROWS = {"x->y": [[0.0, 1.0], [0.0, 0.0]], "y->x": [[0.0, 0.0], [1.0, 0.0]]}
NOTHING = [[0.0, 0.0], [0.0, 0.0]]
OPEN = [[0.0, 0.5], [0.5, 0.0]]
VIOLATED = "assumption violated"


class Solver(GraphSolver):
    """The five-way decision, and the forced answer beside it."""

    name = "de_finetti_test"
    requirements = ["pip::causalkit-learn"]

    def skip(self, tables):
        return n_variables(tables) != 2, "the test is for two variables"

    def answer(self, X, environments):
        x, y = (X[column] for column in X)
        result = de_finetti_test(x, y, environments, alpha=ALPHA, random_state=SEED)
        answered = result.decision in (*ARROWS, "no edge")
        return Answer(
            stated=np.array(ARROWS.get(result.decision, NOTHING)),
            left_open=np.zeros((2, 2), dtype=bool) if answered else ~np.eye(2, dtype=bool),
            forced=np.array({**ARROWS, "not orientable": OPEN}.get(result.forced, NOTHING)),
            flagged=result.decision == VIOLATED,
        )
