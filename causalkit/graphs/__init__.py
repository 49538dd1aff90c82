"""Networks of units: building them, features of neighbours, and folds that keep neighbours together."""

from causalkit.graphs._convert import as_network
from causalkit.graphs._folds import NetworkKFold
from causalkit.graphs._network import Network
from causalkit.graphs._propagate import HopFeatures

__all__ = ["HopFeatures", "Network", "NetworkKFold", "as_network"]
