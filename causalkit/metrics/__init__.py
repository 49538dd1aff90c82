"""How good estimated effects are, with and without the truth, and how well causal graphs are recovered."""

from causalkit.metrics._calibration import CalibrationResult, calibration
from causalkit.metrics._cate import pehe, r_score
from causalkit.metrics._graph_recovery import GraphRecoveryResult, graph_recovery, structural_hamming_distance
from causalkit.metrics._ranking import RankingEffect, autoc, toc_curve

__all__ = [
    "CalibrationResult",
    "GraphRecoveryResult",
    "RankingEffect",
    "autoc",
    "calibration",
    "graph_recovery",
    "pehe",
    "r_score",
    "structural_hamming_distance",
    "toc_curve",
]
