"""How well a solver knows the effect of a treatment at each node of a network."""

from importlib.metadata import version

import numpy as np
from benchopt import BaseObjective

PACKAGES = ("causalkit-learn", "econml", "lightgbm", "scikit-learn", "numpy", "scipy")


class Objective(BaseObjective):
    """Error of the estimated effects, coverage of their intervals, and error of the average effect."""

    name = "Effects on a network"
    min_benchopt_version = "1.10"
    sampling_strategy = "run_once"
    requirements = ["pip::causalkit-learn[benchmark]"]

    def set_data(self, X, y, treatment, graph, cate) -> None:
        self.X, self.y, self.treatment, self.graph, self.cate = X, y, treatment, graph, cate

    def get_objective(self):
        return {"X": self.X, "y": self.y, "treatment": self.treatment, "graph": self.graph}

    def evaluate_result(self, cate, interval, ate, predict_seconds):
        mse = float(np.mean((cate - self.cate) ** 2))
        variance = float(np.var(self.cate))
        return {
            "value": mse,
            "effect_variance": variance,
            # A constant effect has no variance to take a share of.
            "share": mse / variance if variance > 1e-12 else np.nan,
            **self._interval_scores(interval),
            "ate_error": np.nan if ate is None else abs(ate - float(self.cate.mean())),
            "predict_seconds": predict_seconds,
            "versions": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
        }

    def _interval_scores(self, interval):
        if interval is None:
            return {"coverage": np.nan, "width": np.nan}
        low, high = interval.T
        covered = (low <= self.cate) & (self.cate <= high)
        return {"coverage": float(covered.mean()), "width": float((high - low).mean())}

    def get_one_result(self):
        effect = np.ones(len(self.cate))
        return {
            "cate": effect,
            "interval": np.column_stack([effect - 1, effect + 1]),
            "ate": 1.0,
            "predict_seconds": 0.0,
        }
