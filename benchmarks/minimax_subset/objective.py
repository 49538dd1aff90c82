"""Which predictor survives the worst change: risk in new environments, and what searches say."""

from importlib.metadata import version

from benchopt import BaseObjective

from benchmark_utils.answers import Answer, Timed, scores

PACKAGES = ("causalkit-learn", "causalicp", "lightgbm", "torch", "scikit-learn", "numpy", "scipy")


class Objective(BaseObjective):
    """Largest risk of a test environment as a share of the training variance of y; subsets and their risks.

    A row of the output is one draw. On discovery, the share of wrong verdicts.
    """

    name = "Predictors that survive the worst change"
    min_benchopt_version = "1.10"
    sampling_strategy = "run_once"
    test_dataset_name = "reference"
    requirements = ["pip::causalkit-learn[benchmark]"]

    def set_data(self, draws, question) -> None:
        self.draws, self.question = draws, question

    def get_objective(self):
        return {"problems": [draw.problem for draw in self.draws], "question": self.question}

    def evaluate_result(self, answers):
        versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
        rows = []
        for draw, timed in zip(self.draws, answers, strict=True):
            found = scores(timed, draw)
            # The smaller the better, as benchopt has it.
            value = found["max_risk"] if self.question == "prediction" else 1 - found["verdict_right"]
            rows.append({"value": value, **found, "draw": draw.seed, "versions": versions})
        return rows

    def get_one_result(self):
        nothing = Answer(lambda X: 0.0 * X.iloc[:, 0].to_numpy(), subset=(), verdict=False)
        return {"answers": [Timed(nothing, 0.0)] * len(self.draws)}
