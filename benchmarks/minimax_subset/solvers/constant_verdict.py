"""Constant guesses whether the whole stable set is optimal."""

from benchmark_utils.answers import Answer
from benchmark_utils.solver import SubsetSolver


class Solver(SubsetSolver):
    """Always "the whole stable set is optimal", or always "search"."""

    name = "constant guess"
    parameters = {"says": ["whole set", "search"]}
    requirements = ["pip::causalkit-learn"]
    test_config = {"dataset": {"name": "random_graphs"}}
    questions = ("discovery",)

    def answer(self, problem):
        return Answer(verdict=self.says == "whole set", identified=True)
