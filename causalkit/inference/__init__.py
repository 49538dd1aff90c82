"""Standard errors, intervals and tests that hold when the rows depend on each other."""

from causalkit.inference._bootstrap import block_bootstrap
from causalkit.inference._effects import EffectEstimate
from causalkit.inference._mean_inference import mean_inference
from causalkit.inference._multiple import adjust_pvalues
from causalkit.inference._network_hac import network_hac_variance
from causalkit.inference._variance import cluster_variance

__all__ = [
    "EffectEstimate",
    "adjust_pvalues",
    "block_bootstrap",
    "cluster_variance",
    "mean_inference",
    "network_hac_variance",
]
