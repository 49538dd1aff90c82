"""Invariant causal prediction by causalicp, and a pooled fit on the set that it accepts."""

import causalicp
import numpy as np

from benchmark_utils.answers import Answer
from benchmark_utils.columns import codes
from benchmark_utils.learners import fit_on
from benchmark_utils.solver import ALPHA, SubsetSolver


class Solver(SubsetSolver):
    """Linear invariant causal prediction: all subsets of the columns, tests at 5 %.

    Its estimate is the intersection of the accepted sets. The constant is the answer where that is empty, or
    no set is accepted.
    """

    name = "ICP"
    parameters = {"learner": ["ridge", "boosting"]}
    requirements = ["pip::causalkit-learn[benchmark]"]

    def answer(self, problem):
        rows = problem.train
        table, labels = np.column_stack([rows.X, rows.y]).astype(float), codes(rows.environments)
        parts = [table[labels == label] for label in range(labels.max() + 1)]
        found = causalicp.fit(parts, rows.X.shape[1], alpha=ALPHA, color=False)
        columns = tuple(rows.X.columns[sorted(found.estimate or ())])
        return Answer(fit_on(columns, self.learner, rows.X, rows.y), columns=columns)
