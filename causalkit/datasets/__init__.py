"""Data to try estimators on: synthetic worlds with a known truth, villages, citations, mice."""

from causalkit.datasets._exchangeable_scm import make_exchangeable_scm
from causalkit.datasets._hiv_incentives import load_hiv_incentives
from causalkit.datasets._impc import load_impc
from causalkit.datasets._mutable_scm import make_mutable_scm
from causalkit.datasets._network_cate import make_network_cate
from causalkit.datasets._planetoid import load_planetoid
from causalkit.datasets._social_insurance import load_social_insurance

__all__ = [
    "load_hiv_incentives",
    "load_impc",
    "load_planetoid",
    "load_social_insurance",
    "make_exchangeable_scm",
    "make_mutable_scm",
    "make_network_cate",
]
