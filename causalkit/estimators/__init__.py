"""Estimators: who benefits, which predictors stay stable, what causes what."""

from causalkit.estimators._graph_r_learner import GraphRLearner

__all__ = ["GraphRLearner"]
