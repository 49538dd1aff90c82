"""Average effects, group effects and overlap from cross-fitted nuisances and effects."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from causalkit._environments import group_rows
from causalkit._validation import check_scalar_argument
from causalkit.estimators._results import OverlapReport
from causalkit.graphs._network import Network
from causalkit.inference._effects import EffectEstimate
from causalkit.inference._mean_inference import mean_inference

Array = NDArray[np.float64]

_IGNORABILITY = "no unmeasured confounding given own features and the network (ignorability)"
_NO_INTERFERENCE = (
    "a unit's outcome does not depend on others' treatment; where it does, this is the direct effect at the "
    "observed treatment of the others"
)
_OVERLAP = "both treatments are possible for every unit (overlap)"


class AverageEffects:
    """Turns cross-fitted nuisances and effects into average effects.

    `fit` sets `outcome_residuals_`, `treatment_residuals_`, `propensity_` and
    `out_of_fold_cate_`, shape (n,) with NaN where a unit's outcome or treatment is missing, `observed_`
    (positions of the others), `network_`, `groups_` and `clipped_share_`.
    """

    outcome_residuals_: Array
    treatment_residuals_: Array
    propensity_: Array
    out_of_fold_cate_: Array
    observed_: NDArray[np.intp]
    network_: Network
    groups_: NDArray[np.intp] | None
    clipped_share_: float

    def ate(self, alpha: float = 0.05) -> EffectEstimate:
        """Average treatment effect E[Y(1) - Y(0)] over the units with observed outcome and treatment.

        Mean of the doubly robust (AIPW) scores, with a standard error that respects the network: by groups or
        connected components, else with a kernel over path distance.

        Parameters
        ----------
        alpha : float
            Checked here and used by nothing else: ``conf_int(alpha)`` of the answer takes its own.
        """
        check_scalar_argument(alpha, "alpha", low=0, high=1, inclusive=False)
        return self._mean(self.aipw_scores(), "average treatment effect (AIPW)", (_OVERLAP,))

    def overlap_weighted_effect(self, alpha: float = 0.05) -> EffectEstimate:
        """Effect averaged with weights e(1 - e): the units for whom both treatments are likely.

        It needs no overlap in the tails and is the R-learner's best constant effect (Li, Morgan & Zaslavsky
        2018).
        """
        check_scalar_argument(alpha, "alpha", low=0, high=1, inclusive=False)
        yr, tr = self._residuals()
        effect = float(yr @ tr / (tr @ tr))
        influence = tr * (yr - effect * tr) / np.mean(tr**2)
        return self._mean(effect + influence, "overlap-weighted average treatment effect", ())

    def group_effects(self, labels: ArrayLike | None = None, n_quantiles: int = 5) -> pd.DataFrame:
        """Average effect by given labels (n,), or by quantile of the out-of-fold effect, with 95 % intervals.

        Returns
        -------
        DataFrame
            A row for each group: n_units, estimate, standard_error, low, high, pvalue, and the mean predicted
            effect.
        """
        scores, cate = self.aipw_scores(), self.out_of_fold_cate_[self.observed_]
        if labels is None:
            codes, names = _quantile_groups(cate, n_quantiles)
        else:
            grouped = group_rows(labels, name="labels", n_rows=len(self.out_of_fold_cate_))
            codes, names = grouped.codes[self.observed_], list(grouped.labels)
        rows = []
        for i, name in enumerate(names):
            inside = codes == i
            if not inside.any():
                continue
            influence = np.where(inside, scores - scores[inside].mean(), 0.0) / inside.mean()
            effect = self._mean(scores[inside].mean() + influence, f"average effect in {name}", (_OVERLAP,))
            low, high = effect.conf_int()
            rows.append(
                {
                    "group": name,
                    "n_units": int(inside.sum()),
                    "predicted": float(cate[inside].mean()),
                    "estimate": effect.estimate,
                    "standard_error": effect.standard_error,
                    "low": low,
                    "high": high,
                    "pvalue": effect.pvalue,
                }
            )
        return pd.DataFrame(rows)

    def aipw_scores(self) -> Array:
        """Doubly robust score of each observed unit, whose mean is the average effect, (n_observed,)."""
        yr, tr = self._residuals()
        e, cate = self.propensity_[self.observed_], self.out_of_fold_cate_[self.observed_]
        return np.asarray(cate + tr / (e * (1 - e)) * (yr - tr * cate))

    def overlap_report(self) -> OverlapReport:
        """How far both treatments are possible for everybody, from the cross-fitted propensity."""
        check_is_fitted(self, "propensity_")
        e = self.propensity_[self.observed_]
        treated = self.treatment_residuals_[self.observed_] > 0
        return OverlapReport(
            share_outside=float(np.mean((e < 0.05) | (e > 0.95))),
            share_clipped=self.clipped_share_,
            smallest=float(e.min()),
            largest=float(e.max()),
            effective_treated=_effective_size(1 / e[treated]),
            effective_control=_effective_size(1 / (1 - e[~treated])),
            n_treated=int(treated.sum()),
            n_control=int((~treated).sum()),
        )

    def _residuals(self) -> tuple[Array, Array]:
        check_is_fitted(self, "outcome_residuals_")
        return self.outcome_residuals_[self.observed_], self.treatment_residuals_[self.observed_]

    def _mean(self, scores: Array, estimand: str, more: tuple[str, ...]) -> EffectEstimate:
        network, groups = self._dependence()
        assumptions = (_IGNORABILITY, _NO_INTERFERENCE, *more)
        return mean_inference(
            scores, network=network, groups=groups, estimand=estimand, assumptions=assumptions
        )

    def _dependence(self) -> tuple[Any, Any]:
        """Network and group labels of the observed units."""
        if len(self.observed_) == self.network_.n_nodes:
            return self.network_, self.groups_
        groups = None if self.groups_ is None else self.groups_[self.observed_]
        return self.network_[self.observed_], groups


def _effective_size(weights: Array) -> float:
    return float(weights.sum() ** 2 / (weights @ weights))


def _quantile_groups(cate: Array, n_quantiles: int) -> tuple[NDArray[np.intp], list[Any]]:
    """Ranks cut into equal parts; equal effects stay together, so that a constant effect is one group."""
    if isinstance(n_quantiles, bool) or not isinstance(n_quantiles, int | np.integer) or n_quantiles < 2:
        raise ValueError(f"n_quantiles must be an integer of at least 2; got {n_quantiles!r}")
    edges = np.unique(np.quantile(cate, np.linspace(0, 1, n_quantiles + 1)[1:-1]))
    codes = np.searchsorted(edges, cate, side="left")
    used, codes = np.unique(codes, return_inverse=True)
    return codes, [f"quantile {i + 1} of {len(used)}" for i in range(len(used))]
