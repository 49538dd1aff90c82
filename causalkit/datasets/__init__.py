"""Data to try estimators on: synthetic networks with a known truth, experiments in villages, citations."""

from causalkit.datasets._hiv_incentives import load_hiv_incentives
from causalkit.datasets._network_cate import make_network_cate
from causalkit.datasets._planetoid import load_planetoid
from causalkit.datasets._social_insurance import load_social_insurance

__all__ = ["load_hiv_incentives", "load_planetoid", "load_social_insurance", "make_network_cate"]
