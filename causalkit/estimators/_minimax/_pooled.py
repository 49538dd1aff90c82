"""The fit that ignores environments, and what robustness costs beside it where nothing changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from causalkit.estimators._minimax._predictor import Predictor, fit_predictor
from causalkit.estimators._minimax._setting import Setting
from causalkit.estimators._minimax._types import Floats, Index
from causalkit.inference._effects import EffectEstimate
from causalkit.inference._loss_difference import price_estimate


@dataclass(frozen=True)
class PooledFit:
    """A regression on all columns, all rows weighted alike.

    Attributes
    ----------
    predictor : Predictor
    out_of_fold : ndarray, shape (n,)
        In the order of the rows given.
    columns : ndarray of int
        Columns that it takes, in its order.
    """

    predictor: Predictor
    out_of_fold: Floats
    columns: Index

    def predict(self, values: Floats) -> Floats:
        """Predictions (n,) of rows (n, d)."""
        return self.predictor.predict(values[:, self.columns])


def fit_pooled(setting: Setting) -> PooledFit:
    """Fit the outcome on every column with the setting's estimator and folds."""
    data = setting.data
    order = np.argsort(data.place)  # column of X at each place of the table
    mutable = data.place[[v.column for v in setting.mutable]].astype(np.intp)
    predictor = fit_predictor(
        data.table,
        data.outcome,
        np.ones(len(data.outcome)),
        setting.fold,
        mutable,
        setting.estimator,
        setting.seed,
    )
    return PooledFit(predictor, predictor.out_of_fold[data.restore], order)


def price_of_robustness(outcome: Floats, robust: Floats, pooled: Floats) -> EffectEstimate:
    """How much more risk the robust predictions (n,) have in the training mix than the pooled ones."""
    # Sorted, so that the order of the rows changes no digit.
    return price_estimate(outcome, robust, pooled, float(np.sort(outcome).var(ddof=1)))
