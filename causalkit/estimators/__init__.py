"""Estimators: who benefits, which predictors stay stable, what causes what."""

from causalkit.estimators._causal_de_finetti import CausalDeFinetti
from causalkit.estimators._graph_dr_learner import GraphDRLearner
from causalkit.estimators._graph_r_learner import GraphRLearner
from causalkit.estimators._graph_s_learner import GraphSLearner
from causalkit.estimators._graph_t_learner import GraphTLearner

__all__ = ["CausalDeFinetti", "GraphDRLearner", "GraphRLearner", "GraphSLearner", "GraphTLearner"]
