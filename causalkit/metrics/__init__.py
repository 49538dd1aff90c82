"""How good an estimated effect is: against the truth, and against data where the truth is not known."""

from causalkit.metrics._calibration import CalibrationResult, calibration
from causalkit.metrics._cate import pehe, r_score
from causalkit.metrics._ranking import RankingEffect, autoc, toc_curve

__all__ = ["CalibrationResult", "RankingEffect", "autoc", "calibration", "pehe", "r_score", "toc_curve"]
