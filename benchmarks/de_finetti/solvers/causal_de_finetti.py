"""causalkit's CausalDeFinetti."""

import warnings

import networkx as nx
import numpy as np

from benchmark_utils.answers import Answer
from benchmark_utils.solver import ALPHA, SEED, GraphSolver
from causalkit.estimators import CausalDeFinetti
from causalkit.exceptions import NotOrientableWarning

VIOLATED = "assumption violated"


class Solver(GraphSolver):
    """The graph that the data support; forced, the graph of the best score or order.

    `method` is "auto" (mostly the score) or "test" (sinks by tests, over all orders).
    """

    name = "CausalDeFinetti"
    parameters = {"method": ["auto", "test"]}
    requirements = ["pip::causalkit-learn"]

    def answer(self, X, environments):
        model = CausalDeFinetti(method=self.method, alpha=ALPHA, random_state=SEED)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotOrientableWarning)  # the answer says as much
            model.fit(X, environments=environments)
        stated, forced = (
            nx.to_numpy_array(graph, nodelist=list(X)) for graph in (model.graph_, model.best_graph_)
        )
        verdict = model.evidence_.pivot(index="cause", columns="effect", values="verdict")
        verdict = verdict.loc[list(X), list(X)].to_numpy()
        unanswered = np.isin(verdict, ["not orientable", VIOLATED])
        return Answer(
            stated=stated,
            left_open=unanswered & (stated + stated.T == 0),
            forced=forced,
            flagged=bool((verdict == VIOLATED).any()),
        )
