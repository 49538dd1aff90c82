"""An R-learner in two separate stages, each with or without sight of the neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import PredefinedSplit

from benchmark_utils.nuisances import N_FOLDS, N_JOBS
from causalkit.graphs import Network, NetworkKFold
from causalkit.inference import EffectEstimate, mean_inference
from causalkit.nuisance import CrossFitter, HopAdditiveRegressor

Array = NDArray[np.float64]

CLIP = 0.02
N_PAIRS = 12
SIGHT = {"own": 0, "hops": 2}  # how many hops a stage sees


class TwoStages:
    """Cross-fitted stacks for outcome and treatment, then the additive engine on the R-loss.

    The two stages share nothing but the residuals. GraphRLearner fits outcome and effect together, which is
    better but leaves no stage that could be blinded alone.
    """

    def __init__(self, *, nuisances: str, final: str, seed: int) -> None:
        self.nuisances, self.final, self.seed = nuisances, final, seed

    def fit(self, X: Any, y: Array, treatment: Array, network: Network) -> TwoStages:
        self.network = network
        self.fold = _fold_of_nodes(X, network, self.seed)
        outcome = self._held_out(X, y)
        e = np.clip(self._held_out(X, treatment), CLIP, 1 - CLIP)
        self.propensity, self.yr, self.tr = e, y - outcome, treatment - e
        self._fit_effect(X)
        return self

    def _held_out(self, X: Any, y: Array) -> Array:
        # Log-degree is a column of every hop table, so that a blind stage is given none.
        n_hops = SIGHT[self.nuisances]
        fitter = CrossFitter(
            cv=PredefinedSplit(self.fold), n_hops=n_hops, n_jobs=N_JOBS, random_state=self.seed
        )
        return fitter.fit(X, y, graph=self.network if n_hops else None).out_of_fold_

    def _fit_effect(self, X: Any) -> None:
        """Weighted regression of Yr / Tr with weights Tr^2: the R-loss."""
        n_hops = SIGHT[self.final]
        model = HopAdditiveRegressor(n_hops=n_hops, n_pairs=N_PAIRS, random_state=self.seed)
        graph = self.network if n_hops else None
        model.fit(X, self.yr / self.tr, graph=graph, sample_weight=self.tr**2)
        self.cate = np.asarray(model.predict(X, graph=graph))
        self.held_out_cate = model.out_of_fold(self.fold)

    def ate(self) -> EffectEstimate:
        """Mean of the doubly robust scores."""
        weight = self.tr / (self.propensity * (1 - self.propensity))
        scores = self.held_out_cate + weight * (self.yr - self.tr * self.held_out_cate)
        return mean_inference(scores, network=self.network)


def _fold_of_nodes(X: Any, network: Network, seed: int) -> NDArray[np.intp]:
    fold = np.empty(network.n_nodes, dtype=np.intp)
    for k, (_, test) in enumerate(NetworkKFold(N_FOLDS, random_state=seed).split(X, graph=network)):
        fold[test] = k
    return fold
