"""Pictures of effects, causal graphs and risks: each function takes a fit or tables and draws on one Axes."""

from causalkit.plotting._calibration import plot_calibration
from causalkit.plotting._causal_graph import plot_causal_graph
from causalkit.plotting._effect_distribution import plot_effect_distribution
from causalkit.plotting._environment_risk import plot_environment_risk
from causalkit.plotting._estimates import plot_estimates
from causalkit.plotting._network_effects import plot_network_effects
from causalkit.plotting._overlap import plot_overlap
from causalkit.plotting._pair_evidence import plot_pair_evidence
from causalkit.plotting._relevance import plot_relevance
from causalkit.plotting._risk_tradeoff import plot_risk_tradeoff
from causalkit.plotting._uplift import plot_uplift

__all__ = [
    "plot_calibration",
    "plot_causal_graph",
    "plot_effect_distribution",
    "plot_environment_risk",
    "plot_estimates",
    "plot_network_effects",
    "plot_overlap",
    "plot_pair_evidence",
    "plot_relevance",
    "plot_risk_tradeoff",
    "plot_uplift",
]
