"""How good effects, causal graphs and predictions in changed environments are, with and without the truth."""

from causalkit.metrics._calibration import CalibrationResult, calibration
from causalkit.metrics._cate import pehe, r_score
from causalkit.metrics._graph_recovery import GraphRecoveryResult, graph_recovery, structural_hamming_distance
from causalkit.metrics._ranking import RankingEffect, autoc, toc_curve
from causalkit.metrics._worst_case import WorstEnvironmentRisk, price_of_robustness, worst_environment_risk

__all__ = [
    "CalibrationResult",
    "GraphRecoveryResult",
    "RankingEffect",
    "WorstEnvironmentRisk",
    "autoc",
    "calibration",
    "graph_recovery",
    "pehe",
    "price_of_robustness",
    "r_score",
    "structural_hamming_distance",
    "toc_curve",
    "worst_environment_risk",
]
