"""causal-learn's DirectLiNGAM on pooled rows."""

import numpy as np
from causallearn.search.FCMBased.lingam import DirectLiNGAM

from benchmark_utils.answers import Answer
from benchmark_utils.solver import SEED, GraphSolver


class Solver(GraphSolver):
    """DirectLiNGAM with its defaults: linear, non-Gaussian noise, arrows pruned by an adaptive lasso.

    Rows count as i.i.d. Binary columns are taken as numbers, as in the paper's comparison.
    """

    name = "DirectLiNGAM"
    requirements = ["pip::causalkit-learn[benchmark]"]

    def answer(self, X, environments):
        model = DirectLiNGAM(random_state=SEED).fit(np.asarray(X, dtype=float))
        return Answer.always((model.adjacency_matrix_.T != 0).astype(float))
