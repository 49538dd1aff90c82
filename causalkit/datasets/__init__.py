"""Data to try estimators on: synthetic worlds with a known truth, experiments in villages, citations."""

from causalkit.datasets._exchangeable_scm import make_exchangeable_scm
from causalkit.datasets._hiv_incentives import load_hiv_incentives
from causalkit.datasets._network_cate import make_network_cate
from causalkit.datasets._planetoid import load_planetoid
from causalkit.datasets._social_insurance import load_social_insurance

__all__ = [
    "load_hiv_incentives",
    "load_planetoid",
    "load_social_insurance",
    "make_exchangeable_scm",
    "make_network_cate",
]
