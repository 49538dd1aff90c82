"""Networks of units with their features and folds, and what causal graphs of variables imply."""

from causalkit.graphs._convert import as_network
from causalkit.graphs._dag import ancestors, d_separated, descendants
from causalkit.graphs._folds import NetworkKFold
from causalkit.graphs._network import Network
from causalkit.graphs._propagate import HopFeatures
from causalkit.graphs._subset_classes import SubsetClass, SubsetTree, subset_classes, whole_set_is_optimal

__all__ = [
    "HopFeatures",
    "Network",
    "NetworkKFold",
    "SubsetClass",
    "SubsetTree",
    "ancestors",
    "as_network",
    "d_separated",
    "descendants",
    "subset_classes",
    "whole_set_is_optimal",
]
