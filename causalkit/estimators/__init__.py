"""Estimators: who benefits, which predictors stay stable, what causes what."""

from causalkit.estimators._causal_de_finetti import CausalDeFinetti
from causalkit.estimators._graph_dr_learner import GraphDRLearner
from causalkit.estimators._graph_r_learner import GraphRLearner
from causalkit.estimators._graph_s_learner import GraphSLearner
from causalkit.estimators._graph_t_learner import GraphTLearner
from causalkit.estimators._interventional._distribution import interventional_distribution
from causalkit.estimators._interventional._mechanisms import DirichletMechanism, UrnMechanism
from causalkit.estimators._interventional._result import InterventionalResult
from causalkit.estimators._minimax_subset import MinimaxSubsetRegressor
from causalkit.estimators._minimax_subset_classifier import MinimaxSubsetClassifier

__all__ = [
    "CausalDeFinetti",
    "DirichletMechanism",
    "GraphDRLearner",
    "GraphRLearner",
    "GraphSLearner",
    "GraphTLearner",
    "InterventionalResult",
    "MinimaxSubsetClassifier",
    "MinimaxSubsetRegressor",
    "UrnMechanism",
    "interventional_distribution",
]
