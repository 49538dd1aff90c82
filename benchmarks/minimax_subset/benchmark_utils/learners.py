"""Pooled learners that several solvers use: ridge, boosting, and the constant for no columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from benchmark_utils.columns import Floats, encoder

PENALTIES = np.logspace(-3, 3, 13)
MOST_TREES = 1000
PATIENCE = 50
SEED = 0

Predict = Callable[[pd.DataFrame], Floats]
Fit = Callable[[pd.DataFrame, pd.Series], Predict]


def fit_constant(X: pd.DataFrame, y: pd.Series) -> Predict:
    """Mean of the training outcomes."""
    mean = float(y.mean())
    return lambda new: np.full(len(new), mean)


def fit_ridge(X: pd.DataFrame, y: pd.Series) -> Predict:
    """Ridge regression on standardised columns, levels as indicators, penalty by leave-one-out."""
    return make_pipeline(encoder(X), RidgeCV(PENALTIES)).fit(X, y).predict


def fit_boosting(X: pd.DataFrame, y: pd.Series) -> Predict:
    """LightGBM at learning rate .05, as many trees as are best on a fifth of the rows, fitted anew on all."""
    import lightgbm

    shared = {"learning_rate": 0.05, "num_leaves": 31, "n_jobs": 1, "random_state": SEED, "verbose": -1}
    shared = {**shared, "deterministic": True, "force_row_wise": True}
    fitting, held_out = train_test_split(np.arange(len(X)), test_size=0.2, random_state=SEED)
    trial = lightgbm.LGBMRegressor(n_estimators=MOST_TREES, **shared)
    stop = lightgbm.early_stopping(PATIENCE, verbose=False)
    held = {"eval_X": X.iloc[held_out], "eval_y": y.iloc[held_out]}
    trial.fit(X.iloc[fitting], y.iloc[fitting], **held, callbacks=[stop])
    trees = max(1, trial.best_iteration_)
    return lightgbm.LGBMRegressor(n_estimators=trees, **shared).fit(X, y).predict


LEARNERS: dict[str, Fit] = {"ridge": fit_ridge, "boosting": fit_boosting}


def fit_on(columns: Sequence[str], learner: str, X: pd.DataFrame, y: pd.Series) -> Predict:
    """Fit a learner on some columns; the constant where there are none."""
    names = list(columns)
    if not names:
        return fit_constant(X, y)
    predict = LEARNERS[learner](X[names], y)
    return lambda new: predict(new[names])
