"""causalkit's MinimaxSubsetRegressor."""

from benchmark_utils.ours import fitted_search, verdict_only
from benchmark_utils.solver import SEED, SubsetSolver

FEWEST_ROWS = 20


class Solver(SubsetSolver):
    """The stable subset with the smallest estimated worst-case risk.

    `knows` is "graph" (the causal graph and the mutable variables are given), "mutable" (these alone) or
    "nothing" (both are learned). `search` is "best_first" or "exhaustive".
    """

    name = "ours"
    parameters = {"knows": ["graph", "nothing"], "search": ["best_first"]}
    requirements = ["pip::causalkit-learn"]
    questions = ("prediction", "discovery")

    def skip(self, problems, question):
        skipped, reason = super().skip(problems, question)
        if skipped or self.knows == "graph":
            return skipped, reason
        fewest = min(problem.train.environments.value_counts().min() for problem in problems)
        return fewest < FEWEST_ROWS, f"learns nothing from environments of fewer than {FEWEST_ROWS} rows"

    def answer(self, problem):
        if self.question == "discovery":
            return verdict_only(problem, self.knows, seed=SEED)
        return fitted_search(problem, self.knows, self.search, seed=SEED)
