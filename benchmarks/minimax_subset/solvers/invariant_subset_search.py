"""The invariant-subset search of Rojas-Carulla et al. (2018, JMLR 19:36), written from its description."""

from benchmark_utils.answers import Answer
from benchmark_utils.invariant_subsets import invariant_subset
from benchmark_utils.learners import fit_on
from benchmark_utils.solver import ALPHA, SEED, SubsetSolver

MOST_COLUMNS_FOR_BOOSTING = 5


class Solver(SubsetSolver):
    """All subsets of the columns whose residuals have the same mean and spread everywhere; the best of these.

    See `benchmark_utils/invariant_subsets.py`. The chosen subset is fitted anew on all pooled rows.
    """

    name = "invariant subset"
    parameters = {"learner": ["ridge", "boosting"]}
    requirements = ["pip::causalkit-learn"]

    def skip(self, problems, question):
        skipped, reason = super().skip(problems, question)
        if skipped:
            return skipped, reason
        many = problems[0].train.X.shape[1] > MOST_COLUMNS_FOR_BOOSTING
        return many and self.learner == "boosting", "boosting on every subset takes too long"

    def answer(self, problem):
        X, y, environments = problem.train.X, problem.train.y, problem.train.environments
        columns = invariant_subset(X, y, environments, self.learner, alpha=ALPHA, seed=SEED)
        return Answer(fit_on(columns, self.learner, X, y), columns=columns)
