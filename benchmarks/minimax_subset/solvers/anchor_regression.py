"""Anchor regression in closed form, the environment as anchor."""

from functools import partial

from benchmark_utils.anchor import anchor_coefficients
from benchmark_utils.answers import Answer
from benchmark_utils.linear_models import fit_linear
from benchmark_utils.solver import SubsetSolver


class Solver(SubsetSolver):
    """Linear: residuals may differ by environment in mean, but sqrt(gamma) times as much is paid for it."""

    name = "anchor regression"
    parameters = {"gamma": [2, 10, 100]}
    requirements = ["pip::causalkit-learn"]

    def answer(self, problem):
        return Answer(fit_linear(problem, partial(anchor_coefficients, gamma=self.gamma)))
