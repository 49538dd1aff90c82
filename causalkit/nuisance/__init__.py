"""Nuisance models: regressions on own and neighbours' columns, networks, cross-fitting and stacking."""

from causalkit.nuisance._cross_fitting import CrossFitter
from causalkit.nuisance._graph_models import GraphClassifier, GraphRegressor
from causalkit.nuisance._hop_additive import HopAdditiveRegressor

__all__ = ["CrossFitter", "GraphClassifier", "GraphRegressor", "HopAdditiveRegressor"]
