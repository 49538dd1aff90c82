"""How well a solver knows the effect of a treatment at each node of a network, and the average effect."""

from importlib.metadata import version

import numpy as np
from benchopt import BaseObjective

PACKAGES = ("causalkit-learn", "econml", "lightgbm", "scikit-learn", "torch", "torch-geometric", "numpy")
PEER_PACKAGES = ("doubleml", "graphdml")

DEGREE_SHARE = 0.1


class Objective(BaseObjective):
    """Error of effects (all nodes, hubs, periphery), coverage of intervals, and error of the average effect.

    The true average effect is the mean over the nodes of the data at hand.
    """

    name = "Effects on a network"
    min_benchopt_version = "1.10"
    sampling_strategy = "run_once"
    requirements = ["pip::causalkit-learn[benchmark]"]

    def skip(self, X, y, treatment, graph, cate, groups=None):
        if X is None:
            return True, "this data set needs a file that was not given (see the benchmark's README)"
        return False, None

    def set_data(self, X, y, treatment, graph, cate, groups=None) -> None:
        self.X, self.y, self.treatment, self.graph, self.cate = X, y, treatment, graph, cate
        self.groups = groups

    def get_objective(self):
        return {
            "X": self.X,
            "y": self.y,
            "treatment": self.treatment,
            "graph": self.graph,
            "groups": self.groups,
        }

    def evaluate_result(self, cate, interval, ate, ate_interval, predict_seconds):
        error = (cate - self.cate) ** 2
        mse, variance = float(error.mean()), float(np.var(self.cate))
        return {
            "value": mse,
            "effect_variance": variance,
            # A constant effect has no variance to take a share of.
            "share": mse / variance if variance > 1e-12 else np.nan,
            **self._by_degree(error),
            **self._interval_scores(interval),
            **self._average_scores(ate, ate_interval),
            "predict_seconds": predict_seconds,
            "rows": len(self.cate),
            "versions": ", ".join(f"{name} {version(name)}" for name in PACKAGES + PEER_PACKAGES),
        }

    def _by_degree(self, error):
        """Mean squared error of the tenths with the most and with the fewest links, ties included."""
        degrees = self.graph.degrees
        low, high = np.quantile(degrees, [DEGREE_SHARE, 1 - DEGREE_SHARE])
        parts = {"periphery": degrees <= low, "hubs": degrees >= high}
        return {f"mse_{name}": float(error[rows].mean()) for name, rows in parts.items()}

    def _interval_scores(self, interval):
        if interval is None:
            return {"coverage": np.nan, "width": np.nan}
        low, high = interval.T
        covered = (low <= self.cate) & (self.cate <= high)
        return {"coverage": float(covered.mean()), "width": float((high - low).mean())}

    def _average_scores(self, ate, ate_interval):
        truth = float(self.cate.mean())
        bias = np.nan if ate is None else float(ate) - truth
        low, high = (np.nan, np.nan) if ate_interval is None else map(float, ate_interval)
        return {
            "ate_bias": bias,
            "ate_error": abs(bias),
            "ate_covered": np.nan if ate_interval is None else float(low <= truth <= high),
            "ate_width": high - low,
        }

    def get_one_result(self):
        effect = np.ones(len(self.cate))
        return {
            "cate": effect,
            "interval": np.column_stack([effect - 1, effect + 1]),
            "ate": 1.0,
            "ate_interval": (0.0, 2.0),
            "predict_seconds": 0.0,
        }
