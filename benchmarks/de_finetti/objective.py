"""How often a method finds the true graph of exchangeable data, and what it says where nobody can know."""

from importlib.metadata import version

import numpy as np
from benchopt import BaseObjective

from benchmark_utils.answers import Answer, scores

PACKAGES = ("causalkit-learn", "causal-learn", "scikit-learn", "numpy", "scipy")


class Objective(BaseObjective):
    """Share of exact graphs, normalised structural Hamming distance, arrows stated, violations flagged.

    A row of the output is one data set.
    """

    name = "Causal graphs from exchangeable data"
    min_benchopt_version = "1.10"
    sampling_strategy = "run_once"
    requirements = ["pip::causalkit-learn[benchmark]"]

    def set_data(self, draws) -> None:
        self.draws = draws

    def get_objective(self):
        return {"tables": [(draw.X, draw.environments) for draw in self.draws]}

    def evaluate_result(self, answers, seconds):
        versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
        rows = []
        for draw, answer, spent in zip(self.draws, answers, seconds, strict=True):
            found = scores(answer, draw.arrows)
            shared = {"draw": draw.seed, "seconds": spent, "versions": versions}
            # The smaller the better, as benchopt has it.
            rows.append({"value": 1 - found["exact"], **found, **shared})
        return rows

    def get_one_result(self):
        nothing = Answer.always(np.zeros_like(self.draws[0].arrows, dtype=float))
        return {"answers": [nothing] * len(self.draws), "seconds": [0.0] * len(self.draws)}
