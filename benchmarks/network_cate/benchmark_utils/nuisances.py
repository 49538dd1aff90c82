"""LightGBM as model of outcome, treatment and effect, and residuals cross-fitted with it."""

from __future__ import annotations

from typing import Any

import numpy as np
from lightgbm import LGBMClassifier, LGBMRegressor
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold, cross_val_predict

N_JOBS = 2
N_FOLDS = 5
SEED = 0

_SHARED = {"n_jobs": N_JOBS, "random_state": SEED, "verbose": -1}
# The same settings as "boosting" has in causalkit: small trees and few rounds suit a few thousand rows.
_TUNED_OUTCOME = {"n_estimators": 100, "learning_rate": 0.08, "num_leaves": 15}
_TUNED_TREATMENT = {"n_estimators": 60, "learning_rate": 0.06, "num_leaves": 8, "min_child_samples": 30}
# An effect is harder to see than an outcome: the more cautious of the two.
_EFFECT = _TUNED_TREATMENT


def outcome_model(nuisances: str = "tuned") -> Any:
    """Regressor with LightGBM's own settings ("default") or those for a few thousand rows ("tuned")."""
    return LGBMRegressor(**(_TUNED_OUTCOME if nuisances == "tuned" else {}), **_SHARED)


def treatment_model(nuisances: str = "tuned") -> Any:
    """Classifier with LightGBM's own settings ("default") or those for a few thousand rows ("tuned")."""
    return LGBMClassifier(**(_TUNED_TREATMENT if nuisances == "tuned" else {}), **_SHARED)


def effect_model() -> Any:
    """Regressor for the effect itself."""
    return LGBMRegressor(**_EFFECT, **_SHARED)


def residuals(
    table: NDArray[np.float64], y: NDArray[np.float64], treatment: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Outcome and treatment minus their out-of-fold predictions."""
    folds = list(StratifiedKFold(N_FOLDS, shuffle=True, random_state=SEED).split(table, treatment))
    mean = cross_val_predict(outcome_model(), table, y, cv=folds)
    chances = cross_val_predict(treatment_model(), table, treatment, cv=folds, method="predict_proba")
    return y - mean, treatment - chances[:, 1]
